import { describe, expect, test } from 'vitest';
import postgres from 'postgres';
import { newId } from '#lib/kernel/ids.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import {
  breakGlass,
  listGlass,
  readOwnGlass,
  reviewGlass
} from '#lib/features/consults/break-glass.server.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { endGrant, takeBack } from '#lib/features/consults/grants.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { glassHandler } from '#lib/features/notifications/glass.server.ts';
import { listNotifications } from '#lib/features/notifications/list.server.ts';
import { addNote, readPatient } from '#lib/features/patients/patients.server.ts';
import { readReaders } from '#lib/features/record/readers.server.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;

const as = (who: keyof typeof world.people) => world.as(world.people[who]);
const input = { category: 'emergency', reason: '患者今晚急诊需核对过敏史' } as const;
const close = (id: string) => closeConsult(as('li'), id, null);

async function accepted(): Promise<string> {
  const { id } = await askExpert(
    as('li'),
    questionOf({
      patientId: world.patientId,
      target: { kind: 'expert', expertId: world.people.wang.userId },
      share: { noteIds: [world.noteId], allergies: true, chart: true }
    })
  );
  await acceptConsult(as('wang'), id);
  return id;
}
/** As if an hour and a minute had passed. */
const later = () => owner`
  with a as (update break_glass_access set starts_at = starts_at - interval '61 minutes',
                    ends_at = ends_at - interval '61 minutes')
  update consult_grant_item set starts_at = starts_at - interval '61 minutes',
         ends_at = ends_at - interval '61 minutes' where purpose = 'break-glass' and revoked_at is null`;

describe('[CN-21] broken glass', () => {
  test('opens for an hour what was open when the grant ended, to be read; then it is closed again', async () => {
    const id = await accepted();
    expect(await refusal(breakGlass(as('wang'), id, input))).toBe('conflict');
    const { grant } = await readConsult(as('li'), id);
    await takeBack(as('li'), id, grant!.items.find((item) => item.kind === 'note')!.id);
    await close(id);
    expect(await refusal(readPatient(as('wang'), world.patientId))).toBe('not_found');
    expect((await readConsult(as('wang'), id)).may.breakGlass).toBe(true);
    const { endsAt } = await breakGlass(as('wang'), id, input);
    expect(Math.abs(endsAt.getTime() - Date.now() - 3_600_000)).toBeLessThan(10_000);
    expect(await readOwnGlass(as('wang'))).toEqual({ consultId: id, endsAt: endsAt.toISOString() });
    const { patient, health, notes } = await readPatient(as('wang'), world.patientId);
    expect(patient).toMatchObject({ name: '王秀英', phone: null, own: false });
    expect(health.map((item) => item.label)).toEqual(['青霉素']);
    // What was taken back before stays closed; so do messages, board and call, and other patients.
    expect(notes).toEqual([]);
    expect((await readConsult(as('wang'), id)).boardId).toBeNull();
    expect(await refusal(readPatient(as('wang'), world.otherPatientId))).toBe('not_found');
    expect(
      await refusal(addNote(as('wang'), { patientId: world.patientId, text: '不可写', teeth: [] }))
    ).not.toBeNull();
    expect(await refusal(breakGlass(as('wang'), id, input))).toBe('conflict');
    await later();
    expect(await refusal(readPatient(as('wang'), world.patientId))).toBe('not_found');
    expect(await readOwnGlass(as('wang'))).toBeNull();
  });

  test('also where the grant ended by time; not where a person ended it, and not after a year', async () => {
    const id = await accepted();
    await owner`update consult_grant_item set ends_at = now() - interval '1 second' where consult_id = ${id}`;
    await breakGlass(as('wang'), id, input);
    await later();
    const ended = await accepted();
    await endGrant(as('li'), ended);
    expect((await readConsult(as('wang'), ended)).may.breakGlass).toBe(false);
    expect(await refusal(breakGlass(as('wang'), ended, input))).toBe('grant_ended');
    const old = await accepted();
    await owner`update consult_grant_item set starts_at = now() - interval '400 days',
                  ends_at = now() - interval '370 days' where consult_id = ${old}`;
    expect(await refusal(breakGlass(as('wang'), old, input))).toBe('grant_ended');
    for (const one of [id, ended, old]) await close(one);
  });

  test('nobody else: no colleague, no other organisation, not the asking side', async () => {
    const id = await accepted();
    await close(id);
    for (const who of ['sun', 'liu', 'chief', 'stranger', 'strangerExpert', 'strangerBoss'] as const)
      expect(await refusal(breakGlass(as(who), id, input))).toBe('not_found');
    for (const who of ['li', 'boss', 'nurse'] as const)
      expect(await refusal(breakGlass(as(who), id, input))).toBe('forbidden');
  });

  test('the database lets nobody make, lengthen or judge what is not theirs', async () => {
    const id = await accepted();
    await close(id);
    const { wang, sun, boss, li } = world.people;
    const app = postgres(world.database.appUrl, { max: 1 });
    const acting = (who: typeof wang, work: (sql: postgres.TransactionSql) => Promise<unknown>) =>
      app.begin(async (sql) => {
        await sql`select set_config('app.organisation', ${who.organisationId}, true),
                         set_config('app.actor', ${who.userId}, true), set_config('app.specialty', 'endodontics', true)`;
        await work(sql);
      });
    const insert = (who: typeof wang, over: { minutes?: number; organisationId?: string } = {}) =>
      acting(
        who,
        (sql) => sql`
          insert into break_glass_access (id, organisation_id, consult_id, patient_id, user_id, user_name,
            user_organisation_id, user_organisation_name, category, reason, starts_at, ends_at)
          values (${newId()}, ${over.organisationId ?? li.organisationId}, ${id}, ${world.patientId}, ${who.userId}, 'x',
            ${who.organisationId}, 'x', 'other', 'x', now(), now() + ${over.minutes ?? 30} * interval '1 minute')`
      );
    for (const forged of [
      insert(sun),
      insert(boss),
      insert(li),
      insert(wang, { minutes: 90 }),
      insert(wang, { organisationId: world.people.stranger.organisationId })
    ])
      await expect(forged).rejects.toMatchObject({ code: '42501' });
    await insert(wang);
    for (const change of [
      (sql: postgres.TransactionSql) => sql`update break_glass_access set ends_at = now() + interval '1 day'`,
      (sql: postgres.TransactionSql) => sql`delete from break_glass_access`
    ])
      for (const who of [wang, boss])
        await expect(acting(who, change)).rejects.toMatchObject({ code: '42501' });
    let judged: readonly unknown[] = [];
    await acting(wang, async (sql) => {
      judged = await sql`update break_glass_access set verdict = 'justified' returning id`;
    });
    expect(judged).toEqual([]);
    await app.end();
    await later();
  });

  test('the owner hears of it, sees what was looked at, judges once; trail and list of readers say it', async () => {
    const id = await accepted();
    await close(id);
    await breakGlass(as('wang'), id, input);
    await readPatient(as('wang'), world.patientId);
    const [row] = await owner<{ id: string; payload: unknown; organisation_id: string }[]>`
      select * from outbox where topic = 'record.glass-broken' order by created_at desc, id desc limit 1`;
    const event = {
      id: row!.id,
      organisationId: row!.organisation_id,
      topic: glassHandler.topic,
      subject: '',
      payload: row!.payload,
      createdAt: new Date()
    };
    for (let i = 0; i < 2; i++)
      await world.services.systemDb.transaction((rows) =>
        glassHandler.handle(event, {
          rows,
          services: world.services,
          now: new Date(),
          signal: AbortSignal.timeout(5000)
        })
      );
    const told = async (who: 'boss' | 'li' | 'chief') =>
      (await listNotifications(as(who), 'zh-CN')).filter((one) => one.kind === 'record.glass-broken');
    expect(await told('boss')).toHaveLength(1);
    expect((await told('boss'))[0]).toMatchObject({ href: '/organisation/break-glass' });
    expect([await told('li'), await told('chief')]).toEqual([[], []]);

    for (const who of ['li', 'nurse', 'wang'] as const)
      expect(await refusal(listGlass(as(who)))).toBe('forbidden');
    expect(await listGlass(as('chief'))).toEqual([]);
    const mine = (await listGlass(as('boss'))).find((one) => one.consultId === id)!;
    expect(mine).toMatchObject({ ...input, userName: '王志远', review: null, patient: { name: '王秀英' } });
    expect(mine.looks.map((look) => look.action)).toContain('patient.read');
    const verdict = { verdict: 'justified', comment: '已电话核实' } as const;
    expect(await refusal(reviewGlass(as('li'), mine.id, verdict))).toBe('forbidden');
    expect(await refusal(reviewGlass(as('chief'), mine.id, verdict))).toBe('not_found');
    await reviewGlass(as('boss'), mine.id, verdict);
    expect(await refusal(reviewGlass(as('boss'), mine.id, verdict))).toBe('not_found');
    expect((await listGlass(as('boss'))).find((one) => one.id === mine.id)!.review).toMatchObject({
      comment: '已电话核实',
      byName: '高文'
    });
    const acts = await owner<{ action: string; outcome: string }[]>`
      select action, outcome from audit_event where subject_type = 'break-glass' and subject_id = ${mine.id} order by number`;
    expect(acts.map((one) => one.action)).toEqual(['record.break-glass', 'break-glass.review']);
    const { readers } = await readReaders(as('li'), world.patientId);
    expect(readers.filter((one) => one.emergency).every((one) => one.name === '王志远')).toBe(true);
    const marked = readers.flatMap((one) => (one.emergency ? one.actions : []));
    expect(marked).toEqual(expect.arrayContaining(['record.break-glass', 'patient.read']));
    expect(readers.some((one) => !one.emergency)).toBe(true);
  });
});
