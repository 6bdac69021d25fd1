import { fail } from '#lib/kernel/errors.ts';
import type { GreyWindow, ImageKind, Laterality, Photometric, PixelSpacing, Rescale } from './image.ts';

/**
 * What the server sends for showing one picture: the bytes `CFR1`, the length of a JSON header (uint32,
 * little endian), the header, then the payload: grey samples as below, or a JPEG/PNG file as it is.
 *
 * Grey samples are stored as differences from their left neighbour (from the one above in column 0), low
 * bytes first, then high bytes: noise stays in one plane and the other compresses to almost nothing.
 */
export interface FrameHeader {
  version: 1;
  format: 'grey8' | 'grey16' | 'encoded';
  kind: ImageKind;
  rows: number;
  columns: number;
  signed: boolean;
  bitsStored: number;
  photometric: Photometric;
  rescale: Rescale;
  /** The file's own window, or one from its percentiles. */
  window: GreyWindow;
  windowSource: 'file' | 'percentile';
  /** Smallest and largest value, in modality units. */
  range: { low: number; high: number };
  pixelSpacing: PixelSpacing;
  laterality: Laterality | null;
  takenAt: string | null;
  /** Type of the payload when `format` is `encoded`. */
  mediaType: string | null;
}

/** How many frames the image has, beside the bytes of one. */
export const framesHeader = 'x-image-frames';

const magic = [0x43, 0x46, 0x52, 0x31]; // CFR1
const maxHeaderBytes = 64 * 1024;

/** Grey samples to payload. @param bytesPerSample 1 where every value fits 8 unsigned bits */
export function packGrey(
  pixels: Uint16Array | Int16Array,
  columns: number,
  bytesPerSample: 1 | 2
): Uint8Array {
  const count = pixels.length;
  const packed = new Uint8Array(count * bytesPerSample);
  for (let i = 0; i < count; i++) {
    const before = i % columns === 0 ? (i === 0 ? 0 : pixels[i - columns]!) : pixels[i - 1]!;
    const delta = (pixels[i]! - before) & 0xffff;
    // Zigzag: small steps down become small numbers too, so that the high plane stays nearly empty.
    const folded = ((delta << 1) ^ -(delta >> 15)) & 0xffff;
    if (bytesPerSample === 2) {
      packed[i] = folded & 0xff;
      packed[count + i] = folded >> 8;
    } else packed[i] = delta & 0xff;
  }
  return packed;
}

/** Payload to grey samples. @throws AppError `upload_broken` where the length is not the header's */
export function unpackGrey(packed: Uint8Array, header: FrameHeader): Uint16Array | Int16Array {
  const { rows, columns } = header;
  const count = rows * columns;
  const wide = header.format === 'grey16';
  if (packed.length !== count * (wide ? 2 : 1)) throw fail('upload_broken');
  const values = new Uint16Array(count);
  // Row by row, without asking of each of millions of pixels where in its row it is.
  for (let start = 0; start < count; start += columns) {
    let value = start === 0 ? 0 : values[start - columns]!;
    for (let i = start; i < start + columns; i++) {
      if (wide) {
        const folded = packed[i]! | (packed[count + i]! << 8);
        value = (value + ((folded >> 1) ^ -(folded & 1))) & 0xffff;
      } else value = (value + packed[i]!) & 0xff;
      values[i] = value;
    }
  }
  return header.signed ? new Int16Array(values.buffer) : values;
}

export function joinFrame(header: FrameHeader, payload: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const whole = new Uint8Array(8 + json.length + payload.length);
  whole.set(magic);
  new DataView(whole.buffer).setUint32(4, json.length, true);
  whole.set(json, 8);
  whole.set(payload, 8 + json.length);
  return whole;
}

/** @throws AppError `upload_broken` where the bytes are not a frame, e.g. cut off on the way */
export function splitFrame(bytes: Uint8Array): { header: FrameHeader; payload: Uint8Array } {
  if (bytes.length < 8 || !magic.every((byte, i) => bytes[i] === byte)) throw fail('upload_broken');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  if (length > maxHeaderBytes || 8 + length > bytes.length) throw fail('upload_broken');
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as FrameHeader;
  return { header, payload: bytes.subarray(8 + length) };
}
