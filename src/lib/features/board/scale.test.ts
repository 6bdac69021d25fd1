import { describe, expect, it } from 'vitest';
import { measureMark, scaleBar } from './scale.ts';
import { type MeasureKind, type Point, type ShapeScale, noScale } from './shapes.ts';

const user: ShapeScale = {
  kind: 'user',
  rowMm: 0.1,
  columnMm: 0.1,
  by: '李',
  at: '2026-11-22T01:00:00Z',
  on: '5 mm'
};
const detector: ShapeScale = { ...noScale, kind: 'detector', rowMm: 0.1, columnMm: 0.1 };

const mark = (kind: MeasureKind, points: Point[], scale: ShapeScale) => {
  const value = measureMark({ kind, points }, scale);
  return value?.of === 'region' ? value.area : (value?.measured ?? null);
};

describe('marks', () => {
  const [a, b, c] = [
    { x: 0, y: 0 },
    { x: 30, y: 40 },
    { x: 70, y: 10 }
  ];

  it('[BI-9] is in pixels until the picture is calibrated, whatever the detector says', () => {
    for (const scale of [noScale, detector]) {
      expect(mark('length', [a, b], scale)).toMatchObject({ value: 50, unit: 'px' });
      expect(mark('polyline', [a, b, c], scale)).toMatchObject({ value: 100, unit: 'px' });
      expect(mark('rect', [a, b], scale)).toMatchObject({ value: 1_200, unit: 'px²' });
    }
  });

  it('[BI-9] is in millimetres on a calibrated picture', () => {
    expect(mark('length', [a, b], user)).toMatchObject({ unit: 'mm', scaleSource: 'user' });
    expect(mark('length', [a, b], user)?.value).toBeCloseTo(5);
    expect(mark('tooth', [a, b, c], user)?.value).toBeCloseTo(10);
    expect(mark('rect', [b, a], user)).toMatchObject({ unit: 'mm²' });
    expect(mark('rect', [b, a], user)?.value).toBeCloseTo(12);
    expect(mark('ellipse', [a, b], user)?.value).toBeCloseTo(Math.PI * 1.5 * 2);
  });

  it('[BI-9] rows and columns have each their own scale', () => {
    const tall: ShapeScale = { ...user, rowMm: 0.2 };
    const [down, right] = [
      { x: 0, y: 100 },
      { x: 100, y: 0 }
    ];
    expect(mark('length', [a, down], tall)?.value).toBeCloseTo(20);
    expect(mark('length', [a, right], tall)?.value).toBeCloseTo(10);
    expect(mark('rect', [a, { x: 100, y: 100 }], tall)?.value).toBeCloseTo(200);
    expect(mark('cobb', [a, { x: 20, y: 10 }, a, right], tall)?.value).toBeCloseTo(45);
  });

  it('[BI-9] is the angle at the middle point', () => {
    const corner = [{ x: 0, y: 10 }, a, { x: 10, y: 0 }];
    expect(mark('angle', corner, user)).toMatchObject({ unit: '°' });
    expect(mark('angle', corner, noScale)?.value).toBeCloseTo(90);
    expect(mark('angle', [a, b], noScale)).toBeNull();
  });

  it.each([0, 10, 32.4, 45, 89.5, 90, 120, 179])(
    '[BI-9] between two lines at %s° is at most 90°, whichever way they were drawn',
    (degrees) => {
      const turned = {
        x: 500 + 300 * Math.cos((degrees * Math.PI) / 180),
        y: 200 + 300 * Math.sin((degrees * Math.PI) / 180)
      };
      const from = { x: 500, y: 200 };
      const wanted = Math.min(degrees, 180 - degrees);
      const flat = [
        { x: 10, y: 900 },
        { x: 400, y: 900 }
      ];
      for (const points of [
        [...flat, from, turned],
        [...flat, turned, from],
        [flat[1]!, flat[0]!, from, turned]
      ])
        expect(mark('cobb', points, noScale)?.value).toBeCloseTo(wanted, 6);
    }
  );

  it('[BI-9] is nothing with less than two points', () => expect(mark('length', [a], user)).toBeNull());
});

describe('scale bar', () => {
  it('[BI-9] is shown only where pixels are millimetres', () => {
    expect(scaleBar(noScale, 1)).toBeNull();
    expect(scaleBar(detector, 1)).toBeNull();
  });

  it('[BI-9] grows with the distance it is seen from', () => {
    expect(scaleBar(user, 1)).toEqual({ mm: 5, pixels: 50 });
    expect(scaleBar(user, 0.25)).toEqual({ mm: 20, pixels: 200 });
    expect(scaleBar(user, 0.001)?.mm).toBe(100);
  });
});
