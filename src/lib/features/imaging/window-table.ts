import type { GreyWindow } from './image.ts';
import type { Plan } from './painter.ts';
import { windowInto } from './resample.ts';

/** Values in so many steps between the least and the most of them, the last number for what is outside the picture. */
const outside = 65_535;

/**
 * The values of a picture by the number of their step, so that a window is worked out once for each step and not for
 * each pixel: a third of the time for a panoramic.
 */
export interface Stepped {
  at: Uint16Array;
  /** Modality value of each step; `NaN` outside. */
  levels: Float32Array;
  /** Between two levels, modality units. */
  step: number;
}

/** @param values modality values, `NaN` outside the picture */
export function inSteps(values: Float32Array): Stepped {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const step = high > low ? (high - low) / (outside - 1) : 1;
  const at = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    at[i] = Number.isNaN(value) ? outside : Math.round((value - low) / step);
  }
  const levels = new Float32Array(outside + 1);
  for (let i = 0; i < outside; i++) levels[i] = low + i * step;
  levels[outside] = Number.NaN;
  return { at, levels, step };
}

/** True where steps put no pixel further off than a quarter of a grey level of 255. */
export function isFineEnough({ step }: Stepped, window: GreyWindow): boolean {
  return (step / 2) * 255 <= (window.width - 1) / 4;
}

/** What a table pays for: it takes as long as so many pixels. */
export const leastPixels = 4 * (outside + 1);

/** The same as `windowInto`, by way of a table of one word a step. */
export function windowByTable(
  words: Uint32Array,
  { at, levels }: Stepped,
  plan: Pick<Plan, 'window' | 'invert'>
): void {
  const table = new Uint32Array(levels.length);
  windowInto(table, levels, plan);
  for (let i = 0; i < words.length; i++) words[i] = table[at[i]!]!;
}
