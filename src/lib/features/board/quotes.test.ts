import { describe, expect, it } from 'vitest';
import { formerValues, quotedIn } from './quotes.ts';
import { type ShapeScale, noScale } from './shapes.ts';

const scale = (mm: number): ShapeScale => ({
  kind: 'user',
  rowMm: mm,
  columnMm: mm,
  by: '李',
  at: '2026-11-22T01:00:00Z',
  on: '5 mm'
});
const points = [
  { x: 0, y: 0 },
  { x: 100, y: 0 }
];
const length = { kind: 'length' as const, points };

describe('text that quotes values of an earlier calibration', () => {
  const former = formerValues(length, { calibration: scale(0.118), earlier: [noScale, scale(0.124)] });

  it('[BD-13] a value that the measurement has no longer is known with its version', () => {
    expect(former).toEqual([{ was: '12.4 mm', version: 2, now: '11.8 mm' }]);
    // An angle does not change, nor does what is calibrated to the same.
    const corner = [...points, { x: 0, y: 50 }];
    const changed = { calibration: scale(0.118), earlier: [scale(0.124)] };
    expect(formerValues({ kind: 'angle', points: corner }, changed)).toEqual([]);
    expect(formerValues(length, { calibration: scale(0.1181), earlier: [scale(0.1179)] })).toEqual([]);
  });

  it.each(['种植体长 12.4mm,位置可。', '长度 12.4 毫米', 'length 12,4 MM'])(
    '[BD-13] is found in %j',
    (text) => expect(quotedIn(text, former)).toHaveLength(1)
  );

  it.each(['11.8 mm', '112.4 mm', '12.45 mm', '12.4 mm²', '12.4 px', '12.4'])(
    '[BD-13] is not found in %j',
    (text) => expect(quotedIn(text, former)).toEqual([])
  );

  it('[BD-13] areas too, and each value once', () => {
    const square = { kind: 'rect' as const, points: [points[0]!, { x: 100, y: 100 }] };
    const areas = formerValues(square, { calibration: scale(0.2), earlier: [scale(0.1)] });
    expect(areas).toEqual([{ was: '100.0 mm²', version: 1, now: '400.0 mm²' }]);
    expect(quotedIn('面积 100 mm²,即 100.0 平方毫米', areas)).toHaveLength(1);
  });
});
