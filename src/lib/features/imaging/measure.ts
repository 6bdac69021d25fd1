import type { Calibration, PixelSpacing } from './image.ts';

/** A point in image pixels: x to the right from the left edge, y down from the top edge. */
export interface Point {
  x: number;
  y: number;
}

/** Which scale a measurement was made with; always shown beside its value. */
export type ScaleSource = 'user' | 'calibrated' | 'detector' | 'none';

/** How pixels become millimetres. Only `user` and `calibrated` do; the others stay in pixels. */
export interface Scale {
  rowMm: number;
  columnMm: number;
  source: ScaleSource;
}

export interface Measured {
  value: number;
  unit: 'px' | 'mm' | '°';
  scaleSource: ScaleSource;
}

/**
 * The scale to use: a person's calibration wins over the file's. A detector's spacing is kept as a source
 * so that it can be named, and is never used as millimetres: anatomy is magnified by an unknown factor.
 */
export function scaleOf(spacing: PixelSpacing, calibration: Calibration | null): Scale {
  if (calibration && Number.isFinite(calibration.mmPerPixel) && calibration.mmPerPixel > 0)
    return { rowMm: calibration.mmPerPixel, columnMm: calibration.mmPerPixel, source: 'user' };
  return { rowMm: spacing.rowMm, columnMm: spacing.columnMm, source: spacing.source };
}

/** True where lengths on this scale are millimetres in the patient. */
export function isMetric(scale: Scale): boolean {
  return (scale.source === 'user' || scale.source === 'calibrated') && scale.rowMm > 0 && scale.columnMm > 0;
}

/** Distance between two points: millimetres on a calibrated scale, else image pixels. */
export function measureLength(a: Point, b: Point, scale: Scale): Measured {
  const metric = isMetric(scale);
  const value = metric
    ? Math.hypot((b.x - a.x) * scale.columnMm, (b.y - a.y) * scale.rowMm)
    : Math.hypot(b.x - a.x, b.y - a.y);
  return { value, unit: metric ? 'mm' : 'px', scaleSource: scale.source };
}

/**
 * Angle at `vertex` between the rays to `a` and `b`, in degrees, 0…180. Uses the ratio of row to column
 * spacing where any is known (a detector's too: magnification does not change an angle), so that pixels
 * that are not square do not bend it. 0 where a ray has no length.
 */
export function measureAngle(a: Point, vertex: Point, b: Point, scale: Scale): Measured {
  const known = scale.rowMm > 0 && scale.columnMm > 0;
  const sx = known ? scale.columnMm : 1;
  const sy = known ? scale.rowMm : 1;
  const u = { x: (a.x - vertex.x) * sx, y: (a.y - vertex.y) * sy };
  const v = { x: (b.x - vertex.x) * sx, y: (b.y - vertex.y) * sy };
  const cross = Math.abs(u.x * v.y - u.y * v.x);
  const dot = u.x * v.x + u.y * v.y;
  const value = cross === 0 && dot === 0 ? 0 : (Math.atan2(cross, dot) * 180) / Math.PI;
  return { value, unit: '°', scaleSource: scale.source };
}

/** Length along a line of points: millimetres on a calibrated scale, else image pixels. */
export function measurePath(points: readonly Point[], scale: Scale): Measured {
  const parts = points.slice(1).map((point, i) => measureLength(points[i]!, point, scale));
  const [first] = parts;
  return {
    value: parts.reduce((sum, { value }) => sum + value, 0),
    unit: first?.unit ?? (isMetric(scale) ? 'mm' : 'px'),
    scaleSource: scale.source
  };
}

/**
 * Angle between two lines, `a1`–`a2` and `b1`–`b2`, as Cobb's: in degrees, 0…90, whichever way the lines were drawn.
 * They need not cross in the picture. 0 where a line has no length.
 */
export function measureLineAngle(a1: Point, a2: Point, b1: Point, b2: Point, scale: Scale): Measured {
  const end = { x: a1.x + (b2.x - b1.x), y: a1.y + (b2.y - b1.y) };
  const { value, ...rest } = measureAngle(a2, a1, end, scale);
  return { ...rest, value: Math.min(value, 180 - value) };
}

/** Area of a rectangle or of the ellipse in it, from two opposite corners: mm² on a calibrated scale, else px². */
export function measureArea(shape: 'rect' | 'ellipse', a: Point, b: Point, scale: Scale): Area {
  const pixels = Math.abs((b.x - a.x) * (b.y - a.y)) * (shape === 'ellipse' ? Math.PI / 4 : 1);
  const metric = isMetric(scale);
  return {
    value: metric ? pixels * scale.rowMm * scale.columnMm : pixels,
    unit: metric ? 'mm²' : 'px²',
    scaleSource: scale.source
  };
}

export interface Area {
  value: number;
  unit: 'px²' | 'mm²';
  scaleSource: ScaleSource;
}

/** Shortest line, in pixels, that a calibration may rest on: shorter ones turn a shaky hand into a scale. */
export const minCalibrationPixels = 20;

/**
 * Millimetres a pixel from a line drawn over something of known length; null where the line is too short
 * or the length is not a positive number of millimetres up to 500.
 */
export function calibrationFrom(a: Point, b: Point, knownMm: number): number | null {
  const pixels = Math.hypot(b.x - a.x, b.y - a.y);
  if (pixels < minCalibrationPixels || !Number.isFinite(knownMm) || knownMm <= 0 || knownMm > 500)
    return null;
  return knownMm / pixels;
}

/** A measurement as people write it: `12.4 mm`, `318 px`, `27.5°`. */
export function formatMeasured({ value, unit }: Measured | Area): string {
  if (unit === 'px' || unit === 'px²') return `${Math.round(value)} ${unit}`;
  return unit === '°' ? `${value.toFixed(1)}°` : `${value.toFixed(1)} ${unit}`;
}
