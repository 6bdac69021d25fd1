import type { GreyFrame } from './frame.ts';
import type { Plan } from './painter.ts';
import { applyAffine } from './view-transform.ts';

/** Most samples a side that one screen pixel averages; 8 covers a panoramic on a phone. */
export const maxTaps = 8;

/** How much of the difference to its neighbours a pixel gains when sharpened. */
export const sharpenBy = 1.2;

/** How many samples a side a canvas pixel averages at this footprint (image pixels a canvas pixel). */
export function tapsFor(footprint: number): number {
  return footprint <= 1.001 ? 1 : Math.min(maxTaps, Math.ceil(footprint));
}

/** Canvas pixels between a pixel and the neighbours it is compared with: at least one image pixel. */
export function sharpenReach(footprint: number): number {
  return Math.max(1, Math.round(1 / footprint));
}

/**
 * The picture at the canvas's resolution, before any window: modality values, `NaN` outside the picture. The same
 * arithmetic as the shader of renderer-gl.ts: bilinear when enlarged, area average when reduced. Costs time in
 * proportion to the canvas, so that a window can be dragged over it without looking at the whole picture again.
 */
export function resample(frame: GreyFrame, plan: Plan): Float32Array {
  const values = new Float32Array(plan.width * plan.height).fill(Number.NaN);
  const reduced = tapsFor(plan.footprint) > 1;
  if (plan.map.b !== 0 || plan.map.c !== 0) anyhow(frame, plan, values);
  else if (reduced) averageAlongRows(frame, plan, values);
  else bilinearAlongRows(frame, plan, values);
  return values;
}

/** However the canvas lies on the picture. */
function anyhow(frame: GreyFrame, plan: Plan, values: Float32Array): void {
  const { width, height } = plan;
  const sample = tapsFor(plan.footprint) <= 1 ? bilinear(frame) : average(frame, plan.footprint);
  const { rows, columns, rescale } = frame.header;
  const { a, c } = plan.map;
  for (let j = 0, k = 0; j < height; j++) {
    let { x, y } = applyAffine(plan.map, 0.5, j + 0.5);
    for (let i = 0; i < width; i++, k++, x += a, y += c)
      if (x >= 0 && y >= 0 && x < columns && y < rows)
        values[k] = sample(x, y) * rescale.slope + rescale.intercept;
  }
}

/**
 * Canvas rows that lie along the picture's: nearly always. Which pixels of a row count is then worked out once and
 * not for each canvas pixel, which halves the time.
 */
function averageAlongRows(frame: GreyFrame, plan: Plan, values: Float32Array): void {
  const { pixels, header } = frame;
  const { slope, intercept } = header.rescale;
  const taps = tapsFor(plan.footprint);
  const across = tapsAlong(plan.map.a, plan.map.e, plan.width, header.columns, plan.footprint);
  const down = tapsAlong(plan.map.d, plan.map.f, plan.height, header.rows, plan.footprint);
  for (let j = down.from; j < down.to; j++)
    for (let i = across.from, k = j * plan.width + i; i < across.to; i++, k++) {
      let sum = 0;
      for (let v = j * taps; v < (j + 1) * taps; v++) {
        const row = down.at[v]! * header.columns;
        for (let u = i * taps; u < (i + 1) * taps; u++) sum += pixels[row + across.at[u]!]!;
      }
      values[k] = (sum / (taps * taps)) * slope + intercept;
    }
}

/** Which of `size` pixels each of `count` canvas pixels averages; `from` … `to` are those on the picture. */
function tapsAlong(scale: number, offset: number, count: number, size: number, footprint: number) {
  const taps = tapsFor(footprint);
  const step = footprint / taps;
  const first = 0.5 * step - footprint * 0.5;
  const at = new Int32Array(count * taps);
  const places = placesAlong(scale, offset, count, size);
  for (let i = places.from; i < places.to; i++)
    for (let t = 0; t < taps; t++)
      at[i * taps + t] = within(Math.floor(places.at[i]! + first + t * step), size);
  return { at, from: places.from, to: places.to };
}

/** Where the middle of each canvas pixel lies along one axis of the picture. */
function placesAlong(scale: number, offset: number, count: number, size: number) {
  const at = new Float64Array(count);
  let [from, to] = [count, 0];
  for (let i = 0; i < count; i++) {
    const place = scale * (i + 0.5) + offset;
    at[i] = place;
    if (place < 0 || place >= size) continue;
    from = Math.min(from, i);
    to = i + 1;
  }
  return { at, from, to };
}

function bilinearAlongRows(frame: GreyFrame, plan: Plan, values: Float32Array): void {
  const { pixels, header } = frame;
  const { slope, intercept } = header.rescale;
  const across = neighboursAlong(plan.map.a, plan.map.e, plan.width, header.columns);
  const down = neighboursAlong(plan.map.d, plan.map.f, plan.height, header.rows);
  for (let j = down.from; j < down.to; j++) {
    const [top, low, partY] = [down.low[j]! * header.columns, down.high[j]! * header.columns, down.part[j]!];
    for (let i = across.from, k = j * plan.width + i; i < across.to; i++, k++) {
      const [left, right, partX] = [across.low[i]!, across.high[i]!, across.part[i]!];
      const above = pixels[top + left]! * (1 - partX) + pixels[top + right]! * partX;
      const below = pixels[low + left]! * (1 - partX) + pixels[low + right]! * partX;
      values[k] = (above * (1 - partY) + below * partY) * slope + intercept;
    }
  }
}

/** The two of `size` pixels between which each of `count` canvas pixels lies, and how near it is to the second. */
function neighboursAlong(scale: number, offset: number, count: number, size: number) {
  const { at, from, to } = placesAlong(scale, offset, count, size);
  const [low, high, part] = [new Int32Array(count), new Int32Array(count), new Float64Array(count)];
  for (let i = from; i < to; i++) {
    const base = Math.floor(at[i]! - 0.5);
    low[i] = within(base, size);
    high[i] = within(base + 1, size);
    part[i] = at[i]! - 0.5 - base;
  }
  return { low, high, part, from, to };
}

function within(index: number, size: number): number {
  return index < 0 ? 0 : index >= size ? size - 1 : index;
}

type Sample = (x: number, y: number) => number;

function bilinear({ pixels, header: { rows, columns } }: GreyFrame): Sample {
  return (x, y) => {
    const [baseX, baseY] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
    const [partX, partY] = [x - 0.5 - baseX, y - 0.5 - baseY];
    const [x0, x1] = [within(baseX, columns), within(baseX + 1, columns)];
    const [top, low] = [within(baseY, rows) * columns, within(baseY + 1, rows) * columns];
    const above = pixels[top + x0]! * (1 - partX) + pixels[top + x1]! * partX;
    const below = pixels[low + x0]! * (1 - partX) + pixels[low + x1]! * partX;
    return above * (1 - partY) + below * partY;
  };
}

function average({ pixels, header: { rows, columns } }: GreyFrame, footprint: number): Sample {
  const taps = tapsFor(footprint);
  const step = footprint / taps;
  const first = 0.5 * step - footprint * 0.5;
  return (x, y) => {
    let sum = 0;
    for (let j = 0; j < taps; j++) {
      const row = within(Math.floor(y + first + j * step), rows) * columns;
      for (let i = 0; i < taps; i++) sum += pixels[row + within(Math.floor(x + first + i * step), columns)]!;
    }
    return sum / (taps * taps);
  };
}

/** Unsharp mask: each value moves away from the mean of its four neighbours. */
export function sharpen(
  values: Float32Array,
  { width, height, footprint }: Pick<Plan, 'width' | 'height' | 'footprint'>
): Float32Array {
  const reach = sharpenReach(footprint);
  const sharp = new Float32Array(values.length);
  for (let y = 0, k = 0; y < height; y++) {
    const up = Math.min(y, reach) * width;
    const down = Math.min(height - 1 - y, reach) * width;
    for (let x = 0; x < width; x++, k++) {
      const own = values[k]!;
      const around =
        or(values[k - Math.min(x, reach)]!, own) +
        or(values[k + Math.min(width - 1 - x, reach)]!, own) +
        or(values[k - up]!, own) +
        or(values[k + down]!, own);
      sharp[k] = own + sharpenBy * (own - around / 4);
    }
  }
  return sharp;
}

/** A neighbour outside the picture counts as the pixel itself. */
function or(value: number, own: number): number {
  return Number.isNaN(value) ? own : value;
}

/** Modality values through a window, into RGBA words. `NaN` becomes transparent. */
export function windowInto(
  words: Uint32Array,
  values: Float32Array,
  { window, invert }: Pick<Plan, 'window' | 'invert'>
): void {
  const centre = window.center - 0.5;
  const span = Math.max(window.width - 1, 0);
  const sign = invert ? -1 : 1;
  const scale = span > 0 ? (255 / span) * sign : 0;
  // Half a level for rounding, half of the range for the middle of the window.
  const offset = 127.5 + 0.5 - centre * scale;
  const [high, low] = invert ? [0, 255] : [255, 0];
  for (let i = 0; i < words.length; i++) {
    const value = values[i]!;
    if (value !== value) {
      words[i] = 0;
      continue;
    }
    let level = span > 0 ? value * scale + offset : value > centre ? high : low;
    level = level < 0 ? 0 : level > 255 ? 255 : level | 0;
    words[i] = 0xff000000 | (level * 0x010101);
  }
}
