import { describe, expect, it } from 'vitest';
import { measureMark, scaleBar } from './scale.ts';
import { type ShapeScale, noScale } from './shapes.ts';

const user: ShapeScale = {
  kind: 'user',
  rowMm: 0.1,
  columnMm: 0.1,
  by: '李',
  at: '2026-11-22T01:00:00Z',
  on: '5 mm'
};
const detector: ShapeScale = { ...noScale, kind: 'detector', rowMm: 0.1, columnMm: 0.1 };

describe('marks', () => {
  const [a, b, c] = [
    { x: 0, y: 0 },
    { x: 30, y: 40 },
    { x: 70, y: 10 }
  ];

  it('[BI-9] is in pixels until the picture is calibrated, whatever the detector says', () => {
    expect(measureMark([a, b], noScale)).toMatchObject({ value: 50, unit: 'px' });
    expect(measureMark([a, b], detector)).toMatchObject({ value: 50, unit: 'px' });
  });

  it('[BI-9] is in millimetres on a calibrated picture', () => {
    expect(measureMark([a, b], user)).toMatchObject({ unit: 'mm', scaleSource: 'user' });
    expect(measureMark([a, b], user)?.value).toBeCloseTo(5);
  });

  it('[BI-9] is the angle at the middle point', () => {
    expect(measureMark([a, b, c], user)).toMatchObject({ unit: '°' });
    expect(
      measureMark(
        [
          { x: 0, y: 10 },
          { x: 0, y: 0 },
          { x: 10, y: 0 }
        ],
        noScale
      )?.value
    ).toBeCloseTo(90);
  });

  it('[BI-9] is nothing with less than two points', () => expect(measureMark([a], user)).toBeNull());
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
