import { describe, expect, test } from 'vitest';
import { checkGrey } from './grey-card.ts';

/** A made-up card of one colour with noise that has no pattern to speak of. */
function card(red: number, green: number, blue: number, noise = 0, pixels = 400): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(4 * pixels);
  for (let i = 0; i < pixels; i++) {
    const off = noise * Math.sin(i * 12.9898) * Math.sqrt(2);
    rgba.set([red + off, green + off, blue + off, 255], 4 * i);
  }
  return rgba;
}

describe('[CALL-48] colour check against a grey card', () => {
  test('the usual 18 % grey is L* 50 and has no cast', () => {
    const grey = checkGrey(card(119, 119, 119))!;
    expect(grey.lightness).toBeCloseTo(50, 0);
    expect(grey.chroma).toBeLessThan(0.1);
    expect(grey).toMatchObject({ cast: 'none', exposure: 'right', isEven: true });
  });

  test.each([
    ['yellow', card(140, 125, 85)],
    ['blue', card(95, 120, 160)],
    ['green', card(105, 140, 105)],
    ['red', card(150, 110, 112)],
    ['none', card(121, 119, 117)]
  ] as const)('%s', (cast, picture) => expect(checkGrey(picture)!.cast).toBe(cast));

  test('too dark, too bright and uneven are told, noise of a camera is not', () => {
    expect(checkGrey(card(30, 30, 30))!.exposure).toBe('dark');
    expect(checkGrey(card(245, 245, 245))!.exposure).toBe('bright');
    expect(checkGrey(card(119, 119, 119, 6))!.isEven).toBe(true);
    expect(checkGrey(card(119, 119, 119, 30))!.isEven).toBe(false);
    expect(checkGrey(new Uint8ClampedArray())).toBeNull();
  });
});
