import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { listImages } from '#lib/features/imaging/read.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import type { FileScanner } from '#lib/kernel/ports.ts';
import { clamdVersion, createClamdScanner, noScanner } from '../../server/adapters/clamd.ts';
import type { ClamdConfig } from '../../server/config.ts';
import { eicar, startClamd, type TestClamd } from '../support/clamd.ts';
import { silent } from '../support/silent.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
let clamd: TestClamd;
let instance = 0;

beforeAll(async () => {
  clamd = await startClamd();
});
afterAll(() => clamd.stop());

const at = (port: number, whenGone: ClamdConfig['whenGone'] = 'refuse') =>
  createClamdScanner({ address: { host: '127.0.0.1', port }, whenGone, log: silent });
/** A file of its own each time, with this text in one of its elements. */
const file = (text = 'nothing') =>
  fixtureDicom({
    rows: 300,
    columns: 300,
    set: [
      ['00080018', 'UI', `2.25.${++instance}`],
      ['00204000', 'LT', text]
    ]
  });
function upload(scanner: FileScanner, bytes: Uint8Array) {
  async function* once() {
    yield bytes;
  }
  const input = { patientId: world.patientId, fileName: 'x', confirmOtherPatient: true, source: once() };
  return uploadImage({ ...world.as(world.people.li), scanner }, input);
}
const code = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code?: string }) => error.code
  );
async function* nothing(): AsyncGenerator<Uint8Array> {
  // An empty file.
}
const count = async () => (await listImages(world.as(world.people.li), world.patientId)).length;

describe('virus scan', () => {
  test('[IM-28] a clean file is seen whole, taken in and not marked', async () => {
    const bytes = file();
    const { image } = await upload(at(clamd.port), bytes);
    expect(image.unscanned).toBe(false);
    expect(clamd.streams.at(-1)).toBe(bytes.length);
  });

  test('[IM-28] an infected file is refused, nothing stays, and the find is audited', async () => {
    const before = await count();
    await expect(upload(at(clamd.port), file(eicar))).rejects.toMatchObject({
      code: 'file_infected',
      detail: { signature: 'Eicar-Test-Signature' }
    });
    expect(await count()).toBe(before);
    const sql = postgres(world.database.ownerUrl, { max: 1 });
    try {
      const events = await sql<{ outcome: string; detail: object; patient_id: string }[]>`
        select outcome, detail, patient_id from audit_event where action = 'image.refuse'`;
      expect(events).toMatchObject([
        {
          outcome: 'denied',
          patient_id: world.patientId,
          detail: { reason: 'infected', signature: 'Eicar-Test-Signature' }
        }
      ]);
    } finally {
      await sql.end();
    }
  });

  test('[IM-28] while clamd is gone uploads are refused, or taken in and marked', async () => {
    const stopped = await startClamd();
    await stopped.stop();
    const before = await count();
    expect(await code(upload(at(stopped.port), file()))).toBe('scanner_unavailable');
    expect(await count()).toBe(before);
    expect((await upload(at(stopped.port, 'accept'), file())).image.unscanned).toBe(true);
  });

  test('[IM-28] a limit of clamd below the file’s size is no clean bill', async () => {
    const narrow = await startClamd({ maxStream: 1000 });
    expect(await code(upload(at(narrow.port), file()))).toBe('scanner_unavailable');
    await narrow.stop();
  });

  test('[IM-28] without a scanner nothing is called clean', async () => {
    expect(await noScanner.scan(nothing())).toEqual({ outcome: 'not-scanned', reason: 'not-configured' });
    expect((await upload(noScanner, file())).image.unscanned).toBe(false);
  });

  test('[IM-28] it is asked over a socket file too, and for its version', async () => {
    const path = join(world.folder, 'clamd.sock');
    const local = await startClamd({ path });
    const settings: ClamdConfig = { address: { path }, whenGone: 'refuse' };
    expect(await clamdVersion(settings)).toContain('ClamAV 1.4.1');
    const scanner = createClamdScanner({ ...settings, log: silent });
    expect(await code(upload(scanner, file(eicar)))).toBe('file_infected');
    await local.stop();
    await expect(clamdVersion(settings)).rejects.toThrow();
  });
});
