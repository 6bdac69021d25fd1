import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { fixtureDicom } from './dicom-fixture.server.ts';
import { makeDemoImages, makeDemoUpload } from './demo.server.ts';
import { splitFrame, unpackGrey } from './frame-format.ts';
import { ingest } from './ingest.server.ts';
import { makeIntraoral } from './phantom/intraoral.server.ts';
import { phantomDicom } from './phantom/to-dicom.server.ts';

const take = (bytes: Uint8Array) => ingest(Buffer.from(bytes), bytes.length);
const refusal = (bytes: Uint8Array) =>
  take(bytes).then(
    () => null,
    (error: { code?: string }) => error.code
  );

describe('ingest', () => {
  test('[IM-11] a DICOM file becomes a frame with its own values', async () => {
    const made = await take(fixtureDicom());
    const { header, payload } = splitFrame(gunzipSync(made.frame));
    expect(header).toMatchObject({
      format: 'grey16',
      rows: 6,
      columns: 8,
      windowSource: 'file',
      range: { low: 0, high: 1739 }
    });
    expect([...unpackGrey(payload, header)]).toEqual(Array.from({ length: 48 }, (_, i) => (i * 37) % 4096));
    expect((await sharp(made.thumbnail).metadata()).format).toBe('webp');
  });

  test('[IM-9] without a window one is made, and said to be', async () => {
    const { frame } = await take(fixtureDicom({ drop: ['00281050', '00281051'] }));
    expect(splitFrame(gunzipSync(frame)).header.windowSource).toBe('percentile');
  });

  test('[IM-13] a photo: upright, without place, device or time of the camera in what is shown', async () => {
    const photo = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#a33' } })
      .jpeg()
      .withExif({
        IFD0: { Make: 'SecretCam' },
        IFD2: { DateTimeOriginal: '2026:02:14 09:30:15' },
        IFD3: { GPSLatitudeRef: 'N' }
      })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const made = await take(photo);
    expect(made.info).toMatchObject({ kind: 'intraoral-photo', rows: 60, columns: 40 });
    const { header, payload } = splitFrame(gunzipSync(made.frame));
    expect(header).toMatchObject({ format: 'encoded', mediaType: 'image/jpeg', rows: 60, columns: 40 });
    expect((await sharp(payload).metadata()).exif).toBeUndefined();
    expect(Buffer.from(payload).includes('SecretCam')).toBe(false);
  });

  test('[IM-3] what is no picture', async () => {
    expect(await refusal(new Uint8Array())).toBe('file_empty');
    expect(await refusal(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'.repeat(9)))).toBe(
      'file_not_an_image'
    );
    expect(await refusal(Buffer.from('PK\u0003\u0004'.repeat(100)))).toBe('file_not_an_image');
    const jpeg = await sharp({
      create: {
        width: 400,
        height: 400,
        channels: 3,
        background: '#a33',
        noise: { type: 'gaussian', mean: 120, sigma: 40 }
      }
    })
      .jpeg()
      .toBuffer();
    expect(await refusal(jpeg.subarray(0, jpeg.length / 2))).toBe('file_not_an_image');
    expect(await refusal(Buffer.concat([jpeg.subarray(0, 3), Buffer.alloc(2000, 7)]))).toBe(
      'file_not_an_image'
    );
  });

  test('[IM-3] the first frame may be read from the beginning of a larger file', async () => {
    const whole = fixtureDicom({
      set: [
        ['00280008', 'IS', '3'],
        ['7fe00010', 'OW', new Uint8Array(6 * 8 * 2 * 3)]
      ]
    });
    const made = await ingest(Buffer.from(whole.subarray(0, whole.length - 100)), whole.length);
    expect(made.info.frames).toBe(3);
  });
});

describe('phantoms', () => {
  test('[IM-16] the demo file to drop is a valid panoramic that stays in pixels', async () => {
    const { bytes } = makeDemoUpload({
      mouth: 'elderly',
      index: 0,
      name: '王秀英',
      number: 'P1',
      birthDate: '1959-03-02',
      sex: 'F'
    });
    const { info, identity } = await take(bytes);
    expect(info).toMatchObject({
      kind: 'panoramic',
      modality: 'PX',
      rows: 1400,
      columns: 2800,
      bitsStored: 12,
      bitsAllocated: 16
    });
    expect(info.pixelSpacing).toEqual({ rowMm: 0.1, columnMm: 0.1, source: 'detector' });
    expect(identity).toEqual({ patientId: 'P1', names: ['王秀英'], birthDate: '1959-03-02' });
  }, 30_000);

  test('[IM-16] the same seed is the same picture, another one is another', () => {
    const of = (seed: number) => makeIntraoral({ seed, mouth: {}, view: 'lower', teeth: ['36'] }).pixels;
    const first = of(3);
    expect(of(3)).toEqual(first);
    expect(of(4)).not.toEqual(first);
  }, 60_000);

  test('[IM-16] the ruler’s calibration is read back, and children have no phantoms', async () => {
    const { pixels } = makeIntraoral({ seed: 1, mouth: {}, view: 'lower', teeth: ['36'] });
    const bytes = phantomDicom(
      { rows: 1020, columns: 1360, bitsStored: 12, pixels, window: { center: 2048, width: 4096 } },
      {
        kind: 'lateral-ceph',
        identity: 't',
        teeth: [],
        laterality: 'U',
        detectorMm: 0.125,
        calibratedMm: 0.1136,
        patient: { name: 'X', number: 'X', birthDate: null, sex: 'O' },
        takenAt: new Date('2026-02-14T01:00:00Z')
      }
    );
    const { info } = await take(bytes);
    expect(info).toMatchObject({
      kind: 'lateral-ceph',
      pixelSpacing: { source: 'calibrated', rowMm: 0.1136 },
      takenAt: '2026-02-14T09:00:00'
    });
    expect(makeDemoImages({ mouth: 'child', index: 2, name: 'X' })).toEqual([]);
  }, 60_000);
});
