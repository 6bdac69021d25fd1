import postgres from 'postgres';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { addNote } from '#lib/features/patients/patients.server.ts';
import {
  askCorrection,
  decideCorrection,
  listOwnCorrections
} from '#lib/features/rights/corrections.server.ts';
import { askDeletion, liftHold, setHold } from '#lib/features/rights/deletion.server.ts';
import { readPlaces } from '#lib/features/rights/register.server.ts';
import { keepUntil } from '#lib/features/rights/retention.ts';
import { readQueue, readRights } from '#lib/features/rights/read.server.ts';
import { listNotifications } from '#lib/features/notifications/list.server.ts';
import { handlers } from '../../server/worker/handlers.ts';
import { createWorker } from '../../server/worker/index.ts';
import { questionOf } from '../support/question.ts';
import { silent } from '../support/silent.ts';
import { refusal } from '../support/refusal.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;
let link: PatientLinkActor;

beforeAll(async () => {
  const { li, wang } = world.people;
  const { id } = await askExpert(
    world.as(li),
    questionOf({
      patientId: world.patientId,
      question: '?',
      target: { kind: 'expert', expertId: wang.userId },
      share: { allergies: true, conditions: true, medications: true, chart: true, plan: true }
    })
  );
  await acceptConsult(world.as(wang), id);
  link = {
    kind: 'patient-link',
    inviteId: newId(),
    consultId: id,
    patientId: world.patientId,
    organisationId: li.organisationId,
    name: '王秀英'
  };
});

const ask = (person: MemberActor | PatientLinkActor, patientId = world.patientId) =>
  askCorrection(world.as(person), { patientId, part: 'allergies', text: '不是青霉素' });
const decide = (
  person: MemberActor,
  id: string,
  decision: 'accept' | 'refuse',
  result: string | null = null
) =>
  decideCorrection(world.as(person), {
    id,
    decision,
    answer: '已核对',
    result: result ? { kind: 'note', id: result } : null
  });
const read = (person = world.people.li) => readRights(world.as(person), world.patientId);

describe('corrections', () => {
  it('[RT-7] come from the patient’s link or from staff; the link sees its own and their outcome', async () => {
    const asked = await ask(link);
    await ask(world.people.reception);
    expect((await listOwnCorrections(world.as(link))).map(({ id }) => id)).toEqual([asked.id]);
    await decide(world.people.li, asked.id, 'refuse');
    expect(await listOwnCorrections(world.as(link))).toMatchObject([
      { state: 'refused', answer: '已核对', decidedByName: '李明' }
    ]);
  });

  it('[RT-7] a link asks for nobody else, nor through another consult', async () => {
    expect(await refusal(ask(link, world.otherPatientId))).toBe('forbidden');
    const forged = { ...link, patientId: world.otherPatientId };
    await expect(ask(forged, world.otherPatientId)).rejects.toThrow();
    await expect(ask({ ...link, consultId: newId() })).rejects.toThrow();
    expect(await listOwnCorrections(world.as({ ...link, consultId: newId() }))).toEqual([]);
  });

  it('[RT-8] are answered once, pointing at an entry of this patient; what was asked stays', async () => {
    const { li, boss } = world.people;
    const asked = await ask(link);
    const [own, other] = [
      await addNote(world.as(li), { patientId: world.patientId, text: '更正:青霉素皮试阴性', teeth: [] }),
      await addNote(world.as(li), { patientId: world.otherPatientId, text: '别人', teeth: [] })
    ];
    expect((await read()).changes.map(({ id }) => id)).toContain(own.id);
    expect(await refusal(decide(li, asked.id, 'accept', other.id))).toBe('not_found');
    expect(await decide(boss, asked.id, 'accept', own.id)).toMatchObject({
      state: 'accepted',
      text: '不是青霉素',
      result: { kind: 'note', id: own.id }
    });
    expect(await refusal(decide(li, asked.id, 'refuse'))).toBe('conflict');
    const [event] = await owner`select patient_id from audit_event where action = 'correction.accept'`;
    expect(event).toEqual({ patient_id: world.patientId });
  });

  it('[RT-8] the words asked cannot be changed even by the app’s role', async () => {
    const app = postgres(world.database.appUrl, { max: 1, onnotice: () => {} });
    await expect(app`update correction_request set text = 'x'`).rejects.toThrow(/permission denied/);
    await expect(app`delete from legal_hold`).rejects.toThrow(/permission denied/);
    await app.end();
  });

  it('[RT-9] are told to those who may decide; the answer to the member who asked', async () => {
    const { li, boss, nurse, reception, stranger } = world.people;
    const worker = createWorker({
      ...{ url: world.database.systemUrl, handlers, services: world.services, log: silent }
    });
    await owner`delete from outbox`;
    await worker.start();
    try {
      const asked = await ask(reception);
      const titles = async (person: MemberActor) =>
        (await listNotifications(world.as(person), 'zh-CN'))
          .filter(({ kind }) => kind.startsWith('correction.'))
          .map(({ title, href }) => [title, href]);
      const wait = { timeout: 10_000 };
      const href = `/patients/${world.patientId}/rights`;
      for (const person of [li, boss])
        await expect.poll(() => titles(person), wait).toEqual([['有新的病历更正申请', href]]);
      await decide(li, asked.id, 'refuse');
      await expect.poll(() => titles(reception), wait).toEqual([['病历更正申请未被接受', href]]);
      expect(await titles(li)).toHaveLength(1);
      for (const person of [nurse, stranger]) expect(await titles(person)).toEqual([]);
    } finally {
      await worker.stop();
    }
  });

  it('[RT-9] wait in a queue of the deciding', async () => {
    const { li, boss, nurse, reception, wang, strangerBoss } = world.people;
    for (const person of [li, boss])
      expect((await readQueue(world.as(person))).corrections).toMatchObject([
        { patient: { name: '王秀英' }, byPatient: false }
      ]);
    for (const person of [nurse, reception, wang])
      expect(await refusal(readQueue(world.as(person)))).toBe('forbidden');
    expect(await readQueue(world.as(strangerBoss))).toEqual({ corrections: [], deletions: [], holds: [] });
  });

  it('[RT-1] are refused to another organisation, an expert with a grant, and who does not decide', async () => {
    const { wang, stranger, strangerBoss, chief, nurse } = world.people;
    const asked = await ask(world.people.nurse);
    for (const person of [stranger, strangerBoss, chief]) {
      expect(await refusal(ask(person))).toBe('not_found');
      expect(await refusal(read(person))).toBe('not_found');
      expect(await refusal(decide(person, asked.id, 'refuse'))).toBe('not_found');
    }
    for (const attempt of [() => ask(wang), () => read(wang), () => decide(wang, asked.id, 'refuse')])
      expect(await refusal(attempt())).toBe('forbidden');
    expect(await refusal(decide(nurse, asked.id, 'refuse'))).toBe('forbidden');
  });
});

describe('deletion', () => {
  const wish = (person: MemberActor, patientId = world.patientId, at = new Date()) =>
    askDeletion({ ...world.as(person), clock: { now: () => at } }, { patientId, reason: '本人要求' });
  const hold = (person: MemberActor) =>
    setHold(world.as(person), { patientId: world.patientId, reason: '医疗纠纷' });
  const lift = (person: MemberActor) =>
    liftHold(world.as(person), { patientId: world.patientId, reason: '已结案' });

  it('[RT-12] is refused while the law keeps the record, and says until when', async () => {
    const { retention } = await read();
    expect(retention.keepUntil).toBe(keepUntil(retention.lastVisit));
    expect(await wish(world.people.reception)).toMatchObject({
      refusedFor: 'retention',
      keepUntil: retention.keepUntil
    });
    const [event] = await owner`select outcome from audit_event where action = 'deletion.ask'`;
    expect(event).toEqual({ outcome: 'denied' });
  });

  it('[RT-11] counts from the last visit, not from the first', async () => {
    await owner`update patient set created_at = '2001-05-01' where id = ${world.otherPatientId}`;
    await owner`delete from note where patient_id = ${world.otherPatientId}`;
    const of = () => readRights(world.as(world.people.li), world.otherPatientId);
    expect((await of()).retention).toEqual({
      lastVisit: '2001-05-01',
      years: 15,
      keepUntil: '2016-05-01',
      refusal: null
    });
    // 23:30 UTC is the next day in Shanghai.
    await owner`insert into note (id, organisation_id, patient_id, text, author_id, author_name, written_at)
      values (${newId()}, ${world.people.li.organisationId}, ${world.otherPatientId}, 'x', ${newId()}, 'x', '2009-03-01T23:30:00Z')`;
    expect((await of()).retention).toMatchObject({ lastVisit: '2009-03-02', keepUntil: '2024-03-02' });
  });

  it('[RT-12] waits, and deletes nothing, once the time is over', async () => {
    expect(await wish(world.people.li, world.otherPatientId)).toMatchObject({ refusedFor: null });
    expect((await readQueue(world.as(world.people.boss))).deletions).toHaveLength(1);
    const [row] = await owner`select name from patient where id = ${world.otherPatientId}`;
    expect(row).toEqual({ name: '张伟' });
  });

  it('[RT-13] a hold is the owner’s to set and lift, one at a time, with reasons', async () => {
    const { boss, li, nurse, wang, strangerBoss } = world.people;
    for (const person of [li, nurse, wang]) {
      expect(await refusal(hold(person))).toBe('forbidden');
      expect(await refusal(lift(person))).toBe('forbidden');
    }
    expect(await refusal(hold(strangerBoss))).toBe('not_found');
    await hold(boss);
    expect(await refusal(hold(boss))).toBe('conflict');
    expect(await refusal(lift(strangerBoss))).toBe('not_found');
    const century = new Date('2126-01-01');
    expect(await wish(li, world.patientId, century)).toMatchObject({ refusedFor: 'hold' });
    expect(await lift(boss)).toMatchObject({ lifted: { byName: '高文', reason: '已结案' } });
    expect(await wish(li, world.patientId, century)).toMatchObject({ refusedFor: null });
    expect(await refusal(lift(boss))).toBe('not_found');
  });
});

describe('register', () => {
  it('[RT-14] an owner reads where data lies and whether uploads are scanned, with a trace; nobody else', async () => {
    const { boss, li, nurse, chief } = world.people;
    expect(await readPlaces(world.as(boss))).toEqual({
      ...{
        dataFolder: world.folder,
        databaseHost: null,
        mediaHost: null,
        mailHost: null,
        egressFolder: null,
        speechHost: null,
        keyHost: null
      },
      ...{ mediaUrl: '/sfu', scanned: false }
    });
    const scanner = { ...world.services.scanner, configured: true };
    expect(await readPlaces({ ...world.as(chief), scanner })).toMatchObject({ scanned: true });
    for (const person of [li, nurse]) expect(await refusal(readPlaces(world.as(person)))).toBe('forbidden');
    const seen = await owner`select actor_id from audit_event where action = 'rights.register'`;
    expect(seen.map((row) => row['actor_id'])).toEqual([boss.userId, chief.userId]);
  });
});
