import { randomFillSync } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import postgres from 'postgres';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { readOriginal, type FileAnswer } from '#lib/features/imaging/read.server.ts';
import { cleanFileName } from '#lib/features/imaging/schema.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import type { ImageReader } from '#lib/kernel/ports.ts';
import { createImageReader } from '../../server/adapters/image-reader.ts';
import { hostileDicom } from '../support/hostile/dicom.ts';
import { hostilePhotos, jpegSegment, jpegWith, png, pngChunk } from '../support/hostile/photos.ts';
import { silent } from '../support/silent.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
/** High-water marks of the reading processes, bytes. */
const peaks: number[] = [];
let reader: ImageReader;
let sql: postgres.Sql;
let photo: Buffer;
let progressive: Buffer;

beforeAll(async () => {
  reader = createImageReader({ log: silent, onPeak: (bytes) => peaks.push(bytes) });
  sql = postgres(world.database.ownerUrl, { max: 1 });
  const noise = sharp({
    create: {
      width: 400,
      height: 400,
      channels: 3,
      background: '#a33',
      noise: { type: 'gaussian', mean: 120, sigma: 40 }
    }
  });
  photo = await noise.clone().jpeg().toBuffer();
  progressive = await noise.clone().jpeg({ progressive: true }).toBuffer();
});
afterAll(async () => {
  await reader.close();
  await sql.end();
});

async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
function upload(bytes: Uint8Array, images: ImageReader = reader) {
  const call = world.as(world.people.li);
  const settings = { ...call.settings, maxUploadBytes: 256 * 1024 * 1024 };
  const input = { patientId: world.patientId, fileName: 'x', confirmOtherPatient: true };
  return uploadImage({ ...call, images, settings }, { ...input, source: parts(bytes) });
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'taken',
    (error: { code?: string }) => error.code ?? String(error)
  );
/** Rows and files there are. */
async function kept(): Promise<string> {
  const [row] = await sql<{ n: number }[]>`select
    (select count(*) from image) + (select count(*) from stored_file) as n`;
  const files = await readdir(join(world.folder, 'files'), { recursive: true });
  return `${row?.n} ${files
    .filter((name) => !name.endsWith('incoming'))
    .sort()
    .join()}`;
}
async function originalOf(imageId: string): Promise<Buffer> {
  return collect(await readOriginal(world.as(world.people.li), imageId));
}
async function collect({ stream }: FileAnswer): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of stream) all.push(part);
  return Buffer.concat(all);
}

describe('hostile files', () => {
  let hostilePeak = 0;

  test('[IM-23] each is refused with a clear code, nothing is stored, the app lives on', async () => {
    await upload(fixtureDicom());
    const before = await kept();
    const corpus = [...hostileDicom, ...hostilePhotos(photo, progressive)];
    expect(corpus.length).toBeGreaterThanOrEqual(60);
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
    const wrong: string[] = [];
    peaks.length = 0;
    for (const { name, bytes, code } of corpus) {
      const answered = await codeOf(upload(bytes()));
      if (answered !== code) wrong.push(`${name}: ${answered} instead of ${code}`);
    }
    hostilePeak = Math.max(...peaks);
    expect(wrong).toEqual([]);
    expect(await kept()).toBe(before);
    const next = fixtureDicom({ set: [['00080018', 'UI', '2.25.77']] });
    expect(await codeOf(upload(next))).toBe('taken');
  }, 240_000);

  test('[IM-24] the reading of no hostile file takes twice what the largest legal one takes', async () => {
    // The largest legal file: 64 megapixels of 16 bits, and of noise, so that nothing of it compresses.
    const side = 8192;
    const pixels = randomFillSync(new Uint8Array(side * side * 2));
    const largest = fixtureDicom({
      set: [
        ['00280010', 'US', side],
        ['00280011', 'US', side],
        ['00280101', 'US', 16],
        ['00280102', 'US', 15],
        ['7fe00010', 'OW', pixels]
      ]
    });
    peaks.length = 0;
    expect(await codeOf(upload(largest))).toBe('taken');
    const legalPeak = Math.max(...peaks);
    const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024);
    console.log(`  peak: hostile ${megabytes(hostilePeak)} MB, largest legal ${megabytes(legalPeak)} MB`);
    expect(legalPeak).toBeGreaterThan(300 * 1024 * 1024);
    expect(hostilePeak).toBeGreaterThan(0);
    expect(hostilePeak).toBeLessThanOrEqual(2 * legalPeak);
  }, 120_000);
});

describe('files that are made harmless', () => {
  test('[IM-17] a DICOM preamble is zeroed, the rest is kept byte for byte', async () => {
    const dual = fixtureDicom({ set: [['00080018', 'UI', '2.25.78']] });
    dual.set(Buffer.from('II*\0\x10\0\0\0'));
    const { image } = await upload(dual);
    const stored = await originalOf(image.id);
    expect(stored.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    expect(stored.subarray(128).equals(Buffer.from(dual).subarray(128))).toBe(true);
  });

  test('[IM-17] what follows a photo’s end is left out', async () => {
    const { image } = await upload(Buffer.concat([photo, Buffer.from('ftypmp42 a short film')]));
    expect(image.fileSize).toBe(photo.length);
  });

  test('[IM-13] a photo is given back without place, device and comments, its pixels untouched', async () => {
    const tagged = await sharp(photo)
      .jpeg()
      .withExif({ IFD0: { Make: 'SecretCam' }, IFD3: { GPSLatitudeRef: 'N' } })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const commented = jpegWith(tagged, jpegSegment(0xfe, Buffer.from('SecretComment')));
    const served = await originalOf((await upload(commented)).image.id);
    expect(served.includes('Secret')).toBe(false);
    const meta = await sharp(served).metadata();
    expect(meta.orientation).toBe(6);
    expect(meta.exif?.includes('GPS') ?? false).toBe(false);
    const raw = (bytes: Buffer) => sharp(bytes).raw().toBuffer();
    expect((await raw(served)).equals(await raw(tagged))).toBe(true);

    const drawn = png({ meta: [pngChunk('tEXt', Buffer.from('Author\0SecretName'))] });
    expect((await originalOf((await upload(drawn)).image.id)).includes('Secret')).toBe(false);
  });

  test.each([
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['C:\\Windows\\x.dcm', 'C:_Windows_x.dcm'],
    ['photo\u202egpj.exe', 'photo_gpj.exe'],
    ['a\r\nSet-Cookie: x=1\0.jpg', 'a__Set-Cookie: x=1_.jpg'],
    ['\u2066\u200f\u0085', '___'],
    ['  ', 'file'],
    ['牙片 36.dcm', '牙片 36.dcm']
  ])('[IM-25] the name %j is only a name', (given, clean) => expect(cleanFileName(given)).toBe(clean));
});

describe('the reading process', () => {
  test('[IM-26] one that takes too long or too much memory is one code, and the next file is read', async () => {
    const hasty = createImageReader({ log: silent, timeoutMs: 1 });
    const narrow = createImageReader({ log: silent, dataMegabytes: 24 });
    const large = fixtureDicom({ rows: 3000, columns: 3000 });
    expect(await codeOf(upload(large, hasty))).toBe('image_not_read');
    if (process.platform === 'linux') expect(await codeOf(upload(large, narrow))).toBe('image_not_read');
    expect(await codeOf(upload(large))).toBe('taken');
    await Promise.all([hasty.close(), narrow.close()]);
  });

  test('[IM-26] more than a few at once wait, and more than that are told so', async () => {
    const small = createImageReader({ log: silent, atOnce: 1, maxWaiting: 2 });
    const one = (n: number) => upload(fixtureDicom({ set: [['00080018', 'UI', `2.25.8${n}`]] }), small);
    const codes = await Promise.all([1, 2, 3, 4, 5].map((n) => codeOf(one(n))));
    expect(codes.filter((code) => code === 'image_reader_busy')).toHaveLength(2);
    expect(codes.filter((code) => code === 'taken')).toHaveLength(3);
    expect(await codeOf(one(6))).toBe('taken');
    await small.close();
  });
});
