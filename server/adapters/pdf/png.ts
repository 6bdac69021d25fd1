import { inflateSync } from 'node:zlib';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const longestSide = 16_384;
const mostPixels = 40_000_000;

/**
 * Width and height in pixels of a whole, undamaged, non-interlaced PNG (ISO/IEC 15948); null for anything
 * else. Checked to the last byte because the PDF library decodes transparency out of reach of a `catch`, where
 * a broken file would end the process.
 */
export function readPngSize(bytes: Uint8Array): { width: number; height: number } | null {
  if (bytes.length < 57 || signature.some((byte, i) => bytes[i] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let at = 8;
  for (;;) {
    if (at + 12 > bytes.length) return null;
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) return null;
    if (type === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + length));
    if (type === 'IEND') break;
    at += 12 + length;
  }
  const [width, height, depth, colour] = [view.getUint32(16), view.getUint32(20), bytes[24]!, bytes[25]!];
  const perPixel = channels[colour];
  const interlaced = bytes[28] !== 0;
  if (!perPixel || interlaced || ![1, 2, 4, 8, 16].includes(depth)) return null;
  if (width < 1 || height < 1 || width > longestSide || height > longestSide || width * height > mostPixels)
    return null;
  const expected = (Math.ceil((width * perPixel * depth) / 8) + 1) * height;
  return inflatesTo(Buffer.concat(data), expected) ? { width, height } : null;
}

function inflatesTo(compressed: Uint8Array, size: number): boolean {
  try {
    return inflateSync(compressed, { maxOutputLength: size }).length === size;
  } catch (error) {
    // Damaged or oversized data is what this asks about; anything else is a fault of ours.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
