/** Rows and columns a JPEG stream's own frame header states; null where none is found before its pixels. */
export function jpegSize(stream: Uint8Array): { rows: number; columns: number } | null {
  if (stream[0] !== 0xff || stream[1] !== 0xd8) return null;
  for (let at = 2; at + 9 < stream.length;) {
    if (stream[at] !== 0xff) return null;
    const code = stream[at + 1]!;
    if (code === 0xff) {
      at += 1;
      continue;
    }
    if (code === 0xda || code === 0xd9) return null;
    if (code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc)
      return {
        rows: (stream[at + 5]! << 8) | stream[at + 6]!,
        columns: (stream[at + 7]! << 8) | stream[at + 8]!
      };
    const length = (stream[at + 2]! << 8) | stream[at + 3]!;
    if (length < 2) return null;
    at += 2 + length;
  }
  return null;
}
