import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { asAppError, type ErrorCode } from '#lib/kernel/errors.ts';
import { fixtureDicom } from './dicom-fixture.server.ts';
import { decodePixels } from './dicom-pixels.ts';
import { readDicom } from './dicom.ts';

/** The code a call fails with; `null` where it does not. Anything but an AppError fails the test. */
function codeOf(run: () => unknown): ErrorCode | null {
  try {
    run();
    return null;
  } catch (error) {
    const known = asAppError(error);
    if (!known) throw error;
    return known.code;
  }
}

describe('readDicom', () => {
  test('[IM-1] reads what was written', () => {
    const { info } = readDicom(fixtureDicom());
    expect(info).toMatchObject({
      kind: 'panoramic',
      modality: 'PX',
      rows: 6,
      columns: 8,
      bitsStored: 12,
      signed: false,
      photometric: 'MONOCHROME2',
      frames: 1,
      window: { center: 2048, width: 4096 },
      rescale: { slope: 1, intercept: 0 },
      takenAt: '2026-02-14T09:30:15',
      identity: { patientId: 'Q-0001', names: ['WANG^XIUYING', '王^秀英'], birthDate: '1959-03-12' },
      sopInstanceUid: '2.25.1001',
      studyUid: '2.25.1002',
      seriesUid: '2.25.1003'
    });
  });

  test('[IM-1] pixels come back as written', () => {
    const decoded = decodePixels(readDicom(fixtureDicom()));
    if (decoded.kind !== 'grey') throw new Error('grey expected');
    expect([...decoded.pixels]).toEqual(Array.from({ length: 48 }, (_, i) => (i * 37) % 4096));
  });

  test('[IM-1] unused high bits are cleared and signs extended', () => {
    const words = new Uint8Array(new Uint16Array([0xf001, 0x0fff, 0x0800, 0x07ff]).buffer);
    const shape = [
      ['00280010', 'US', 2],
      ['00280011', 'US', 2],
      ['7fe00010', 'OW', words]
    ] as const;
    const plain = decodePixels(readDicom(fixtureDicom({ set: [...shape] })));
    expect(plain.kind === 'grey' && [...plain.pixels]).toEqual([1, 0xfff, 0x800, 0x7ff]);
    const signed = decodePixels(readDicom(fixtureDicom({ set: [...shape, ['00280103', 'US', 1]] })));
    expect(signed.kind === 'grey' && [...signed.pixels]).toEqual([1, -1, -2048, 2047]);
  });

  test('[IM-2] deflated files are inflated when an inflater is given', () => {
    const plain = fixtureDicom({ transferSyntax: '1.2.840.10008.1.2.1.99' });
    // Group 2 ends after its own length: 132 + 12 + value of (0002,0000).
    const metaEnd = 144 + new DataView(plain.buffer).getUint32(140, true);
    const deflated = Buffer.concat([plain.subarray(0, metaEnd), deflateRawSync(plain.subarray(metaEnd))]);
    expect(codeOf(() => readDicom(deflated))).toBe('dicom_unsupported');
    const file = readDicom(deflated, { inflate: (bytes) => inflateRawSync(bytes, { maxOutputLength: 1e6 }) });
    expect(file.info.columns).toBe(8);
    expect(decodePixels(file)).toMatchObject({ kind: 'grey', rows: 6, columns: 8 });
  });

  test('[IM-2] an unknown transfer syntax is named', () => {
    const file = fixtureDicom({ transferSyntax: '1.2.840.10008.1.2.4.90' });
    expect(() => readDicom(file)).toThrowError(
      expect.objectContaining({
        code: 'dicom_unsupported',
        detail: { transferSyntax: '1.2.840.10008.1.2.4.90' }
      })
    );
  });

  test('[IM-3] empty and foreign bytes', () => {
    expect(codeOf(() => readDicom(new Uint8Array()))).toBe('file_empty');
    expect(codeOf(() => readDicom(new TextEncoder().encode('<html>not an image</html>'.repeat(20))))).toBe(
      'file_not_an_image'
    );
  });

  test('[IM-3] a file cut at any byte has a plain answer', () => {
    const whole = fixtureDicom();
    const codes = new Set<ErrorCode | null>();
    for (let length = 1; length < whole.length; length++)
      codes.add(codeOf(() => decodePixels(readDicom(whole.slice(0, length)))));
    expect(codes).toEqual(new Set(['file_not_an_image', 'dicom_truncated', 'dicom_no_pixels']));
  });

  test('[IM-3] a header that claims 65535² pixels takes no memory for them', () => {
    const before = process.memoryUsage().arrayBuffers;
    const lie = fixtureDicom({
      set: [
        ['00280010', 'US', 65535],
        ['00280011', 'US', 65535]
      ]
    });
    expect(codeOf(() => decodePixels(readDicom(lie)))).toBe('file_too_large');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    const smaller = fixtureDicom({
      set: [
        ['00280010', 'US', 8000],
        ['00280011', 'US', 8000]
      ]
    });
    expect(codeOf(() => decodePixels(readDicom(smaller)))).toBe('dicom_truncated');
  });

  test('[IM-3] no pixels, no rows, odd depths', () => {
    expect(codeOf(() => readDicom(fixtureDicom({ drop: ['7fe00010'] })))).toBe('dicom_no_pixels');
    expect(codeOf(() => readDicom(fixtureDicom({ set: [['00280010', 'US', 0]] })))).toBe('dicom_no_pixels');
    expect(codeOf(() => readDicom(fixtureDicom({ set: [['7fe00010', 'OW', new Uint8Array()]] })))).toBe(
      'dicom_no_pixels'
    );
    expect(codeOf(() => readDicom(fixtureDicom({ set: [['00280100', 'US', 32]] })))).toBe(
      'dicom_unsupported'
    );
    expect(codeOf(() => readDicom(fixtureDicom({ set: [['00280004', 'CS', 'PALETTE COLOR']] })))).toBe(
      'dicom_unsupported'
    );
  });

  test('[IM-3] damaged bytes end in a code and in time', () => {
    const whole = fixtureDicom();
    let seed = 7;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const started = performance.now();
    for (let round = 0; round < 3000; round++) {
      const damaged = whole.slice();
      for (let i = 0; i < 1 + (round % 8); i++)
        damaged[132 + Math.floor(random() * (damaged.length - 132))] = Math.floor(random() * 256);
      codeOf(() => {
        const file = readDicom(damaged, {
          inflate: (bytes) => inflateRawSync(bytes, { maxOutputLength: 1e6 })
        });
        decodePixels(file);
      });
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('[IM-3] element lengths beyond the file', () => {
    const whole = fixtureDicom();
    // The length of (0008,0005) CS, the first element of the data set.
    const metaEnd = 144 + new DataView(whole.buffer).getUint32(140, true);
    const lie = whole.slice();
    new DataView(lie.buffer).setUint16(metaEnd + 6, 0xfffe, true);
    expect(codeOf(() => readDicom(lie))).toBe('dicom_truncated');
  });

  test('[IM-4] names in GB18030, announced or not', () => {
    const gb = Uint8Array.of(0xcd, 0xf5, 0x5e, 0xd0, 0xe3, 0xd3, 0xa2, 0x20); // 王^秀英
    for (const set of ['GB18030', '']) {
      const file = fixtureDicom({
        set: [
          ['00080005', 'CS', set],
          ['00100010', 'PN', gb]
        ]
      });
      expect(readDicom(file).info.identity.names).toEqual(['王^秀英']);
    }
  });

  test('[IM-4] teeth and laterality', () => {
    const tooth = (code: string) =>
      [
        ['00080100', 'SH', code],
        ['00080102', 'SH', 'ISO3950']
      ] as const;
    const file = fixtureDicom({
      set: [
        ['00080060', 'CS', 'IO'],
        ['00200062', 'CS', 'L'],
        ['00082228', 'SQ', [[...tooth('36')], [...tooth('37')], [...tooth('99')]]]
      ]
    });
    expect(readDicom(file).info).toMatchObject({ kind: 'periapical', laterality: 'L', teeth: ['36', '37'] });
  });
});
