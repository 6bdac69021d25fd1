import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SystemActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { CheckpointLog, FileStore } from '#lib/kernel/ports.ts';
import { archiveEvents, monthsBefore } from '#lib/features/audit/archive.server.ts';
import { parseVerifierKey, readCheckpoints, signCheckpoint } from '#lib/features/audit/checkpoint.server.ts';
import { writeCheckpoint, writeCheckpoints } from '#lib/features/audit/checkpoints.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { createCheckpointLog } from '../../server/adapters/checkpoint-log.ts';
import { verify } from '../support/audit.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;
let organisationId: string;
let folder: string;
let log: CheckpointLog;
const now = new Date('2026-06-30T12:00:00Z');

beforeEach(async () => {
  organisationId = newId();
  folder = await mkdtemp(join(tmpdir(), 'consilium-audit-'));
  log = await createCheckpointLog(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(count: number, at = now): Promise<void> {
  const actor: SystemActor = { kind: 'system', organisationId, reason: 'test' };
  const call = { ...world.as(actor), clock: { now: () => at } };
  for (let i = 0; i < count; i++)
    await inTransaction(call, (tx) =>
      tx.audit({ action: 'patient.read', subject: { type: 'patient', id: `${i}` }, detail: { i } })
    );
}

const services = () => ({ ...world.services, checkpoints: log });
const checkpoint = (at = now) => writeCheckpoint(services(), organisationId, at);
const report = () => verify(world, owner, organisationId, log);
const path = () => join(folder, 'audit', `${organisationId}.checkpoints`);

/** What someone who owns the database can do: write every event anew, from `number` on, hashes and all. */
async function rewriteFrom(number: number): Promise<void> {
  await owner`update audit_event set subject_id = 'forged' where organisation_id = ${organisationId} and number = ${number}`;
  await owner`
    do $$ declare e audit_event; h bytea := decode(repeat('00', 32), 'hex'); begin
      for e in select * from audit_event order by organisation_id, number loop
        if e.number = 1 then h := decode(repeat('00', 32), 'hex'); end if;
        h := audit_hash(h, e);
        update audit_event set hash = h where id = e.id;
        update audit_chain set hash = h where organisation_id = e.organisation_id and number = e.number;
      end loop; end $$`;
}

describe('[AU-7] checkpoints', () => {
  it('are signed notes that cover the events, one after another', async () => {
    await write(3);
    expect(await checkpoint()).toMatchObject({ size: 3 });
    await write(4);
    expect(await checkpoint()).toMatchObject({ size: 7 });
    expect(await checkpoint()).toMatchObject({ size: 7 });
    const { notes } = readCheckpoints(await log.read(organisationId), organisationId, log.publicKey);
    expect(notes.map((note) => note.ok && note.checkpoint.size)).toEqual([3, 7]);
    expect(await report()).toMatchObject({ checkpoints: 2, agreed: { size: 7 }, findings: [] });
    const [row] = await owner`select * from audit_chain where organisation_id = ${organisationId}`;
    expect(row).toMatchObject({ checkpoint_number: '7', verified_number: '7', broken_number: null });
    const published = await readFile(join(folder, 'audit', `${organisationId}.pub`), 'utf8');
    expect(Buffer.from(parseVerifierKey(published))).toEqual(Buffer.from(log.publicKey));
    expect((await stat(join(folder, 'audit.key'))).mode & 0o077).toBe(0);
  });

  it('have the root of a tree made from nothing', async () => {
    await write(5);
    await checkpoint();
    await write(6);
    await log.keepTree(organisationId, '{"size":5');
    const afresh = await checkpoint();
    const rows = await owner<{ hash: Buffer }[]>`
      select hash from audit_event where organisation_id = ${organisationId} order by number`;
    const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    const rootOf = (hashes: Buffer[]): Buffer => {
      if (hashes.length === 1) return sha(Buffer.of(0), hashes[0]!);
      const k = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
      return sha(Buffer.of(1), rootOf(hashes.slice(0, k)), rootOf(hashes.slice(k)));
    };
    expect(afresh?.root).toEqual(rootOf(rows.map(({ hash }) => hash)));
  });

  it('are due after many events or some time', async () => {
    const size = async () =>
      (await log.read(organisationId))
        .split('\n')
        .filter((line) => /^\d+$/.test(line))
        .map(Number);
    await write(2);
    await writeCheckpoints(services(), { now });
    await write(1);
    await writeCheckpoints(services(), { now: new Date(now.getTime() + 60_000) });
    expect(await size()).toEqual([2]);
    await writeCheckpoints(services(), { now: new Date(now.getTime() + 11 * 60_000) });
    await write(1);
    await writeCheckpoints(services(), { now: new Date(now.getTime() + 12 * 60_000), all: true });
    expect(await size()).toEqual([2, 3, 4]);
  });

  it('find a trail that was written anew as a whole', async () => {
    await write(4);
    await checkpoint();
    await write(4);
    await checkpoint();
    await rewriteFrom(6);
    expect((await verify(world, owner, organisationId)).findings).toEqual([]);
    expect((await report()).findings).toEqual([{ kind: 'rewritten', first: 5, last: 8 }]);
    await rewriteFrom(2);
    expect((await report()).findings).toEqual([{ kind: 'rewritten', first: 1, last: 4 }]);
  });

  it('are not signed over a trail that was written anew, cut off or changed', async () => {
    await write(6);
    await checkpoint();
    await rewriteFrom(3);
    await write(1);
    expect(await checkpoint()).toBeNull();
    const [row] =
      await owner`select broken_number from audit_chain where organisation_id = ${organisationId}`;
    expect(row).toEqual({ broken_number: '1' });
    expect(readCheckpoints(await log.read(organisationId), organisationId, log.publicKey).notes).toHaveLength(
      1
    );
  });

  it('find an end that was cut off together with the chain’s head', async () => {
    await write(6);
    await checkpoint();
    await owner`delete from audit_event where organisation_id = ${organisationId} and number > 4`;
    await owner`update audit_chain c set number = 4, checkpoint_number = 0, hash = (select hash from audit_event e
      where e.organisation_id = c.organisation_id and e.number = 4) where organisation_id = ${organisationId}`;
    expect((await report()).findings).toEqual([{ kind: 'truncated', first: 5, last: 6 }]);
    expect(await checkpoint()).toBeNull();
  });

  it('are not believed when forged', async () => {
    await write(4);
    await checkpoint();
    const genuine = await readFile(path(), 'utf8');
    const other = await createCheckpointLog(join(folder, 'other'));
    const root = Buffer.alloc(32, 7);
    const forged = signCheckpoint({ organisationId, size: 4, root, at: now.toISOString() }, other);
    await appendFile(path(), `${forged}\n`);
    expect((await report()).findings).toEqual([{ kind: 'checkpoint', size: 4, reason: 'signature' }]);
    expect(await checkpoint()).toBeNull();
    await writeFile(path(), genuine.replace(/^4$/m, '3'));
    expect((await report()).findings[0]).toEqual({ kind: 'checkpoint', size: 3, reason: 'signature' });
    const elsewhere = signCheckpoint({ organisationId: newId(), size: 4, root, at: now.toISOString() }, log);
    await writeFile(path(), `${elsewhere}\n`);
    expect((await report()).findings[0]).toEqual({ kind: 'checkpoint', size: 4, reason: 'form' });
    await writeFile(path(), '');
    expect((await report()).findings).toEqual([{ kind: 'checkpoints-lost', number: 4 }]);
  });

  it('survive one that a power cut left half written', async () => {
    await write(2);
    await checkpoint();
    const first = await readFile(path(), 'utf8');
    await write(2);
    await checkpoint();
    const both = await readFile(path(), 'utf8');
    await writeFile(path(), both.slice(0, first.length + 60));
    await write(1);
    expect(await checkpoint()).toMatchObject({ size: 5 });
    expect(await report()).toMatchObject({ checkpoints: 2, agreed: { size: 5 }, findings: [] });
  });
});

describe('[AU-8] archives', () => {
  const later = new Date('2027-08-01T00:00:00Z');
  const archive = (files: FileStore = world.services.files, hotMonths = 12) =>
    archiveEvents({ ...services(), files }, { now: later, hotMonths });
  const counts = async () => {
    const [row] = await owner`
      select (select count(*)::int from audit_event where organisation_id = ${organisationId}) as hot,
             (select archived_number::int from audit_chain where organisation_id = ${organisationId}) as archived`;
    return row;
  };

  /** Old enough for the database's own clock as well. */
  const old = monthsBefore(new Date(), 14);

  it('take what is old, up to a checkpoint, and the whole is still verified', async () => {
    await write(5, old);
    await checkpoint();
    await write(3, old);
    await checkpoint();
    await write(2, new Date());
    await checkpoint();
    expect(await archiveEvents(services(), { now: new Date(), hotMonths: 12 })).toEqual([organisationId]);
    expect(await counts()).toEqual({ hot: 2, archived: 8 });
    expect(await report()).toMatchObject({ events: 10, archived: 8, agreed: { size: 10 }, findings: [] });
    expect(await archiveEvents(services(), { now: new Date(), hotMonths: 12 })).toEqual([]);
    // The next checkpoint and the next archive go on from the file.
    await write(2, new Date());
    await log.keepTree(organisationId, '');
    expect(await checkpoint()).toMatchObject({ size: 12 });
    expect((await report()).findings).toEqual([]);
  });

  it('keep six months in the database whatever is asked', async () => {
    await write(3, monthsBefore(new Date(), 5));
    await checkpoint();
    expect(await archiveEvents(services(), { now: new Date(), hotMonths: 1 })).toEqual([]);
    // Not even with a wrong clock: the database counts for itself.
    await expect(archive()).rejects.toMatchObject({ cause: { code: '55000' } });
    expect(await counts()).toEqual({ hot: 3, archived: 0 });
  });

  it('lose nothing when killed at any point', async () => {
    await write(6, old);
    await checkpoint();
    const files = world.services.files;
    const dead = new Error('killed');
    const deaths: Partial<FileStore>[] = [
      { put: () => Promise.reject(dead) },
      {
        // In the middle of the file.
        put: (id, source, options) =>
          files.put(id, (async function* () { for await (const part of source) { yield part; throw dead; } })(), options) // prettier-ignore
      },
      { put: async (...input) => { await files.put(...input); throw dead; } }, // prettier-ignore
      { get: () => Promise.reject(dead) }
    ];
    for (const death of deaths) {
      await expect(archive({ ...files, ...death })).rejects.toThrow();
      expect(await counts()).toEqual({ hot: 6, archived: 0 });
      expect((await report()).findings).toEqual([]);
    }
    // In the middle of the transaction: a lock holds it there until its connection is ended.
    const blocker = postgres(world.database.ownerUrl, { max: 1 });
    await blocker.begin(async (tx) => {
      await tx`select 1 from audit_event where organisation_id = ${organisationId} and number = 4 for update`;
      const dying = expect(archive()).rejects.toThrow();
      for (let ended = 0; ended === 0;) {
        const rows = await owner`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%audit_archived%'`;
        ended = rows.length;
      }
      await dying;
    });
    await blocker.end();
    expect(await counts()).toEqual({ hot: 6, archived: 0 });
    expect(await archive()).toEqual([organisationId]);
    expect(await counts()).toEqual({ hot: 0, archived: 6 });
    expect(await report()).toMatchObject({ events: 6, findings: [] });
  });

  it('are found when lost', async () => {
    await write(4, old);
    await checkpoint();
    await write(1, new Date());
    await archive();
    const [row] = await owner`select sha256 from audit_archive where organisation_id = ${organisationId}`;
    await world.services.files.remove(organisationId, String(row!['sha256']));
    expect((await report()).findings).toEqual([
      { kind: 'archive', first: 1, last: 4 },
      { kind: 'missing', first: 1, last: 4, renumbered: false }
    ]);
  });

  it('do not take events that were changed', async () => {
    await write(4, old);
    await checkpoint();
    await owner`update audit_event set action = 'x' where organisation_id = ${organisationId} and number = 2`;
    expect(await archive()).toEqual([]);
    expect(await counts()).toEqual({ hot: 4, archived: 0 });
  });

  it('cannot be noted by the role of the use cases', async () => {
    const app = postgres(world.database.appUrl, { max: 1 });
    await expect(app`select audit_archived(${organisationId}, 1, 1, '', '', 0)`).rejects.toMatchObject({
      code: '42501'
    });
    await app.end();
  });
});

it('[AU-8] counts months to the last day of a shorter one', () => {
  const before = (at: string, months: number) =>
    monthsBefore(new Date(at), months).toISOString().slice(0, 10);
  expect(before('2026-08-31T10:00:00Z', 6)).toBe('2026-02-28');
  expect(before('2026-06-30T10:00:00Z', 12)).toBe('2025-06-30');
});
