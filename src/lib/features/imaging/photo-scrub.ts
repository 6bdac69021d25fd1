import { photoParts } from './photo-parts.ts';

/** Colour profiles of cameras take a few kilobytes, those of scanners some hundred. */
const maxProfileBytes = 1024 * 1024;
const text = new TextDecoder('latin1');

/**
 * A photo's file with the same pixels and without what its camera or an editor wrote beside them: place,
 * device, serial numbers, owner, thumbnails, comments. What is needed to show it stays: turning, and of a JPEG
 * the colour profile. What follows the picture's end is left out.
 * @param onMeta is shown each piece of metadata, its content without the header
 * @throws AppError of `photoParts`
 */
export async function* scrubbed(
  format: 'jpeg' | 'png',
  source: AsyncIterable<Uint8Array>,
  onMeta?: (name: string, body: Uint8Array) => void
): AsyncGenerator<Uint8Array> {
  let profileBytes = 0;
  for await (const { kind, name, bytes, bodyAt } of photoParts(format, source)) {
    if (kind === 'trail') continue;
    if (kind !== 'meta') {
      yield bytes;
      continue;
    }
    const body = bytes.subarray(bodyAt);
    onMeta?.(name, body);
    if (format === 'png') continue;
    if (name === 'e1') {
      const turned = orientationIn(body);
      if (turned) yield orientationSegment(turned);
    } else if (name === 'e2' && begins(body, 'ICC_PROFILE\0')) {
      profileBytes += body.length;
      if (profileBytes <= maxProfileBytes) yield bytes;
    } else if ((name === 'e0' && begins(body, 'JFIF\0')) || (name === 'ee' && begins(body, 'Adobe')))
      yield bytes;
  }
}

function begins(body: Uint8Array, word: string): boolean {
  return text.decode(body.subarray(0, word.length)) === word;
}

/** Orientation (0112) of the first directory of an Exif block, 2 to 8; null where there is none to tell. */
export function orientationIn(body: Uint8Array): number | null {
  if (!begins(body, 'Exif\0\0') || body.length < 14) return null;
  const view = new DataView(body.buffer, body.byteOffset + 6, body.byteLength - 6);
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return null;
  const entries = view.getUint16(directory, little);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= view.byteLength; i++, at += 12)
    if (view.getUint16(at, little) === 0x0112) {
      const value = view.getUint16(at + 8, little);
      return value >= 2 && value <= 8 ? value : null;
    }
  return null;
}

/** An Exif block that says how the picture is turned, and nothing else. */
function orientationSegment(value: number): Uint8Array {
  const header = [0xff, 0xe1, 0x00, 0x22, 0x45, 0x78, 0x69, 0x66, 0, 0];
  const tiff = [0x4d, 0x4d, 0x00, 0x2a, 0, 0, 0, 8, 0, 1];
  const entry = [0x01, 0x12, 0x00, 0x03, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...header, ...tiff, ...entry]);
}
