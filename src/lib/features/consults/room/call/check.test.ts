import { describe, expect, it } from 'vitest';
import { brightness, darkBelow, heardFrom, loudness, troubleFrom, verdictOf } from './check.ts';

const tone = (amplitude: number) => Float32Array.from({ length: 480 }, (_, i) => amplitude * Math.sin(i / 5));
const grey = (level: number) =>
  Uint8ClampedArray.from({ length: 400 }, (_, i) => (i % 4 === 3 ? 255 : level));

describe('measuring', () => {
  it('[CALL-2] silence is zero, speech counts as heard, a hum does not', () => {
    expect(loudness(new Float32Array(480))).toBe(0);
    expect(loudness(tone(0.1))).toBeGreaterThan(heardFrom);
    expect(loudness(tone(0.002))).toBeLessThan(heardFrom);
    expect(loudness(tone(1))).toBeLessThanOrEqual(1);
  });

  it('[CALL-2] a covered lens is dark, an office is not', () => {
    expect(brightness(grey(10))).toBeLessThan(darkBelow);
    expect(brightness(grey(90))).toBeGreaterThan(darkBelow);
    expect(brightness(grey(255))).toBeCloseTo(1);
  });
});

describe('trouble', () => {
  it.each([
    ['NotAllowedError', 'blocked'],
    ['NotFoundError', 'missing'],
    ['OverconstrainedError', 'missing'],
    ['NotReadableError', 'busy'],
    ['TypeError', 'other']
  ])('[CALL-2] %s is told as %s', (name, trouble) => {
    const error = Object.assign(new Error('x'), { name });
    expect(troubleFrom(error, true)).toBe(trouble);
    expect(troubleFrom(error, false)).toBe('insecure');
  });
});

describe('verdict', () => {
  const fine = { checking: false, camera: 'on', microphone: 'on', heard: true, dark: false } as const;
  it.each([
    [fine, 'fine'],
    [{ ...fine, checking: true }, 'checking'],
    [{ ...fine, heard: false }, 'say_something'],
    [{ ...fine, dark: true }, 'too_dark'],
    [{ ...fine, camera: 'trouble' }, 'sound_only'],
    [{ ...fine, microphone: 'off', heard: false }, 'picture_only'],
    [{ ...fine, camera: 'off', microphone: 'trouble', heard: false }, 'nothing']
  ] as const)('[CALL-2] %o is %s', (state, verdict) => expect(verdictOf(state)).toBe(verdict));
});
