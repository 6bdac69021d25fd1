import type { Frame } from '#lib/features/imaging/frame.ts';
import {
  type Area,
  type Measured,
  type Scale,
  measureAngle,
  measureArea,
  measureLineAngle,
  measurePath
} from '#lib/features/imaging/measure.ts';
import { type RegionStatistics, regionStatistics } from '#lib/features/imaging/region.ts';
import type { MeasureProps, ShapeScale } from './shapes.ts';

/** The scale of an X-ray on the board, as the measuring functions take it. */
export function measuringScale(scale: ShapeScale): Scale {
  return { rowMm: scale.rowMm, columnMm: scale.columnMm, source: scale.kind };
}

/** Value of a mark; `stats`: of a grey picture whose values are at hand. Null where it has too few points. */
export type MarkValue =
  { of: 'line' | 'angle'; measured: Measured } | { of: 'region'; area: Area; stats: RegionStatistics | null };

export function measureMark(
  { kind, points }: Pick<MeasureProps, 'kind' | 'points'>,
  shapeScale: ShapeScale,
  frame: Frame | null = null
): MarkValue | null {
  const [a, b, c, d] = points;
  const scale = measuringScale(shapeScale);
  if (!a || !b) return null;
  switch (kind) {
    case 'length':
    case 'polyline':
    case 'tooth':
      return { of: 'line', measured: measurePath(points, scale) };
    case 'angle':
      return c ? { of: 'angle', measured: measureAngle(a, b, c, scale) } : null;
    case 'cobb':
      return c && d ? { of: 'angle', measured: measureLineAngle(a, b, c, d, scale) } : null;
    case 'rect':
    case 'ellipse':
      return {
        of: 'region',
        area: measureArea(kind, a, b, scale),
        stats: frame?.kind === 'grey' ? regionStatistics(frame, kind, a, b) : null
      };
  }
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
