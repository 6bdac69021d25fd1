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
  const { width, height } = plan;
  const values = new Float32Array(width * height);
  const sample = tapsFor(plan.footprint) <= 1 ? bilinear(frame) : average(frame, plan.footprint);
  const { rows, columns, rescale } = frame.header;
  const { a, c } = plan.map;
  for (let j = 0, k = 0; j < height; j++) {
    let { x, y } = applyAffine(plan.map, 0.5, j + 0.5);
    for (let i = 0; i < width; i++, k++, x += a, y += c)
      values[k] =
        x < 0 || y < 0 || x >= columns || y >= rows
          ? Number.NaN
          : sample(x, y) * rescale.slope + rescale.intercept;
  }
  return values;
}

type Sample = (x: number, y: number) => number;

function bilinear({ pixels, header: { rows, columns } }: GreyFrame): Sample {
  const [right, bottom] = [columns - 1, rows - 1];
  return (x, y) => {
    const [baseX, baseY] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
    const [partX, partY] = [x - 0.5 - baseX, y - 0.5 - baseY];
    const x0 = baseX < 0 ? 0 : baseX;
    const x1 = baseX + 1 > right ? right : baseX + 1;
    const top = (baseY < 0 ? 0 : baseY) * columns;
    const low = (baseY + 1 > bottom ? bottom : baseY + 1) * columns;
    const above = pixels[top + x0]! * (1 - partX) + pixels[top + x1]! * partX;
    const below = pixels[low + x0]! * (1 - partX) + pixels[low + x1]! * partX;
    return above * (1 - partY) + below * partY;
  };
}

function average({ pixels, header: { rows, columns } }: GreyFrame, footprint: number): Sample {
  const taps = tapsFor(footprint);
  const step = footprint / taps;
  const first = 0.5 * step - footprint * 0.5;
  const [right, bottom] = [columns - 1, rows - 1];
  return (x, y) => {
    let sum = 0;
    for (let j = 0; j < taps; j++) {
      const atY = Math.floor(y + first + j * step);
      const row = (atY < 0 ? 0 : atY > bottom ? bottom : atY) * columns;
      for (let i = 0; i < taps; i++) {
        const atX = Math.floor(x + first + i * step);
        sum += pixels[row + (atX < 0 ? 0 : atX > right ? right : atX)]!;
      }
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
