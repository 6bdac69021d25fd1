import sharp from 'sharp';
import type { GreyWindow, Rescale } from './image.ts';
import { applyWindow } from './window.ts';

/** Longest side of a thumbnail, pixels: sharp on a dense screen at half that size. */
export const thumbnailSide = 400;

export interface GreyPicture {
  rows: number;
  columns: number;
  pixels: Uint16Array | Int16Array;
  rescale: Rescale;
  window: GreyWindow;
  invert: boolean;
}

/** A small WebP of a grey picture through its window; each pixel the mean of those it stands for. */
export async function greyThumbnail(picture: GreyPicture): Promise<Buffer> {
  const { rows, columns, pixels, rescale, window, invert } = picture;
  const step = Math.max(1, Math.ceil(Math.max(rows, columns) / thumbnailSide));
  const width = Math.max(1, Math.floor(columns / step));
  const height = Math.max(1, Math.floor(rows / step));
  const out = Buffer.alloc(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let j = 0; j < step; j++) {
        const row = (y * step + j) * columns + x * step;
        for (let i = 0; i < step; i++) sum += pixels[row + i] ?? 0;
      }
      const level = applyWindow((sum / (step * step)) * rescale.slope + rescale.intercept, window);
      out[y * width + x] = Math.round((invert ? 1 - level : level) * 255);
    }
  return sharp(out, { raw: { width, height, channels: 1 } })
    .webp({ quality: 80 })
    .toBuffer();
}
