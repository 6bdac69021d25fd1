import { concat } from '#lib/kernel/bytes.ts';
import { fail } from '#lib/kernel/errors.ts';
import { maxPixels } from './image.ts';

/** A piece of a photo's file, in order. All `bytes` together are the file. */
export interface PhotoPart {
  /**
   * `frame`: needed to show the picture. `meta`: comment, camera's tags, text, profile. `data`: pixels.
   * `trail`: what follows the picture's end, of which it is no part.
   */
  kind: 'frame' | 'meta' | 'data' | 'trail';
  /** JPEG: the marker's second byte, `e1`. PNG: the chunk's type. */
  name: string;
  bytes: Uint8Array;
  /** Where the content of a `meta` part begins in `bytes`. */
  bodyAt: number;
}

/** A PNG chunk that is held in memory; pixels are not. */
const maxChunkBytes = 4 * 1024 * 1024;
/** More pieces than any camera writes, and more passes over the pixels than any encoder makes. */
const maxParts = 200_000;
const maxScans = 128;

/**
 * The pieces of a JPEG or PNG file, read as it comes, with bounded memory. Follows the structure only: nothing
 * is decoded.
 * @throws AppError `file_not_an_image` where the structure breaks off, `file_too_large` for pictures beyond
 *   `maxPixels` or oversized chunks
 */
export function photoParts(
  format: 'jpeg' | 'png',
  source: AsyncIterable<Uint8Array>
): AsyncGenerator<PhotoPart> {
  return format === 'jpeg' ? jpegParts(new ByteReader(source)) : pngParts(new ByteReader(source));
}

async function* jpegParts(reader: ByteReader): AsyncGenerator<PhotoPart> {
  yield part('frame', 'd8', await reader.take(2));
  let frames = 0;
  let scans = 0;
  /** Bits still missing until there are as many as any picture of this size has. */
  let owed = 0;
  for (let count = 0; ; count++) {
    if (count > maxParts) throw fail('file_not_an_image');
    const marker = await reader.take(2);
    const code = marker[1]!;
    if (marker[0] !== 0xff || code === 0) throw fail('file_not_an_image');
    if (code === 0xff) {
      // A fill byte before the marker.
      reader.back(marker.subarray(1));
      yield part('frame', 'ff', marker.subarray(0, 1));
      continue;
    }
    const name = code.toString(16);
    if (code === 0xd9) {
      if (owed > 0) throw fail('file_not_an_image');
      yield part('frame', name, marker);
      break;
    }
    if ((code >= 0xd0 && code <= 0xd7) || code === 0x01) {
      yield part('frame', name, marker);
      continue;
    }
    const size = await reader.take(2);
    const length = (size[0]! << 8) | size[1]!;
    if (length < 2) throw fail('file_not_an_image');
    const body = await reader.take(length - 2);
    if (isFrameHeader(code)) {
      if (++frames > 1 || body.length < 6) throw fail('file_not_an_image');
      const [width, height] = [(body[3]! << 8) | body[4]!, (body[1]! << 8) | body[2]!];
      checkSize(width, height);
      // A block of 8 × 8 has at least one code of one bit.
      owed = Math.ceil(width / 8) * Math.ceil(height / 8);
    }
    const isMeta = (code >= 0xe0 && code <= 0xef) || code === 0xfe;
    yield part(isMeta ? 'meta' : 'frame', name, concat([marker, size, body]), 4);
    if (code === 0xda) {
      if (frames === 0 || ++scans > maxScans) throw fail('file_not_an_image');
      for await (const data of scan(reader)) {
        owed -= data.bytes.length * 8;
        yield data;
      }
    }
  }
  yield* trail(reader);
}

function isFrameHeader(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
}

/** Entropy-coded bytes up to the next marker that is no restart. */
async function* scan(reader: ByteReader): AsyncGenerator<PhotoPart> {
  for (;;) {
    const bytes = await reader.some();
    if (!bytes) throw fail('file_not_an_image');
    let at = bytes.indexOf(0xff);
    while (at >= 0 && at + 1 < bytes.length && isInScan(bytes[at + 1]!)) at = bytes.indexOf(0xff, at + 2);
    if (at < 0) {
      yield part('data', 'scan', bytes);
      continue;
    }
    if (at > 0) yield part('data', 'scan', bytes.subarray(0, at));
    reader.back(bytes.subarray(at));
    const pair = await reader.take(2);
    reader.back(pair);
    if (!isInScan(pair[1]!)) return;
  }
}

const isInScan = (second: number) => second === 0 || (second >= 0xd0 && second <= 0xd7);

async function* pngParts(reader: ByteReader): AsyncGenerator<PhotoPart> {
  yield part('frame', 'signature', await reader.take(8));
  for (let count = 0; ; count++) {
    if (count > maxParts) throw fail('file_not_an_image');
    const head = await reader.take(8);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    const name = String.fromCharCode(...head.subarray(4));
    if (length > 0x7fffffff || !/^[A-Za-z]{4}$/.test(name)) throw fail('file_not_an_image');
    if ((count === 0) !== (name === 'IHDR')) throw fail('file_not_an_image');
    if (name === 'IDAT') {
      yield part('data', name, head);
      yield* exactly(reader, length + 4);
      continue;
    }
    if (length > maxChunkBytes) throw fail('file_too_large', { limitMegabytes: maxChunkBytes / 1024 / 1024 });
    const body = await reader.take(length + 4);
    if (name === 'IHDR') {
      if (length !== 13) throw fail('file_not_an_image');
      const view = new DataView(body.buffer, body.byteOffset);
      checkSize(view.getUint32(0), view.getUint32(4));
    }
    // A small first letter: not needed to show the picture.
    const needed = name[0]! < 'a' || neededChunks.has(name);
    yield part(needed ? 'frame' : 'meta', name, concat([head, body]), 8);
    if (name === 'IEND') break;
  }
  yield* trail(reader);
}

/** Transparency and colour space: numbers of a fixed small size. */
const neededChunks = new Set(['tRNS', 'gAMA', 'cHRM', 'sRGB', 'sBIT', 'pHYs']);

async function* exactly(reader: ByteReader, length: number): AsyncGenerator<PhotoPart> {
  for (let left = length; left > 0;) {
    const bytes = await reader.some();
    if (!bytes) throw fail('file_not_an_image');
    const own = bytes.subarray(0, left);
    if (own.length < bytes.length) reader.back(bytes.subarray(own.length));
    left -= own.length;
    yield part('data', 'IDAT', own);
  }
}

async function* trail(reader: ByteReader): AsyncGenerator<PhotoPart> {
  for (let bytes = await reader.some(); bytes; bytes = await reader.some()) yield part('trail', '', bytes);
}

function part(kind: PhotoPart['kind'], name: string, bytes: Uint8Array, bodyAt = 0): PhotoPart {
  return { kind, name, bytes, bodyAt };
}

function checkSize(width: number, height: number): void {
  if (width === 0 || height === 0) throw fail('file_not_an_image');
  if (width * height > maxPixels) throw fail('file_too_large', { limitMegapixels: maxPixels / 1024 / 1024 });
}

/** Bytes of a stream in the portions one asks for. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Whatever is at hand, at least one byte; null at the end. */
  async some(): Promise<Uint8Array | null> {
    if (this.#held.length > 0) {
      const held = this.#held;
      this.#held = new Uint8Array(0);
      return held;
    }
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done) return null;
      if (value.length > 0) return value;
    }
  }

  /** Exactly `count` bytes. @throws AppError `file_not_an_image` where the stream ends before */
  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let left = count; left > 0;) {
      const bytes = await this.some();
      if (!bytes) throw fail('file_not_an_image');
      const own = bytes.subarray(0, left);
      if (own.length < bytes.length) this.#held = bytes.subarray(own.length);
      parts.push(own);
      left -= own.length;
    }
    return parts.length === 1 ? parts[0]! : concat(parts);
  }

  back(bytes: Uint8Array): void {
    this.#held = this.#held.length === 0 ? bytes : concat([bytes, this.#held]);
  }
}
