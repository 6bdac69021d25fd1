import { Readable } from 'node:stream';
import { createInflate, inflateSync } from 'node:zlib';
import { once } from '#lib/kernel/bytes.ts';
import { fail } from '#lib/kernel/errors.ts';
import { holdsActiveText } from './disguise.ts';
import { photoParts } from './photo-parts.ts';
import { scrubbed } from './photo-scrub.ts';

/** Compressed texts and profiles of a PNG may unpack to this. */
const maxUnpackedBytes = 4 * 1024 * 1024;

/**
 * What a decoder gets of a photo, and the Exif block for those who look for a date in it. The decoder never
 * meets comments, profiles that unpack, or tags.
 * @throws AppError of `photoParts`; `file_too_large` for metadata that unpacks beyond all measure;
 *   `file_disguised` where unpacked text is a script
 */
export async function cleanPhoto(
  format: 'jpeg' | 'png',
  file: Buffer
): Promise<{ picture: Buffer; exif: Buffer | null }> {
  let exif: Buffer | null = null;
  const parts: Uint8Array[] = [];
  const picture = scrubbed(format, once(file), (name, body) => {
    if (format === 'png') checkUnpacked(name, body.subarray(0, body.length - 4));
    if (name === 'e1' || name === 'eXIf') exif ??= Buffer.from(body);
  });
  for await (const part of picture) parts.push(part);
  if (format === 'png') await checkPixels(file);
  return { picture: Buffer.concat(parts), exif };
}

/** The pixels of a PNG unpack to what its header says, give or take what interlacing adds; counted, not kept. */
async function checkPixels(file: Buffer): Promise<void> {
  const limit = 2 * pngPixelBytes(file) + 65_536;
  let count = 0;
  const unpacked = Readable.from(pixelsOf(file)).pipe(createInflate());
  try {
    for await (const part of unpacked as AsyncIterable<Buffer>) {
      count += part.length;
      if (count > limit) break;
    }
  } catch {
    return; // damaged: the decoder says so
  }
  if (count > limit) throw fail('file_too_large', { limitMegabytes: Math.ceil(limit / 1024 / 1024) });
}

/** By the header (PNG 11.2.1): one filter byte a row, then its samples. */
function pngPixelBytes(file: Buffer): number {
  const samples = [1, 0, 3, 1, 2, 0, 4][file[25] ?? 0] ?? 4;
  const rowBytes = Math.ceil((file.readUInt32BE(16) * samples * (file[24] ?? 16)) / 8);
  return file.readUInt32BE(20) * (rowBytes + 1);
}

async function* pixelsOf(file: Buffer): AsyncGenerator<Uint8Array> {
  let left = 0;
  for await (const { kind, bytes } of photoParts('png', once(file))) {
    if (kind !== 'data') continue;
    // A chunk's head comes alone; its checksum follows its content.
    if (left === 0) {
      left = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) + 4;
      continue;
    }
    const content = Math.max(0, Math.min(bytes.length, left - 4));
    left -= bytes.length;
    if (content > 0) yield bytes.subarray(0, content);
  }
}

function checkUnpacked(name: string, body: Uint8Array): void {
  const packed = packedIn(name, body);
  if (!packed) return;
  let unpacked: Buffer;
  try {
    unpacked = inflateSync(packed, { maxOutputLength: maxUnpackedBytes });
  } catch (error) {
    if (error instanceof RangeError)
      throw fail('file_too_large', { limitMegabytes: maxUnpackedBytes / 1024 / 1024 }, error);
    return; // damaged: nobody will read it, it is not handed on
  }
  if (holdsActiveText(unpacked)) throw fail('file_disguised', { as: 'metadata' });
}

/** The zlib stream in a PNG's iCCP, zTXt or compressed iTXt chunk (PNG 11.3.2.3, 11.3.3). */
function packedIn(name: string, body: Uint8Array): Uint8Array | null {
  const end = body.indexOf(0);
  if (end < 0) return null;
  if (name === 'iCCP' || name === 'zTXt') return body.subarray(end + 2);
  if (name !== 'iTXt' || body[end + 1] !== 1) return null;
  const language = body.indexOf(0, end + 3);
  const translated = language < 0 ? -1 : body.indexOf(0, language + 1);
  return translated < 0 ? null : body.subarray(translated + 1);
}
