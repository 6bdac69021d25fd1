import type { FrameHeader } from './frame-format.ts';
import type { GreyWindow, ImageInfo } from './image.ts';
import { defaultWindow } from './window.ts';

/** What the header of any frame says, grey or colour. */
export function frameFacts(info: Omit<ImageInfo, 'identity'>) {
  const { kind, rows, columns, signed, bitsStored, photometric, rescale, pixelSpacing, laterality, takenAt } =
    info;
  return {
    version: 1,
    kind,
    rows,
    columns,
    signed,
    bitsStored,
    photometric,
    rescale,
    pixelSpacing,
    laterality,
    takenAt
  } as const;
}

/** The header of a grey picture; [IM-9] its window is the file's, or one from its values. */
export function greyHeader(
  info: Omit<ImageInfo, 'identity'>,
  pixels: Uint16Array | Int16Array,
  usual: GreyWindow | null = null
): FrameHeader {
  const narrow = info.bitsStored <= 8 && !info.signed;
  return {
    ...frameFacts(info),
    format: narrow ? 'grey8' : 'grey16',
    window: info.window ?? usual ?? defaultWindow({ pixels, rescale: info.rescale }),
    windowSource: info.window ? 'file' : 'percentile',
    range: rangeOf(pixels, info.rescale),
    mediaType: null
  };
}

function rangeOf(pixels: Uint16Array | Int16Array, { slope, intercept }: ImageInfo['rescale']) {
  let low = Infinity;
  let high = -Infinity;
  // Not for … of: an iterator takes five times as long.
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const ends = [low * slope + intercept, high * slope + intercept] as const;
  return { low: Math.min(...ends), high: Math.max(...ends) };
}
