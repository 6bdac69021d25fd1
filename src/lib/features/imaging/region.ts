import type { GreyFrame } from './frame.ts';
import type { Point } from './measure.ts';

/** What the stored values of a region are: before rescale and window. */
export interface RegionStatistics {
  /** Pixels whose centre lies inside. */
  count: number;
  mean: number;
  /** Standard deviation of all pixels inside (divided by their number, not by one less). */
  sd: number;
  min: number;
  max: number;
}

/**
 * Statistics of a rectangle, or of the ellipse in it, from two opposite corners in image pixels. What lies outside the
 * picture does not count. Null where no pixel's centre lies inside.
 */
export function regionStatistics(
  { pixels, header: { rows, columns } }: Pick<GreyFrame, 'pixels' | 'header'>,
  shape: 'rect' | 'ellipse',
  a: Point,
  b: Point
): RegionStatistics | null {
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  const [radiusX, radiusY] = [(right - left) / 2, (bottom - top) / 2];
  let count = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  const inside: [row: number, from: number, to: number][] = [];
  for (let row = Math.max(0, Math.ceil(top - 0.5)); row < rows && row + 0.5 < bottom; row++) {
    const v = (row + 0.5 - middleY) / radiusY;
    const reach = shape === 'rect' ? radiusX : radiusX * Math.sqrt(Math.max(0, 1 - v * v));
    const from = Math.max(0, Math.ceil(middleX - reach - 0.5));
    const to = Math.min(columns, Math.ceil(middleX + reach - 0.5));
    if (to <= from) continue;
    inside.push([row, from, to]);
    count += to - from;
    for (let i = row * columns + from; i < row * columns + to; i++) {
      const value = pixels[i]!;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (count === 0) return null;
  const mean = sum / count;
  // In a second pass: squares of 16-bit values would lose the small differences.
  let squares = 0;
  for (const [row, from, to] of inside)
    for (let i = row * columns + from; i < row * columns + to; i++) squares += (pixels[i]! - mean) ** 2;
  return { count, mean, sd: Math.sqrt(squares / count), min, max };
}
