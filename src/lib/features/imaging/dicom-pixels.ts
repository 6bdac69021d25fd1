import { fail } from '#lib/kernel/errors.ts';
import type { DicomFile } from './dicom.ts';

/** Pixels ready to show. Grey: stored values, sign applied, unused high bits cleared. */
export type DecodedPixels =
  | { kind: 'grey'; rows: number; columns: number; pixels: Uint16Array | Int16Array }
  | { kind: 'rgb'; rows: number; columns: number; rgb: Uint8Array };

/**
 * Unpack a frame of an uncompressed or RLE file. Memory is bounded by the checks of `readDicom`.
 * @throws AppError `dicom_truncated`; `dicom_unsupported` for packings that need another decoder
 */
export function decodePixels({ info, pixels }: DicomFile): DecodedPixels {
  const { rows, columns, samplesPerPixel, bitsAllocated } = info;
  const count = rows * columns;
  switch (pixels.packing) {
    case 'little':
    case 'big': {
      const raw = framePart(pixels);
      if (samplesPerPixel === 3)
        return { kind: 'rgb', rows, columns, rgb: interleave(raw, count, pixels.planar) };
      const swapped = pixels.packing === 'big' && pixels.vr === 'OW';
      const words =
        bitsAllocated === 8 ? Uint16Array.from(swapped ? swapPairs(raw) : raw) : words16(raw, pixels.packing);
      return { kind: 'grey', rows, columns, pixels: clean(words, info.bitsStored, info.signed) };
    }
    case 'rle': {
      const planes = decodeRle(framePart(pixels), count, samplesPerPixel * (bitsAllocated / 8));
      if (samplesPerPixel === 3) {
        const rgb = new Uint8Array(count * 3);
        planes.forEach((plane, s) => plane.forEach((value, i) => (rgb[i * 3 + s] = value)));
        return { kind: 'rgb', rows, columns, rgb };
      }
      const [high, low] = planes;
      const words = new Uint16Array(count);
      for (let i = 0; i < count; i++) words[i] = low ? (high![i]! << 8) | low[i]! : high![i]!;
      return { kind: 'grey', rows, columns, pixels: clean(words, info.bitsStored, info.signed) };
    }
    case 'jpeg-baseline':
    case 'jpeg-lossless':
      throw fail('dicom_unsupported', { transferSyntax: pixels.packing });
  }
}

/** The bytes of a frame, its fragments joined. */
export function framePart({ bytes, parts }: DicomFile['pixels']): Uint8Array {
  if (parts.length === 1) return bytes.subarray(parts[0]!.offset, parts[0]!.offset + parts[0]!.length);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const { offset, length } of parts) {
    whole.set(bytes.subarray(offset, offset + length), at);
    at += length;
  }
  return whole;
}

/** A copy: what comes of it is cleaned in place. Machines are little endian, so little-endian words are copied as they are. */
function words16(raw: Uint8Array, packing: 'little' | 'big'): Uint16Array {
  const words = new Uint16Array(raw.length >> 1);
  if (packing === 'little') new Uint8Array(words.buffer).set(raw.subarray(0, words.byteLength));
  else for (let i = 0; i < words.length; i++) words[i] = (raw[2 * i]! << 8) | raw[2 * i + 1]!;
  return words;
}

function swapPairs(raw: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) swapped[i] = raw[i ^ 1] ?? raw[i]!;
  return swapped;
}

/**
 * Keep the stored bits, extend the sign. Old devices leave overlay bits above the stored ones.
 * @returns the same array when unsigned, a signed view of it otherwise
 */
export function clean(words: Uint16Array, bitsStored: number, signed: boolean): Uint16Array | Int16Array {
  if (!signed) {
    const mask = (1 << bitsStored) - 1;
    if (bitsStored < 16) for (let i = 0; i < words.length; i++) words[i] = words[i]! & mask;
    return words;
  }
  const values = new Int16Array(words.buffer, words.byteOffset, words.length);
  const shift = 16 - bitsStored;
  if (shift > 0)
    for (let i = 0; i < values.length; i++) values[i] = (values[i]! << (shift + 16)) >> (shift + 16);
  return values;
}

function interleave(raw: Uint8Array, count: number, planar: 0 | 1): Uint8Array {
  if (planar === 0) return raw.slice(0, count * 3);
  const rgb = new Uint8Array(count * 3);
  for (let s = 0; s < 3; s++) for (let i = 0; i < count; i++) rgb[i * 3 + s] = raw[s * count + i]!;
  return rgb;
}

/**
 * RLE lossless, PS3.5 annex G: a header of 16 little-endian words (number of segments, their offsets), then
 * PackBits segments, one a byte plane, most significant first. @throws AppError `dicom_truncated`
 */
export function decodeRle(frame: Uint8Array, count: number, planes: number): Uint8Array[] {
  if (frame.length < 64) throw fail('dicom_truncated');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== planes) throw fail('dicom_truncated');
  const offsets = Array.from({ length: planes }, (_, i) => view.getUint32(4 + 4 * i, true));
  return offsets.map((offset, i) => {
    const end = offsets[i + 1] ?? frame.length;
    if (offset < 64 || end > frame.length || offset >= end) throw fail('dicom_truncated');
    return unpackBits(frame.subarray(offset, end), count);
  });
}

function unpackBits(source: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(count);
  let at = 0;
  for (let i = 0; i < source.length && at < count;) {
    const control = source[i++]!;
    if (control < 128) {
      const run = source.subarray(i, i + Math.min(control + 1, count - at));
      out.set(run, at);
      at += run.length;
      i += control + 1;
    } else if (control > 128) {
      const run = Math.min(257 - control, count - at);
      if (i >= source.length) break;
      out.fill(source[i++]!, at, at + run);
      at += run;
    }
  }
  if (at < count) throw fail('dicom_truncated');
  return out;
}
