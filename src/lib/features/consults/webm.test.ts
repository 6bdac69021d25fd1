import { expect, test } from 'vitest';
import { concat } from '#lib/kernel/bytes.ts';
import { piecesOf, webmStream } from '../../../../tests/support/webm.ts';
import { webmHead, WebmScan, type WebmIndex } from './webm.ts';

function scan(pieces: readonly Uint8Array[]): WebmIndex | null {
  const reader = new WebmScan();
  for (const piece of pieces) reader.push(piece);
  return reader.done();
}

const whole = (stream: Uint8Array) => scan([stream])!;

test('[RC-7] clusters, whole pictures and the end are found however the stream is cut', () => {
  const stream = webmStream(3);
  const index = whole(stream);
  expect(index).toMatchObject({ end: stream.length, lastTime: 2_900 });
  expect(index.clusters.map(({ time, keyTime }) => [time, keyTime])).toEqual([
    [0, 0],
    [1_000, 1_000],
    [2_000, 2_000]
  ]);
  for (const count of [2, 7, 100, stream.length]) expect(scan(piecesOf(stream, count))).toEqual(index);
});

test('[RC-7] a whole picture is known also where pictures stand in groups', () => {
  const { clusters } = whole(webmStream(2, { groups: true }));
  expect(clusters.map(({ keyTime }) => keyTime)).toEqual([0, 1_000]);
});

test('[RC-7] what was cut off within a block ends before it; before the first block there is nothing', () => {
  const stream = webmStream(2);
  const { end } = whole(stream);
  const cut = whole(stream.subarray(0, end - 50));
  expect(cut.end).toBeLessThan(end - 50);
  expect(whole(stream.subarray(0, cut.end))).toEqual(cut);
  expect(scan([stream.subarray(0, 60)])).toBeNull();
  expect(scan([])).toBeNull();
});

test('[RC-7] an index that stands behind the clusters is left out', () => {
  const stream = webmStream(1);
  const index = whole(stream);
  expect(whole(concat([stream, Uint8Array.of(0x1c, 0x53, 0xbb, 0x6b, 0x82, 0, 0)]))).toEqual(index);
});

test('[RC-7] what is no WebM is said to be none', () => {
  expect(() => scan([new TextEncoder().encode('<html></html>')])).toThrow(RangeError);
  expect(() => scan([new Uint8Array(100)])).toThrow(RangeError);
});

test('[RC-7] the head names the length, and where each cluster lies in what is served', () => {
  const stream = webmStream(3);
  const index = whole(stream);
  const { bytes, durationMs } = webmHead(index);
  expect(durationMs).toBe(2_920);
  const served = concat([bytes, stream.subarray(index.head.length, index.end)]);
  // Read as a stream, its clusters are where the index says they are.
  const again = whole(served);
  const segmentFrom = indexOf(served, [0x18, 0x53, 0x80, 0x67]) + 12;
  const cues = positions(bytes).map((position) => position + segmentFrom);
  expect(cues).toEqual(again.clusters.map(({ offset }) => offset));
  const view = new DataView(served.buffer);
  const size = Number(view.getBigUint64(segmentFrom - 8) & 0xffffffffffffffn);
  expect(segmentFrom + size).toBe(served.length);
  const duration = indexOf(bytes, [0x44, 0x89]);
  expect(view.getFloat64(duration + 10)).toBe(2_920);
});

function indexOf(bytes: Uint8Array, wanted: number[]): number {
  return bytes.findIndex((_, i) => wanted.every((byte, k) => bytes[i + k] === byte));
}

/** CueClusterPosition of each point: F1, eight bytes of size, eight of position. */
function positions(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer);
  const found: number[] = [];
  const cues = indexOf(bytes, [0x1c, 0x53, 0xbb, 0x6b]);
  for (let at = cues; at < bytes.length - 16; at++)
    if (bytes[at] === 0xf1 && bytes[at + 1] === 0x01) found.push(Number(view.getBigUint64(at + 9)));
  return found;
}
