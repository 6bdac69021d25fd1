import { describe, expect, test } from 'vitest';
import { hintOf, isMoment, openingOf, pauseAfter, type Look, type MouthPlace } from './mouth.ts';

const mouth: MouthPlace = { x: 0.5, y: 0.6, width: 0.25, widthPx: 120, opening: 0.6 };
const look = (more: Partial<Look> = {}, place: Partial<MouthPlace> = {}): Look => ({
  mouth: { ...mouth, ...place },
  points: 478,
  light: 120,
  sharpness: 200,
  tookMs: 30,
  ...more
});

describe('[CALL-40] one thing at a time is said', () => {
  test.each([
    ['light', look({ light: 30 })],
    ['light', look({ light: 30, mouth: null })],
    ['face', look({ mouth: null })],
    ['closer', look({}, { width: 0.1 })],
    ['back', look({}, { width: 0.7 })],
    ['centre', look({}, { x: 0.95 })],
    ['wider', look({}, { opening: 0.2 })],
    ['still', look({}, { x: 0.55 })],
    ['good', look()]
  ])('%s', (hint, seen) => expect(hintOf(seen, look())).toBe(hint));

  test('nothing is still before a second look', () => expect(hintOf(look(), null)).toBe('still'));
});

describe('[CALL-41] the picture is taken by itself when it is sharp', () => {
  const good = (sharpness = 200) => ({ look: look({ sharpness }), hint: 'good' as const });

  test('after three good looks in a row', () => {
    expect(isMoment([good(), good()])).toBe(false);
    expect(isMoment([good(), good(), good()])).toBe(true);
    expect(isMoment([good(), { look: look(), hint: 'still' }, good(), good()])).toBe(false);
  });

  test('not while the camera searches its focus, nor of nothing but a blur', () => {
    expect(isMoment([good(400), good(400), good(150)])).toBe(false);
    expect(isMoment([good(5), good(5), good(5)])).toBe(false);
  });
});

describe('[CALL-42] the opening is a ratio with its error', () => {
  test('of looks that agree, the error of the points remains, larger for a small mouth', () => {
    const near = openingOf([look(), look(), look()])!;
    const far = openingOf([look({}, { widthPx: 40 }), look({}, { widthPx: 40 })])!;
    expect(near.ratio).toBeCloseTo(0.6);
    expect(near.error).toBeCloseTo((Math.SQRT2 * 2 * Math.sqrt(1.36)) / 120);
    expect(far.error).toBeCloseTo(3 * near.error);
  });

  test('what looks differ by adds to it; without a mouth there is none', () => {
    const steady = openingOf([look(), look()])!;
    const moving = openingOf([look({}, { opening: 0.5 }), look({}, { opening: 0.7 })])!;
    expect(moving.error).toBeGreaterThan(steady.error);
    expect(openingOf([look({ mouth: null })])).toBeNull();
  });
});

describe('[CALL-43] the guide keeps to its share of the machine', () => {
  test('slow looks come seldom, a single hiccup changes nothing', () => {
    expect(pauseAfter([10, 10, 10])).toBe(120);
    expect(pauseAfter([200, 200, 200])).toBe(800);
    expect(pauseAfter([10, 10, 900])).toBe(120);
    expect(pauseAfter([900, 900, 900])).toBe(1_500);
  });

  test('a device that cannot is left in peace', () => {
    expect(pauseAfter([1_500, 1_500, 1_500])).not.toBeNull();
    expect(pauseAfter([1_500, 1_500, 1_500, 1_500])).toBeNull();
  });
});
