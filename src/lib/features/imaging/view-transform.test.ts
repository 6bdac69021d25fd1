import { describe, expect, test } from 'vitest';
import { applyAffine, canvasToImage, fitView, invertAffine, type Rotation } from './view-transform.ts';

const size = { columns: 40, rows: 20 };

describe('view', () => {
  // Image point shown at the canvas's top left corner, for each turn, without and with flip.
  test.each<[Rotation, boolean, number, number]>([
    [0, false, 0, 0],
    [90, false, 0, 20],
    [180, false, 40, 20],
    [270, false, 40, 0],
    [0, true, 40, 0],
    [90, true, 40, 20],
    [180, true, 0, 20],
    [270, true, 0, 0]
  ])(
    '[IM-12] turn %i, flip %s: the corner of the canvas shows the right corner of the picture',
    (rotate, flip, x, y) => {
      const [width, height] = rotate % 180 ? [20, 40] : [40, 20];
      const point = applyAffine(
        canvasToImage(size, { rotate, flip }, fitView(size, rotate, width, height)),
        0,
        0
      );
      expect(point.x).toBeCloseTo(x);
      expect(point.y).toBeCloseTo(y);
    }
  );

  test('[IM-12] there and back', () => {
    const view = { width: 300, height: 200, scale: 2.5, centerX: 7, centerY: 31 };
    const m = canvasToImage(size, { rotate: 270, flip: true }, view);
    const there = applyAffine(m, 120, 33);
    const back = applyAffine(invertAffine(m), there.x, there.y);
    expect(back.x).toBeCloseTo(120);
    expect(back.y).toBeCloseTo(33);
  });
});
