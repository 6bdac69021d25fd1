import type { Frame, GreyFrame } from './frame.ts';
import type { GreyWindow } from './image.ts';
import type { Affine } from './view-transform.ts';

/** One drawing, worked out: what a painter needs. */
export interface Plan {
  width: number;
  height: number;
  map: Affine;
  /** Image pixels per canvas pixel. */
  footprint: number;
  window: GreyWindow;
  /** Black and white swapped, MONOCHROME1 taken into account. */
  invert: boolean;
  /** Grey pictures only. */
  sharpen: boolean;
}

/** Draws frames of one kind of surface. */
export interface Painter {
  readonly kind: 'webgl2' | 'canvas2d';
  /** @returns the factor the frame was reduced by to fit the GPU; 1: not at all */
  load(frame: Frame): number;
  draw(plan: Plan): void;
  dispose(): void;
}

/**
 * Halve a grey picture by a whole factor, averaging, until it fits a GPU's textures.
 * @returns the picture itself when it fits
 */
export function reduceGrey(
  frame: GreyFrame,
  limit: number
): { pixels: Uint16Array | Int16Array; columns: number; rows: number; factor: number } {
  const { rows, columns } = frame.header;
  const factor = Math.ceil(Math.max(rows, columns) / limit);
  if (factor <= 1) return { pixels: frame.pixels, columns, rows, factor: 1 };
  const w = Math.floor(columns / factor);
  const h = Math.floor(rows / factor);
  const pixels = frame.pixels instanceof Int16Array ? new Int16Array(w * h) : new Uint16Array(w * h);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let j = 0; j < factor; j++)
        for (let i = 0; i < factor; i++) sum += frame.pixels[(y * factor + j) * columns + x * factor + i]!;
      pixels[y * w + x] = Math.round(sum / (factor * factor));
    }
  return { pixels, columns: w, rows: h, factor };
}
