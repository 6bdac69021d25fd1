import { describe, expect, test } from 'vitest';
import { applyWindow, defaultWindow, dragWindow, presetWindow, windowFromRange } from './window.ts';

describe('window', () => {
  test('[IM-8] the linear formula of PS3.3 C.11.2.1.2.1', () => {
    // The standard's own example: c = 2048, w = 4096 maps 0 to the least and 4095 to the greatest output.
    const whole = { center: 2048, width: 4096 };
    expect(applyWindow(0, whole)).toBe(0);
    expect(applyWindow(4095, whole)).toBe(1);
    expect(applyWindow(2047.5, whole)).toBeCloseTo(0.5);
    // c = 2048, w = 1: below the threshold black, from 2048 on white.
    expect(applyWindow(2047, { center: 2048, width: 1 })).toBe(0);
    expect(applyWindow(2048, { center: 2048, width: 1 })).toBe(1);
    // c = 0, w = 100 on −50 … 49.
    expect(applyWindow(-50, { center: 0, width: 100 })).toBe(0);
    expect(applyWindow(49, { center: 0, width: 100 })).toBe(1);
  });

  test('[IM-8] a range as a window reaches both ends', () => {
    const window = windowFromRange(100, 900);
    expect(applyWindow(100, window)).toBe(0);
    expect(applyWindow(900, window)).toBe(1);
  });

  test('[IM-9] without a window: percentiles, so a white marker does not darken the jaw', () => {
    const pixels = Uint16Array.from({ length: 10_000 }, (_, i) => (i < 20 ? 65_535 : 1000 + (i % 500)));
    const { center, width } = defaultWindow({ pixels, rescale: { slope: 1, intercept: 0 } });
    expect(center + width / 2).toBeLessThan(1600);
    expect(center - width / 2).toBeGreaterThan(950);
  });

  test('[IM-9] percentiles in modality units, signed and with a slope', () => {
    const pixels = Int16Array.from({ length: 1000 }, (_, i) => i - 500);
    const { center } = defaultWindow({ pixels, rescale: { slope: -2, intercept: 10 } });
    expect(center).toBeGreaterThan(0);
    expect(center).toBeLessThan(30);
  });

  test('[IM-9] one flat grey still gives a window', () => {
    expect(
      defaultWindow({ pixels: new Uint16Array(100).fill(7), rescale: { slope: 1, intercept: 0 } }).width
    ).toBeGreaterThanOrEqual(1);
  });

  test('[IM-10] dragging never inverts', () => {
    expect(dragWindow({ center: 100, width: 50 }, -9, 0.5, 100)).toEqual({ center: 150, width: 1 });
  });

  test('[IM-10] presets stay inside the picture’s own window', () => {
    const base = { center: 2000, width: 2000 };
    for (const preset of ['bone', 'enamel', 'soft'] as const) {
      const { center, width } = presetWindow(preset, base, base);
      expect(center - width / 2).toBeGreaterThanOrEqual(base.center - base.width / 2);
      expect(center + width / 2).toBeLessThanOrEqual(base.center + base.width / 2);
    }
  });
});
