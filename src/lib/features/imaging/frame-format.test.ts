import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { joinFrame, packGrey, splitFrame, unpackGrey, type FrameHeader } from './frame-format.ts';
import { noSpacing } from './image.ts';

function headerOf(rows: number, columns: number, more: Partial<FrameHeader> = {}): FrameHeader {
  return {
    version: 1,
    format: 'grey16',
    kind: 'panoramic',
    rows,
    columns,
    signed: false,
    bitsStored: 16,
    photometric: 'MONOCHROME2',
    rescale: { slope: 1, intercept: 0 },
    window: { center: 1, width: 2 },
    windowSource: 'file',
    range: { low: 0, high: 1 },
    pixelSpacing: noSpacing,
    laterality: null,
    takenAt: null,
    mediaType: null,
    ...more
  };
}

describe('frame on the wire', () => {
  test('[IM-11] every value survives, at the extremes too', () => {
    const values = Uint16Array.from([0, 65_535, 0, 32_768, 1, 65_534, 32_767, 5, 5, 4, 65_535, 65_535]);
    const header = headerOf(3, 4);
    const { header: back, payload } = splitFrame(joinFrame(header, packGrey(values, 4, 2)));
    expect(back).toEqual(header);
    expect([...unpackGrey(payload, back)]).toEqual([...values]);
  });

  test('[IM-11] signed and 8-bit', () => {
    const signed = Int16Array.from([-32_768, 32_767, -1, 0, 1, -2000]);
    expect([...unpackGrey(packGrey(signed, 3, 2), headerOf(2, 3, { signed: true }))]).toEqual([...signed]);
    const bytes = Uint16Array.from([0, 255, 128, 1, 254, 0]);
    expect([...unpackGrey(packGrey(bytes, 3, 1), headerOf(2, 3, { format: 'grey8' }))]).toEqual([...bytes]);
  });

  test('[IM-11] smaller than plain gzip on a smooth noisy picture', () => {
    let seed = 3;
    const noise = () => ((seed = (seed * 48271) % 2147483647) % 41) - 20;
    const pixels = Uint16Array.from(
      { length: 256 * 256 },
      (_, i) => 2000 + Math.round(900 * Math.sin(i / 3000)) + noise()
    );
    const plain = gzipSync(new Uint8Array(pixels.buffer)).length;
    expect(gzipSync(packGrey(pixels, 256, 2)).length).toBeLessThan(plain * 0.75);
  });

  test('[IM-11] a frame cut on the way is refused', () => {
    const whole = joinFrame(headerOf(2, 2), packGrey(new Uint16Array(4), 2, 2));
    expect(() => splitFrame(whole.subarray(0, 20))).toThrowError(
      expect.objectContaining({ code: 'upload_broken' })
    );
    const { header, payload } = splitFrame(whole.subarray(0, whole.length - 1));
    expect(() => unpackGrey(payload, header)).toThrowError(
      expect.objectContaining({ code: 'upload_broken' })
    );
  });
});
