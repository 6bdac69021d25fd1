import { type Scale, measureAngle, measureLength } from '#lib/features/imaging/measure.ts';
import type { Point, ShapeScale } from './shapes.ts';

/** The scale of an X-ray on the board, as the measuring functions take it. */
export function measuringScale(scale: ShapeScale): Scale {
  return { rowMm: scale.rowMm, columnMm: scale.columnMm, source: scale.kind };
}

/** Value of a mark: two points a length, three an angle. Null where there are not enough. */
export function measureMark(
  points: readonly Point[],
  scale: ShapeScale
): ReturnType<typeof measureLength> | null {
  const [a, b, c] = points;
  if (!a || !b) return null;
  return c ? measureAngle(a, b, c, measuringScale(scale)) : measureLength(a, b, measuringScale(scale));
}

/** Lengths of a scale bar, millimetres. */
const barLengths = [1, 2, 5, 10, 20, 50, 100];

/**
 * The scale bar to show: millimetres, and its length in image pixels. About 50 to 150 CSS pixels long at
 * this zoom. Null where pixels are not millimetres.
 */
export function scaleBar(scale: ShapeScale, zoom: number): { mm: number; pixels: number } | null {
  if ((scale.kind !== 'user' && scale.kind !== 'calibrated') || scale.columnMm <= 0) return null;
  const mm = barLengths.find((length) => (length / scale.columnMm) * zoom >= 50) ?? barLengths.at(-1)!;
  return { mm, pixels: mm / scale.columnMm };
}
