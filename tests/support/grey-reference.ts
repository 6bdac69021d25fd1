import type { GreyFrame } from '#lib/features/imaging/frame.ts';
import type { GreyWindow } from '#lib/features/imaging/image.ts';
import { applyWindow } from '#lib/features/imaging/window.ts';

/** Grey level 0…255 of every stored value that can occur, for one window. Signed values are offset by 32768. */
export function greyTable(frame: GreyFrame, window: GreyWindow, invert: boolean): Uint8ClampedArray {
  const { rescale } = frame.header;
  const table = new Uint8ClampedArray(65_536);
  const offset = frame.pixels instanceof Int16Array ? 32_768 : 0;
  for (let i = 0; i < table.length; i++) {
    const level = applyWindow((i - offset) * rescale.slope + rescale.intercept, window);
    table[i] = Math.round((invert ? 1 - level : level) * 255);
  }
  return table;
}

/** The whole picture through a window, as RGBA: the reference the GPU is tested against. */
export function paintGrey(
  frame: GreyFrame,
  window: GreyWindow,
  invert: boolean
): Uint8ClampedArray<ArrayBuffer> {
  const table = greyTable(frame, window, invert);
  const offset = frame.pixels instanceof Int16Array ? 32_768 : 0;
  const rgba = new Uint8ClampedArray(frame.pixels.length * 4);
  const words = new Uint32Array(rgba.buffer);
  for (let i = 0; i < words.length; i++)
    words[i] = 0xff000000 | (table[frame.pixels[i]! + offset]! * 0x010101);
  return rgba;
}
