import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { fixtureDicom, frameStep } from '#lib/features/imaging/dicom-fixture.server.ts';
import type { DicomElement } from '#lib/features/imaging/dicom-writer.server.ts';
import {
  calibrateImage,
  listImages,
  readFrame,
  readImage,
  readOriginal,
  readThumbnail,
  type FileAnswer
} from '#lib/features/imaging/read.server.ts';
import { framesHeader, splitFrame, unpackGrey } from '#lib/features/imaging/frame-format.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { questionOf } from '../support/question.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();

/** A file of the world's first patient; `instance` makes it another file. */
const file = (instance: number, set: DicomElement[] = []) =>
  fixtureDicom({
    set: [
      ['00080018', 'UI', `2.25.${instance}`],
      ['00100010', 'PN', '王^秀英'],
      ['00100020', 'LO', 'P1'],
      ['00100030', 'DA', '19590302'],
      ...set
    ]
  });

async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
function upload(
  actor: Actor,
  bytes: Uint8Array,
  more: { patientId?: string; confirmOtherPatient?: boolean } = {}
) {
  const input = { patientId: world.patientId, fileName: 'x.dcm', source: parts(bytes), ...more };
  return uploadImage(world.as(actor), input);
}
async function bytesOf({ stream }: FileAnswer): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of stream) all.push(part);
  return Buffer.concat(all);
}
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: { code?: string }) => error.code ?? String(error)
  );

describe('upload', () => {
  test('[IM-17] is listed, shown, and given back byte for byte', async () => {
    const { li } = world.people;
    const bytes = file(1);
    const { image, already } = await upload(li, bytes);
    expect(already).toBe(false);
    expect(image).toMatchObject({
      kind: 'panoramic',
      rows: 6,
      columns: 8,
      takenAt: '2026-02-14T09:30:15',
      uploadedByName: '李明'
    });
    expect((await listImages(world.as(li), world.patientId)).map(({ id }) => id)).toContain(image.id);
    expect((await bytesOf(await readOriginal(world.as(li), image.id))).equals(Buffer.from(bytes))).toBe(true);
    expect((await readFrame(world.as(li), image.id)).headers['content-encoding']).toBe('gzip');
    expect((await bytesOf(await readThumbnail(world.as(li), image.id))).length).toBeGreaterThan(30);
  });

  test('[IM-17] the same file twice is one image, also when both come at once', async () => {
    const { li } = world.people;
    const both = await Promise.all([upload(li, file(2)), upload(li, file(2))]);
    expect(new Set(both.map(({ image }) => image.id)).size).toBe(1);
    expect(both.filter(({ already }) => already)).toHaveLength(1);
    expect((await upload(li, file(2))).already).toBe(true);
  });

  test('[IM-14] another patient’s file is asked about, and nothing of it stays', async () => {
    const { li } = world.people;
    const before = await listImages(world.as(li), world.patientId);
    const bytes = file(3, [
      ['00100010', 'PN', '张^伟'],
      ['00100030', 'DA', '19850302']
    ]);
    expect(await code(upload(li, bytes))).toBe('dicom_other_patient');
    expect(await listImages(world.as(li), world.patientId)).toHaveLength(before.length);
    expect((await upload(li, bytes, { patientId: world.otherPatientId })).already).toBe(false);
    const { image } = await upload(li, bytes, { confirmOtherPatient: true });
    expect(image.patientId).toBe(world.patientId);
  });

  test('[IM-3] bad files have plain answers and leave the list alone', async () => {
    const { li } = world.people;
    const before = await listImages(world.as(li), world.patientId);
    const whole = file(4);
    expect(await code(upload(li, new Uint8Array()))).toBe('file_empty');
    expect(await code(upload(li, Buffer.from('no picture at all '.repeat(500))))).toBe('file_not_an_image');
    expect(await code(upload(li, whole.slice(0, whole.length - 20)))).toBe('dicom_truncated');
    expect(await code(upload(li, fixtureDicom({ transferSyntax: '1.2.840.10008.1.2.4.90' })))).toBe(
      'dicom_unsupported'
    );
    expect(await listImages(world.as(li), world.patientId)).toHaveLength(before.length);
  });

  test('[IM-18] two gigabytes are refused before they are sent, or as soon as the limit is passed', async () => {
    const { li } = world.people;
    let given = 0;
    async function* endless() {
      yield whole;
      for (;;) {
        given += 1_048_576;
        yield new Uint8Array(1_048_576);
      }
    }
    const whole = file(5);
    const input = { patientId: world.patientId, fileName: 'big.dcm', source: endless() };
    expect(await code(uploadImage(world.as(li), { ...input, declaredBytes: 2_147_483_648 }))).toBe(
      'file_too_large'
    );
    expect(given).toBe(0);
    const small = { ...world.as(li), settings: { ...world.services.settings, maxUploadBytes: 4_000_000 } };
    expect(await code(uploadImage(small, { ...input, source: endless() }))).toBe('file_too_large');
    expect(given).toBeLessThan(8_000_000);
  });

  test('[IM-18] a connection that ends is a broken upload', async () => {
    async function* cut() {
      yield file(6).slice(0, 500);
      throw new Error('aborted');
    }
    const input = { patientId: world.patientId, fileName: 'x', source: cut() };
    expect(await code(uploadImage(world.as(world.people.li), input))).toBe('upload_broken');
  });
});

describe('an image of several frames', () => {
  const frameFile = fixtureDicom({
    frames: 3,
    drop: ['00281050', '00281051'],
    set: [
      ['00080018', 'UI', '2.25.41'],
      ['00100020', 'LO', 'P1'],
      ['00100010', 'PN', '王^秀英'],
      ['00100030', 'DA', '19590302']
    ]
  });
  const valuesOf = async (answer: FileAnswer) => {
    const { header, payload } = splitFrame(gunzipSync(await bytesOf(answer)));
    return {
      first: unpackGrey(payload, header)[0],
      window: header.window,
      count: answer.headers[framesHeader]
    };
  };

  test('[IM-31] each frame is given with its own values, all in the window of the image', async () => {
    const { li } = world.people;
    const { image } = await upload(li, frameFile);
    expect(image.frames).toBe(3);
    const frames = [];
    for (const number of [1, 2, 3])
      frames.push(await valuesOf(await readFrame(world.as(li), image.id, number)));
    expect(frames.map(({ first }) => first)).toEqual([0, frameStep, 2 * frameStep]);
    expect(frames.map(({ count }) => count)).toEqual(['3', '3', '3']);
    expect(frames.map(({ window }) => window)).toEqual([image.window, image.window, image.window]);
    expect(await code(readFrame(world.as(li), image.id, 4))).toBe('not_found');
    const { stranger } = world.people;
    expect(await code(readFrame(world.as(stranger), image.id, 2))).toBe('not_found');
    const sql = (await import('postgres')).default(world.database.ownerUrl, { max: 1 });
    try {
      const rows = await sql<
        { detail: { frame?: number } }[]
      >`select detail from audit_event where subject_id = ${image.id} and action = 'image.read' order by number`;
      expect(rows.map(({ detail }) => detail.frame ?? 1)).toEqual([1, 2, 3]);
    } finally {
      await sql.end();
    }
  });
});

describe('access', () => {
  let granted: string;
  let kept: string;
  beforeAll(async () => {
    const { li, wang } = world.people;
    granted = (await upload(li, file(21))).image.id;
    kept = (await upload(li, file(22))).image.id;
    await askExpert(
      world.as(li),
      questionOf({
        patientId: world.patientId,
        target: { kind: 'expert', expertId: wang.userId },
        urgency: 'routine',
        mode: 'asynchronous',
        share: { imageIds: [granted] }
      })
    );
  });

  const reads = (actor: Actor, id: string): [string, () => Promise<unknown>][] => [
    ['facts', () => readImage(world.as(actor), id)],
    ['frame', () => readFrame(world.as(actor), id)],
    ['thumbnail', () => readThumbnail(world.as(actor), id)],
    ['original', () => readOriginal(world.as(actor), id)],
    ['calibrate', () => calibrateImage(world.as(actor), { imageId: id, mmPerPixel: 0.1, knownObject: '' })]
  ];

  test('[IM-15] another organisation finds nothing, whatever it tries', async () => {
    const { stranger, sun } = world.people;
    for (const actor of [stranger, sun])
      for (const [what, attempt] of reads(actor, granted))
        expect([what, await code(attempt())]).toEqual([what, 'not_found']);
    expect(await listImages(world.as(stranger), world.patientId)).toEqual([]);
    expect(await code(upload(stranger, file(30)))).toBe('not_found');
  });

  test('[IM-15] the asked expert sees the granted image only, and cannot take it away or change it', async () => {
    const { wang } = world.people;
    expect((await listImages(world.as(wang), world.patientId)).map(({ id }) => id)).toEqual([granted]);
    const outcomes = await Promise.all(
      reads(wang, granted).map(async ([what, attempt]) => [what, await code(attempt())])
    );
    expect(outcomes).toEqual([
      ['facts', null],
      ['frame', null],
      ['thumbnail', null],
      ['original', 'forbidden'],
      ['calibrate', 'forbidden']
    ]);
    for (const [what, attempt] of reads(wang, kept))
      expect([what, await code(attempt())]).toEqual([what, 'not_found']);
  });

  test('[IM-15] the front desk looks and does no more', async () => {
    const { reception } = world.people;
    expect(await code(upload(reception, file(31)))).toBe('forbidden');
    const outcomes = await Promise.all(reads(reception, granted).map(async ([, attempt]) => code(attempt())));
    expect(outcomes).toEqual([null, null, null, 'forbidden', 'forbidden']);
  });

  test('[IM-7] a calibration is kept with its author, and there is no such image', async () => {
    const { li } = world.people;
    await calibrateImage(world.as(li), { imageId: kept, mmPerPixel: 0.08, knownObject: 'implant 10 mm' });
    expect((await readImage(world.as(li), kept)).calibration).toMatchObject({
      mmPerPixel: 0.08,
      by: '李明',
      source: 'user'
    });
    expect(await code(readImage(world.as(li), newId()))).toBe('not_found');
  });

  test('[IM-19] every read and every upload is in the audit trail', async () => {
    const { li } = world.people;
    const sql = (await import('postgres')).default(world.database.ownerUrl, { max: 1 });
    try {
      await readFrame(world.as(li), kept);
      const rows = await sql<
        { action: string }[]
      >`select action from audit_event where subject_id = ${kept} order by number`;
      expect(rows.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['image.upload', 'image.read', 'image.calibrate'])
      );
    } finally {
      await sql.end();
    }
  });
});
