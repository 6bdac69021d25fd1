import { describe, expect, test } from 'vitest';
import type { FrameHeader } from './frame-format.ts';
import { regionStatistics } from './region.ts';

const [rows, columns] = [200, 300];
const frameOf = (value: (x: number, y: number) => number, signed = false) => {
  const pixels = new (signed ? Int16Array : Uint16Array)(rows * columns);
  for (let i = 0; i < pixels.length; i++) pixels[i] = value(i % columns, Math.floor(i / columns));
  return { pixels, header: { rows, columns } as FrameHeader };
};

describe('statistics of a region, against pictures whose values are known', () => {
  test('[IM-30] of one value: that value, and no spread', () => {
    expect(
      regionStatistics(
        frameOf(() => 40_000),
        'rect',
        { x: 10, y: 20 },
        { x: 40, y: 60 }
      )
    ).toEqual({
      count: 30 * 40,
      mean: 40_000,
      sd: 0,
      min: 40_000,
      max: 40_000
    });
  });

  test('[IM-30] of a ramp: its middle, and √((n² − 1) / 12)', () => {
    const found = regionStatistics(
      frameOf((x) => x * 100),
      'rect',
      { x: 150, y: 90 },
      { x: 50, y: 10 }
    )!;
    expect(found).toMatchObject({ count: 100 * 80, min: 5_000, max: 14_900 });
    expect(found.mean).toBeCloseTo(9_950, 9);
    expect(found.sd).toBeCloseTo(100 * Math.sqrt((100 ** 2 - 1) / 12), 6);
  });

  test('[IM-30] small differences of large values are not lost', () => {
    const found = regionStatistics(
      frameOf((x) => 65_000 + (x % 2)),
      'rect',
      { x: 0, y: 0 },
      { x: columns, y: rows }
    )!;
    expect(found.sd).toBeCloseTo(0.5, 9);
  });

  test('[IM-30] of an ellipse: nothing of its corners', () => {
    const [cx, cy, rx, ry] = [150, 100, 100, 60];
    const isInside = (x: number, y: number) => ((x + 0.5 - cx) / rx) ** 2 + ((y + 0.5 - cy) / ry) ** 2 < 1;
    const found = regionStatistics(
      frameOf((x, y) => (isInside(x, y) ? 1_000 : 60_000)),
      'ellipse',
      { x: cx - rx, y: cy - ry },
      { x: cx + rx, y: cy + ry }
    )!;
    expect(found).toMatchObject({ mean: 1_000, sd: 0 });
    expect(found.count / (Math.PI * rx * ry)).toBeCloseTo(1, 2);
  });

  test('[IM-30] signed values keep their sign, what is outside the picture does not count', () => {
    expect(
      regionStatistics(
        frameOf(() => -700, true),
        'rect',
        { x: -50, y: -50 },
        { x: 10, y: 10 }
      )
    ).toMatchObject({ count: 100, mean: -700, min: -700 });
    expect(
      regionStatistics(
        frameOf(() => 1),
        'ellipse',
        { x: -9, y: 0 },
        { x: -1, y: 9 }
      )
    ).toBeNull();
    expect(
      regionStatistics(
        frameOf(() => 1),
        'rect',
        { x: 5, y: 5 },
        { x: 5, y: 9 }
      )
    ).toBeNull();
  });
});
