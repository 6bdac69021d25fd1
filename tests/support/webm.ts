import { concat } from '#lib/kernel/bytes.ts';

/**
 * A WebM stream as a browser's recorder writes it: no length, no index, clusters without a size. One picture each 100 ms,
 * a whole one each second, and as many bits of sound; nothing in it can be decoded.
 */
export function webmStream(seconds: number, { groups = false } = {}): Uint8Array {
  const parts: Uint8Array[] = [
    element([0x1a, 0x45, 0xdf, 0xa3], [element([0x42, 0x82], [text('webm')])]),
    Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    element(
      [0x15, 0x49, 0xa9, 0x66],
      [element([0x2a, 0xd7, 0xb1], [Uint8Array.of(0x0f, 0x42, 0x40)]), element([0x4d, 0x80], [text('test')])]
    ),
    element([0x16, 0x54, 0xae, 0x6b], [track(1, 2, 'A_OPUS'), track(2, 1, 'V_VP8')])
  ];
  for (let second = 0; second < seconds; second++) {
    parts.push(Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    parts.push(element([0xe7], [Uint8Array.of((second * 1000) >> 8, (second * 1000) & 0xff)]));
    for (let at = 0; at < 1000; at += 100) {
      parts.push(element([0xa3], [block(1, at, 0x80), noise(40, at)]));
      const key = at === 0;
      const picture = noise(key ? 900 : 200, at + second);
      // As it is written where the picture has an alpha channel.
      if (groups)
        parts.push(
          element(
            [0xa0],
            [
              element([0xa1], [block(2, at, 0), picture]),
              ...(key ? [] : [element([0xfb], [Uint8Array.of(0xff)])])
            ]
          )
        );
      else parts.push(element([0xa3], [block(2, at, key ? 0x80 : 0), picture]));
    }
  }
  return concat(parts);
}

/** The stream in `count` pieces, cut anywhere, as a recorder hands them over. */
export function piecesOf(stream: Uint8Array, count: number): Uint8Array[] {
  const each = Math.ceil(stream.length / count);
  return Array.from({ length: count }, (_, i) => stream.slice(i * each, (i + 1) * each));
}

function track(number: number, type: number, codec: string): Uint8Array {
  return element(
    [0xae],
    [
      element([0xd7], [Uint8Array.of(number)]),
      element([0x83], [Uint8Array.of(type)]),
      element([0x86], [text(codec)])
    ]
  );
}

const block = (number: number, at: number, flags: number) =>
  Uint8Array.of(0x80 | number, at >> 8, at & 0xff, flags);
const text = (value: string) => new TextEncoder().encode(value);
/** Bytes that look like heads of elements too. */
const noise = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => [0x1f, 0x43, 0xb6, 0x75, 0xa3, i & 0xff, seed & 0xff][i % 7]!);

function element(id: number[], content: Uint8Array[]): Uint8Array {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  return concat([Uint8Array.of(...id, 0x40 | (size >> 8), size & 0xff), ...content]);
}
