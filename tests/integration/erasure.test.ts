import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import { propose, saveOpinion, signOpinion } from '#lib/features/consults/advise.server.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { sayInConsult } from '#lib/features/consults/chat.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { recordFinding } from '#lib/features/odontogram/record-finding.server.ts';
import { addPatient, readPatient } from '#lib/features/patients/patients.server.ts';
import { askDeletion, liftHold, setHold } from '#lib/features/rights/deletion.server.ts';
import { certificateText } from '#lib/features/rights/erasure.ts';
import {
  askErasure,
  changeRetention,
  decideErasure,
  eraseFilesTask,
  erasureHandler,
  listErasures,
  planErasure
} from '#lib/features/rights/erasure.server.ts';
import { rightsHandlers } from '#lib/features/notifications/rights.server.ts';
import { outbox } from '#lib/features/tenancy/tables.server.ts';
import { endProcess, isAlive } from '../../server/launch/processes.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { verify } from '../support/audit.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;

const as = (who: keyof typeof world.people) => world.as(world.people[who]);
const secret = '只属于她的字句';
let running = 0;

async function patient(): Promise<string> {
  const { id } = await addPatient(as('li'), {
    clinicId: world.clinicId,
    name: `赵${secret}`,
    sex: 'female',
    birthDate: '1960-04-05',
    phone: `137000000${String(10 + ++running)}`
  });
  return id;
}
const picture = (patientId: string, uid: string) =>
  uploadImage(as('li'), {
    patientId,
    fileName: 'x.dcm',
    confirmOtherPatient: true,
    source: (async function* () {
      yield fixtureDicom({ set: [['00080018', 'UI', uid]] });
    })()
  });

/** A record with some of everything, its consult closed and its opinion signed. */
async function record(uid = `2.25.${100 + running}`): Promise<{ patientId: string; consultId: string }> {
  const patientId = await patient();
  const { image } = await picture(patientId, uid);
  await recordFinding(as('li'), {
    ...{ id: newId(), patientId, tooth: '36', surfaces: ['O'], code: 'caries', status: 'needs' },
    note: secret
  } as Parameters<typeof recordFinding>[1]);
  const { id: consultId } = await askExpert(
    as('li'),
    questionOf({
      patientId,
      question: secret,
      target: { kind: 'expert', expertId: world.people.wang.userId },
      share: { imageIds: [image.id], allergies: true, chart: true }
    })
  );
  await acceptConsult(as('wang'), consultId);
  await sayInConsult(as('wang'), consultId, { text: secret });
  await propose(as('wang'), consultId, {
    kind: 'finding',
    content: { tooth: '36', surfaces: ['O'], code: 'caries', status: 'needs', note: secret }
  } as Parameters<typeof propose>[2]);
  await saveOpinion(as('wang'), consultId, { diagnosis: secret, text: secret, advice: secret });
  await signOpinion(as('wang'), consultId, testPassword);
  await closeConsult(as('li'), consultId, null);
  await askDeletion(as('li'), { patientId, reason: secret });
  return { patientId, consultId };
}

/** As if sixteen years had passed. */
async function age(patientId: string): Promise<void> {
  const past = owner`now() - interval '16 years'`;
  await owner`update patient set created_at = ${past} where id = ${patientId}`;
  await owner`update finding set recorded_at = ${past} where patient_id = ${patientId}`;
  await owner`update image set uploaded_at = ${past} where patient_id = ${patientId}`;
  await owner`update consult set created_at = ${past}, closed_at = ${past} where patient_id = ${patientId}`;
}
const ask = (patientId: string, who: 'li' | 'boss' = 'li') =>
  askErasure(as(who), { patientId, basis: 'asked' });
const context = () => ({ services: world.services, now: new Date(), lastTry: false });

/** What the worker does with an approval. */
async function rowsJob(erasureId: string): Promise<void> {
  await world.services.systemDb.transaction((rows) =>
    erasureHandler.handle(
      {
        ...{ id: newId(), organisationId: world.people.li.organisationId, topic: erasureHandler.topic },
        ...{ subject: erasureId, payload: { erasureId }, createdAt: new Date() }
      },
      { rows, services: world.services, now: new Date(), signal: AbortSignal.timeout(5000) }
    )
  );
}
/** The same by a process of its own, to be killed. */
function erasing(): ChildProcess {
  const { appUrl, systemUrl } = world.database;
  const given = { appUrl, systemUrl, dataDir: world.folder, masterKey: world.masterKey.toString('hex') };
  const script = join(import.meta.dirname, '..', 'support', 'erasing-process.ts');
  // Its input ends with us, and it with that: it must not outlive a run that was killed, whose output it holds open.
  return spawn(process.execPath, [script, JSON.stringify(given)], {
    stdio: ['pipe', 'inherit', 'inherit']
  });
}
/** Also one that has ended by itself. */
async function killed(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) await endProcess(child.pid, [{ signal: 'SIGKILL', waitMs: 10_000 }]);
}
/**
 * Killed while it waits for a row that somebody else holds: in the middle, not somewhere near it.
 * @throws where it does not come to wait; it is killed then too
 */
async function killedAt(
  lock: (tx: postgres.TransactionSql) => Promise<unknown>,
  child = erasing(),
  withinMs = 40_000
): Promise<void> {
  const holder = postgres(world.database.ownerUrl, { max: 1, onnotice: () => {} });
  try {
    await holder.begin(async (tx) => {
      await lock(tx);
      const waiting = async () =>
        (
          await owner`select 1 from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'`
        ).length;
      await expect.poll(waiting, { timeout: withinMs }).toBe(1);
      await killed(child);
    });
  } finally {
    await killed(child);
    await holder.end();
  }
}
const filesJob = (erasureId: string) => eraseFilesTask.run({ erasureId }, context());
const fileThere = (sha256: string) =>
  stat(join(world.folder, 'files', world.people.li.organisationId, sha256.slice(0, 2), sha256)).then(
    () => true,
    () => false
  );
async function filesOf(patientId: string, whose: 'own' | 'others' = 'own'): Promise<string[]> {
  const of = whose === 'own' ? owner`= ${patientId}` : owner`<> ${patientId}`;
  const rows = await owner<{ sha: string }[]>`
    select distinct unnest(array[file_sha256, frame_sha256, thumbnail_sha256]) as sha from image where patient_id ${of}
    union select d.file_sha256 from consult_document d join consult c on c.id = d.consult_id where c.patient_id ${of}`;
  return rows.map((row) => row.sha);
}
/** Every place of the database where these words or this id still are, the trail's ids aside. */
async function left(needle: string): Promise<string[]> {
  const tables = await owner<{ name: string }[]>`
    select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'audit_event'`;
  const found: string[] = [];
  for (const { name } of tables) {
    const [row] = await owner`select 1 from ${owner(name)} t where t::text like ${`%${needle}%`} limit 1`;
    if (row) found.push(name);
  }
  return found;
}

describe('[RT-15] before a record is erased', () => {
  test('a hold, an open consult and the time stand against it; nobody asks who may not', async () => {
    const { patientId } = await record();
    expect((await planErasure(as('li'), patientId)).refusal).toBe('retention');
    expect(await refusal(ask(patientId))).toBe('erasure_refused');
    await age(patientId);
    await setHold(as('boss'), { patientId, reason: '纠纷' });
    expect((await planErasure(as('li'), patientId)).refusal).toBe('hold');
    expect(await refusal(ask(patientId))).toBe('erasure_refused');
    await liftHold(as('boss'), { patientId, reason: '结案' });
    await owner`update consult set status = 'accepted' where patient_id = ${patientId}`;
    expect((await planErasure(as('li'), patientId)).refusal).toBe('consult');
    await owner`update consult set status = 'closed' where patient_id = ${patientId}`;
    const { refusal: none, counts } = await planErasure(as('li'), patientId);
    expect(none).toBeNull();
    expect(counts).toMatchObject({ boards: 1, rows: { patient: 1, image: 1, consult: 1, opinion: 1 } });
    expect(counts.files).toBeGreaterThanOrEqual(4);
    expect(counts.bytes).toBeGreaterThan(1000);
    for (const who of ['nurse', 'reception', 'wang'] as const)
      expect(await refusal(planErasure(as(who), patientId))).toBe('forbidden');
    for (const who of ['stranger', 'strangerBoss', 'chief'] as const) {
      expect(await refusal(planErasure(as(who), patientId))).toBe('not_found');
      expect(await refusal(askErasure(as(who), { patientId, basis: 'asked' }))).toBe('not_found');
    }
  });

  test('a second person approves: never who asked, no dentist, nobody elsewhere; the database holds it too', async () => {
    const { patientId } = await record();
    await age(patientId);
    const { id } = await ask(patientId, 'boss');
    expect(await refusal(ask(patientId))).toBe('conflict');
    expect(await refusal(decideErasure(as('boss'), id, 'approve'))).toBe('forbidden');
    expect(await refusal(decideErasure(as('li'), id, 'approve'))).toBe('forbidden');
    expect(await refusal(decideErasure(as('li'), id, 'withdraw'))).toBe('forbidden');
    expect(await refusal(decideErasure(as('chief'), id, 'approve'))).toBe('not_found');
    await expect(
      owner`update erasure set approved_by_id = asked_by_id, approved_at = now() where id = ${id}`
    ).rejects.toMatchObject({ code: '23514' });
    await expect(owner`select erase_record(${id})`).rejects.toMatchObject({ code: '55000' });
    await decideErasure(as('boss'), id, 'withdraw');
    expect(await refusal(decideErasure(as('boss'), id, 'withdraw'))).toBe('conflict');
    expect((await readPatient(as('li'), patientId)).patient.id).toBe(patientId);
  });

  test('who may approve is told that it waits, and nobody else', async () => {
    const { patientId } = await record();
    await age(patientId);
    await owner`delete from outbox`;
    await ask(patientId);
    const handler = rightsHandlers.find(({ topic }) => topic === 'erasure.asked')!;
    await world.services.systemDb.transaction(async (rows) => {
      const [event] = await rows.select().from(outbox);
      const context = { rows, services: world.services, now: new Date(), signal: AbortSignal.timeout(5000) };
      await handler.handle(event!, context);
    });
    const told =
      await owner`select user_id, data->>'path' as path from notification where kind = 'erasure.asked'`;
    expect(told).toEqual([{ user_id: world.people.boss.userId, path: '/rights' }]);
  });

  test('a hold set after the approval stops it: nothing is deleted', async () => {
    const { patientId } = await record();
    await age(patientId);
    const { id } = await ask(patientId);
    await decideErasure(as('boss'), id, 'approve');
    await setHold(as('boss'), { patientId, reason: '纠纷' });
    await rowsJob(id);
    expect((await listErasures(as('boss'), { patientId }))[0]!.state).toBe('withdrawn');
    expect((await readPatient(as('li'), patientId)).patient.id).toBe(patientId);
    expect(
      await owner`select action from audit_event where subject_id = ${id} and action = 'erasure.refuse'`
    ).toHaveLength(1);
  });

  test('[RT-11] the owner may keep records longer than the law asks, never shorter', async () => {
    const { patientId } = await record();
    await age(patientId);
    expect(await refusal(changeRetention(as('li'), 20))).toBe('forbidden');
    await changeRetention(as('boss'), 20);
    expect((await planErasure(as('li'), patientId)).refusal).toBe('retention');
    await changeRetention(as('boss'), 15);
    await expect(owner`update organisation set retention_years = 14`).rejects.toMatchObject({
      code: '23514'
    });
  });
});

describe('[RT-16] erasing', () => {
  test('[RT-17] takes every row and every file of that record alone; the trail still proves itself; a certificate stays', async () => {
    const { patientId, consultId } = await record('2.25.4711');
    const other = await patient();
    // The same picture of another patient: its content is kept once, and stays.
    await picture(other, '2.25.4711');
    await age(patientId);
    const hashes = await filesOf(patientId);
    const shared = new Set(await filesOf(other));
    expect(hashes.some((sha) => shared.has(sha))).toBe(true);
    const { id } = await ask(patientId);
    const { counts } = (await listErasures(as('boss'), { patientId }))[0]!;
    await decideErasure(as('boss'), id, 'approve');
    await rowsJob(id);
    await rowsJob(id);
    expect(await refusal(readPatient(as('li'), patientId))).toBe('not_found');
    await filesJob(id);
    await filesJob(id);
    for (const sha of hashes) expect([sha, await fileThere(sha)]).toEqual([sha, shared.has(sha)]);
    expect((await left(patientId)).toSorted()).toEqual(['erasure']);
    expect(await left(consultId)).toEqual([]);

    const [row] = await owner`select * from erasure where id = ${id}`;
    const done = (await listErasures(as('boss'))).find((one) => one.id === id)!;
    expect(done).toMatchObject({ state: 'done', askedByName: '李明', approvedByName: '高文' });
    expect(done.counts.files).toBe(counts.files);
    const text = certificateText({
      ...{ id, organisationId: row!['organisation_id'], patientId, basis: 'asked', counts: done.counts },
      ...{ askedById: row!['asked_by_id'], askedAt: row!['asked_at'], approvedById: row!['approved_by_id'] },
      ...{ approvedAt: row!['approved_at'], rowsGoneAt: row!['rows_gone_at'], doneAt: row!['done_at'] }
    });
    expect(createHash('sha256').update(text).digest('hex')).toBe(done.digest);
    const report = await verify(world, owner, world.people.li.organisationId);
    expect(report).toMatchObject({ findings: [] });
    const kept = await owner<
      { row: string }[]
    >`select e::text as row from audit_event e where patient_id = ${patientId}`;
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.filter(({ row: text }) => text.includes(secret))).toEqual([]);
  });

  test('broken off between rows and files, and between two files, it goes on where it was', async () => {
    const { patientId } = await record();
    await age(patientId);
    // The made-up pictures have their pixels in common with other records': those stay.
    const others = new Set(await filesOf(patientId, 'others'));
    const hashes = (await filesOf(patientId)).filter((sha) => !others.has(sha));
    expect(hashes.length).toBeGreaterThanOrEqual(2);
    const { id } = await ask(patientId);
    await decideErasure(as('boss'), id, 'approve');
    // A transaction that dies leaves all of it.
    await expect(
      world.services.systemDb.transaction(async (rows) => {
        await rows.execute(`select erase_record('${id}'::uuid)`);
        throw new Error('killed');
      })
    ).rejects.toThrow('killed');
    expect((await readPatient(as('li'), patientId)).patient.id).toBe(patientId);
    await rowsJob(id);
    let removed = 0;
    const dying = {
      ...world.services,
      files: {
        ...world.services.files,
        remove: async (organisationId: string, sha256: string) => {
          await world.services.files.remove(organisationId, sha256);
          if (++removed === 1) throw new Error('killed');
        }
      }
    };
    await expect(eraseFilesTask.run({ erasureId: id }, { ...context(), services: dying })).rejects.toThrow(
      'killed'
    );
    expect((await listErasures(as('boss'))).find((one) => one.id === id)!.state).toBe('rows-gone');
    await filesJob(id);
    expect(await Promise.all(hashes.map(fileThere))).toEqual(hashes.map(() => false));
    expect((await listErasures(as('boss'))).find((one) => one.id === id)!.state).toBe('done');
  });

  test('a process that never comes to its work, or has ended by itself, is gone when its test is', async () => {
    const child = erasing();
    await expect(killedAt(async () => undefined, child, 1_000)).rejects.toThrow();
    expect(await isAlive(child.pid!)).toBe(false);
    await killed(child);
    // Killed with its run, it would hear nothing else.
    const orphan = erasing();
    orphan.stdin!.end();
    await once(orphan, 'exit');
  });

  test('killed with -9 between two tables and between two files, the next process brings it to its end', async () => {
    const { patientId, consultId } = await record();
    await age(patientId);
    const others = new Set(await filesOf(patientId, 'others'));
    const hashes = (await filesOf(patientId)).filter((sha) => !others.has(sha));
    const { id } = await ask(patientId);
    await owner`delete from outbox`;
    await decideErasure(as('boss'), id, 'approve');
    const state = async () => (await listErasures(as('boss'))).find((one) => one.id === id)!.state;

    await killedAt((tx) => tx`select 1 from opinion where consult_id = ${consultId} for update`);
    expect(await state()).toBe('approved');
    expect((await readPatient(as('li'), patientId)).patient.id).toBe(patientId);

    await rowsJob(id);
    await owner`delete from outbox`;
    await killedAt(
      (tx) => tx`select 1 from erasure_file where erasure_id = ${id} order by id desc limit 1 for update`
    );
    expect(await state()).toBe('rows-gone');

    const next = erasing();
    try {
      await expect.poll(state, { timeout: 60_000 }).toBe('done');
    } finally {
      await killed(next);
    }
    expect(await Promise.all(hashes.map(fileThere))).toEqual(hashes.map(() => false));
    expect((await left(patientId)).toSorted()).toEqual(['erasure']);
    expect(await left(consultId)).toEqual([]);
  }, 240_000);
});
