import { describe, expect, test } from 'vitest';
import { asAppError } from '#lib/kernel/errors.ts';
import { fixtureDicom, frameStep } from './dicom-fixture.server.ts';
import { decodePixels, framePart } from './dicom-pixels.ts';
import { readDicom, type ReadDicomOptions } from './dicom.ts';
import type { DicomElement } from './dicom-writer.server.ts';
import { ingest } from './ingest.server.ts';
import { splitFrame, unpackGrey } from './frame-format.ts';
import { gunzipSync } from 'node:zlib';

function codeOf(bytes: Uint8Array, options: ReadDicomOptions): string {
  try {
    readDicom(bytes, options);
    return 'read';
  } catch (error) {
    return asAppError(error)?.code ?? 'unforeseen';
  }
}

/** Items of an encapsulated stream (PS3.5 A.4): the offset table, fragments, the delimiter. */
function encapsulated(fragments: readonly Uint8Array[], offsets: readonly number[] = []): Uint8Array {
  const item = (body: Uint8Array, tag = 0xe000) => {
    const head = new DataView(new ArrayBuffer(8));
    head.setUint16(0, 0xfffe, true);
    head.setUint16(2, tag, true);
    head.setUint32(4, body.length, true);
    return Buffer.concat([new Uint8Array(head.buffer), body]);
  };
  const table = new Uint8Array(new Uint32Array(offsets).buffer);
  return Buffer.concat([item(table), ...fragments.map((part) => item(part)), item(new Uint8Array(), 0xe0dd)]);
}

/** A file whose pixel data is written as it is, with an undefined length. */
function encapsulatedFile(stream: Uint8Array, frames: number): Uint8Array {
  const bytes = fixtureDicom({
    transferSyntax: '1.2.840.10008.1.2.4.70',
    set: [
      ['00280008', 'IS', String(frames)],
      ['7fe00010', 'OB', stream]
    ]
  });
  const at = bytes.length - stream.length - 4;
  new DataView(bytes.buffer).setUint32(at, 0xffffffff, true);
  return bytes;
}

describe('frames', () => {
  const three = fixtureDicom({ frames: 3 });

  test.each([1, 2, 3])('[IM-31] frame %i of an uncompressed file has its own values', (frame) => {
    const decoded = decodePixels(readDicom(three, { frame }));
    if (decoded.kind !== 'grey') throw new Error('grey expected');
    expect([...decoded.pixels.slice(0, 3)]).toEqual([0, 37, 74].map((v) => v + (frame - 1) * frameStep));
    expect(decoded.pixels).toHaveLength(48);
  });

  test('[IM-31] a frame that is not there, or not within reach', () => {
    expect(codeOf(three, { frame: 4 })).toBe('not_found');
    const head = three.subarray(0, three.length - 100);
    expect(codeOf(head, { frame: 1, totalBytes: three.length })).toBe('read');
    expect(codeOf(head, { frame: 3, totalBytes: three.length })).toBe('dicom_frame_out_of_reach');
    expect(codeOf(head, { frame: 1 })).toBe('dicom_truncated');
  });

  const parts = [1, 2, 3].map((n) => Uint8Array.of(n, n, n, n));
  test.each([
    ['without an offset table each frame is one piece', encapsulated(parts), [[1], [2], [3]]],
    [
      'an offset table says which pieces are a frame',
      encapsulated([...parts, Uint8Array.of(4, 4)], [0, 24, 36]),
      [[1, 2], [3], [4]]
    ]
  ])('[IM-31] encapsulated: %s', (_, stream, wanted) => {
    const file = encapsulatedFile(stream, 3);
    const found = [1, 2, 3].map((frame) => [...new Set(framePart(readDicom(file, { frame }).pixels))]);
    expect(found).toEqual(wanted);
  });

  test('[IM-31] an offset table that points anywhere ends in a code', () => {
    for (const offset of [1, 7, 4_000_000_000])
      expect(codeOf(encapsulatedFile(encapsulated(parts, [0, offset, 24]), 3), { frame: 2 })).toBe(
        'dicom_truncated'
      );
  });

  const spacing = (mm: string): DicomElement[] => [['00289110', 'SQ', [[['00280030', 'DS', [mm, mm]]]]]];
  const shown = (center: string): DicomElement[] => [
    [
      '00289132',
      'SQ',
      [
        [
          ['00281050', 'DS', center],
          ['00281051', 'DS', '100']
        ]
      ]
    ]
  ];
  const enhanced = (own: DicomElement[][], shared: DicomElement[]) =>
    fixtureDicom({
      frames: 2,
      drop: ['00280030', '00181164', '00281050', '00281051'],
      set: [
        ['00080060', 'CS', 'CT'],
        ['00080016', 'UI', '1.2.840.10008.5.1.4.1.1.2.1'],
        ['52009229', 'SQ', [shared]],
        ['52009230', 'SQ', own]
      ]
    });

  test('[IM-31] enhanced files: a frame’s own group before the shared one', () => {
    const file = enhanced([shown('40'), shown('90')], spacing('0.2'));
    expect([1, 2].map((frame) => readDicom(file, { frame }).info.window?.center)).toEqual([40, 90]);
    expect(readDicom(file, { frame: 2 }).info.pixelSpacing).toEqual({
      rowMm: 0.2,
      columnMm: 0.2,
      source: 'calibrated'
    });
  });

  test('[IM-31] frames of different spacing have no scale', () => {
    const file = enhanced([spacing('0.2'), spacing('0.3')], []);
    expect(readDicom(file).info.pixelSpacing.source).toBe('none');
  });

  test('[IM-31] a frame that states no window is shown in that of the image', async () => {
    const file = Buffer.from(fixtureDicom({ frames: 3, drop: ['00281050', '00281051'] }));
    const window = { center: 300, width: 700 };
    const made = await ingest(file, file.length, { frame: 2, window });
    expect(made.window).toEqual(window);
    const { header, payload } = splitFrame(gunzipSync(made.frame));
    expect(unpackGrey(payload, header)[0]).toBe(frameStep);
  });
});
