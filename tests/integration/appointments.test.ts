import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actor, MemberActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { book, moveState } from '#lib/features/appointments/book.server.ts';
import { freeSlots, listDay, listForPatient } from '#lib/features/appointments/list.server.ts';
import { openPool, type DatabasePool } from '../../server/db/pool.ts';
import { useDatabase } from '../support/database.ts';
import { silent } from '../support/silent.ts';

const database = useDatabase();
const { owner } = database;
/** A Sunday, 10:00 in Shanghai. */
let now = new Date('2026-11-22T02:00:00Z');
let app: DatabasePool;
let db: Call['db'];

interface World {
  organisationId: string;
  clinicId: string;
  chairId: string;
  otherChairId: string;
  patients: string[];
  dentist: MemberActor;
  second: MemberActor;
}
let ours: World;
let theirs: World;

const call = (actor: Actor): Call => ({
  actor,
  request: { id: 'test', ip: '127.0.0.1' },
  db,
  clock: { now: () => now }
});

async function makeWorld(): Promise<World> {
  const [organisationId, clinicId, chairId, otherChairId] = [newId(), newId(), newId(), newId()] as const;
  const patients = [newId(), newId(), newId()];
  await owner`insert into organisation (id, name, name_en, kind) values (${organisationId}, '清河', 'Qinghe', 'clinic')`;
  await owner`insert into clinic (id, organisation_id, name, name_en)
              values (${clinicId}, ${organisationId}, '清河镇口腔门诊', 'Qinghe')`;
  const member = async (role: MemberActor['role'], name: string): Promise<MemberActor> => {
    const [userId, memberId] = [newId(), newId()];
    await owner`insert into "user" (id, name, email) values (${userId}, ${name}, ${userId + '@example.org'})`;
    await owner`insert into member (id, organisation_id, user_id, clinic_id, role, name, specialty)
                values (${memberId}, ${organisationId}, ${userId}, ${clinicId}, ${role}, ${name}, 'general')`;
    return { kind: 'member', userId, memberId, organisationId, clinicId, role, name, sessionId: 's' };
  };
  const dentist = await member('dentist', '李');
  const second = await member('owner', '张');
  for (const [i, id] of [chairId, otherChairId].entries())
    await owner`insert into chair (id, organisation_id, clinic_id, name, position)
                values (${id}, ${organisationId}, ${clinicId}, ${`${i + 1} 号椅`}, ${i})`;
  for (const [i, id] of patients.entries())
    await owner`insert into patient (id, organisation_id, clinic_id, number, name, sex, birth_date, phone)
                values (${id}, ${organisationId}, ${clinicId}, ${`P${i}`}, '王秀英', 'female', '1959-03-01', '13800000000')`;
  return { organisationId, clinicId, chairId, otherChairId, patients, dentist, second };
}

const request = (
  world: World,
  over: Partial<Parameters<typeof book>[1]> = {}
): Parameters<typeof book>[1] => ({
  clinicId: world.clinicId,
  patientId: world.patients[0]!,
  practitionerId: world.dentist.memberId,
  chairId: world.chairId,
  startsAt: new Date('2026-11-22T06:00:00Z'),
  minutes: 30,
  reason: '36 根管治疗',
  note: '',
  ...over
});

beforeAll(async () => {
  app = openPool({ url: database.appUrl, max: 6, log: silent });
  db = app.db;
});
afterAll(() => app.end());
beforeEach(async () => {
  now = new Date('2026-11-22T02:00:00Z');
  ours = await makeWorld();
  theirs = await makeWorld();
});

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error))
  );

describe('booking', () => {
  it('[AP-6] of two at the same moment for the same chair one wins, the other is told slot_taken', async () => {
    for (let round = 0; round < 8; round++) {
      const startsAt = new Date(Date.parse('2026-11-23T01:00:00Z') + round * 3_600_000);
      const results = await Promise.all([
        code(book(call(ours.dentist), request(ours, { startsAt }))),
        code(
          book(
            call(ours.second),
            request(ours, { startsAt, patientId: ours.patients[1]!, practitionerId: ours.second.memberId })
          )
        )
      ]);
      expect(results.sort()).toEqual(['ok', 'slot_taken']);
    }
    expect(
      await owner`select 1 from appointment where organisation_id = ${ours.organisationId}`
    ).toHaveLength(8);
  });

  it('[AP-6] keeps practitioner and patient from being at two places', async () => {
    await book(call(ours.dentist), request(ours));
    const elsewhere = { chairId: ours.otherChairId, startsAt: new Date('2026-11-22T06:15:00Z') };
    expect(
      await code(book(call(ours.dentist), request(ours, { ...elsewhere, patientId: ours.patients[1]! })))
    ).toBe('slot_taken');
    expect(
      await code(
        book(call(ours.dentist), request(ours, { ...elsewhere, practitionerId: ours.second.memberId }))
      )
    ).toBe('slot_taken');
  });

  it('[AP-7] lets one begin when the other ends', async () => {
    await book(call(ours.dentist), request(ours));
    const next = request(ours, { startsAt: new Date('2026-11-22T06:30:00Z'), patientId: ours.patients[1]! });
    expect(await code(book(call(ours.dentist), next))).toBe('ok');
  });

  it('[AP-8] a second click makes no second appointment', async () => {
    const views = await Promise.all([1, 2, 3].map(() => book(call(ours.dentist), request(ours))));
    expect(new Set(views.map((view) => view.id)).size).toBe(1);
  });

  it('[AP-12] refuses the past, takes a walk-in', async () => {
    expect(
      await code(book(call(ours.dentist), request(ours, { startsAt: new Date(now.getTime() - 16 * 60_000) })))
    ).toBe('slot_in_past');
    expect(
      await code(book(call(ours.dentist), request(ours, { startsAt: new Date(now.getTime() - 60_000) })))
    ).toBe('ok');
  });

  it('[AP-9] knows nothing of another organisation', async () => {
    const mine = call(ours.dentist);
    expect(await code(book(mine, request(theirs)))).toBe('not_found');
    expect(await code(book(mine, request(ours, { patientId: theirs.patients[0]! })))).toBe('not_found');
    expect(await code(book(mine, request(ours, { chairId: theirs.chairId })))).toBe('not_found');
    expect(await code(book(mine, request(ours, { practitionerId: theirs.dentist.memberId })))).toBe(
      'not_found'
    );
    expect(await code(listDay(mine, { clinicId: theirs.clinicId }))).toBe('not_found');
    expect(await code(freeSlots(mine, { clinicId: theirs.clinicId }))).toBe('not_found');
    expect(await code(listForPatient(mine, theirs.patients[0]!))).toBe('not_found');
    const foreign = await book(call(theirs.dentist), request(theirs));
    expect(await code(moveState(mine, { id: foreign.id, from: 'booked', move: 'cancel', reason: '' }))).toBe(
      'not_found'
    );
  });

  it('[AP-9] a whole-organisation member cannot reach another organisation by its clinic id either', async () => {
    const roaming: MemberActor = { ...ours.dentist, clinicId: null };
    expect(await code(listDay(call(roaming), { clinicId: theirs.clinicId }))).toBe('not_found');
    expect(await code(book(call(roaming), request(theirs)))).toBe('not_found');
  });
});

describe('the day', () => {
  it('[AP-4] a booked slot is no longer offered, a cancelled one is again', async () => {
    const first = async () => (await freeSlots(call(ours.dentist), { clinicId: ours.clinicId })).slots[0]!;
    const slot = await first();
    expect(slot.startsAt).toBe('2026-11-22T02:00:00.000Z');
    const booked = await book(
      call(ours.dentist),
      request(ours, {
        startsAt: new Date(slot.startsAt),
        chairId: slot.chair.id,
        practitionerId: slot.practitioner.id
      })
    );
    const after = await first();
    expect([after.startsAt, after.practitioner.id]).not.toEqual([slot.startsAt, slot.practitioner.id]);
    await moveState(call(ours.dentist), { id: booked.id, from: 'booked', move: 'cancel', reason: '' });
    expect(await first()).toEqual(slot);
  });

  it('[AP-1] [AP-10] goes from booked to done; a move on an old state is a conflict', async () => {
    const { id } = await book(call(ours.dentist), request(ours, { startsAt: now }));
    const move = (from: 'booked' | 'checked-in' | 'in-chair', step: 'check-in' | 'seat' | 'finish') =>
      moveState(call(ours.dentist), { id, from, move: step, reason: '' });
    const checkedIn = await move('booked', 'check-in');
    expect(checkedIn.checkedInAt).toBe(now.toISOString());
    expect(await code(move('booked', 'check-in'))).toBe('conflict');
    await move('checked-in', 'seat');
    expect((await move('in-chair', 'finish')).status).toBe('done');
    const day = await listDay(call(ours.dentist), { clinicId: ours.clinicId, date: '2026-11-22' });
    expect(day.appointments.map((a) => [a.id, a.status, a.patient.name])).toEqual([[id, 'done', '王秀英']]);
    expect(day.chairs.map((chair) => chair.name)).toEqual(['1 号椅', '2 号椅']);
    expect((await listForPatient(call(ours.dentist), ours.patients[0]!)).past).toHaveLength(1);
  });

  it('[AP-2] taking a cancellation back fails when the time was given away', async () => {
    const first = await book(call(ours.dentist), request(ours));
    await moveState(call(ours.dentist), { id: first.id, from: 'booked', move: 'cancel', reason: '有事' });
    await book(call(ours.dentist), request(ours, { patientId: ours.patients[1]! }));
    expect(
      await code(moveState(call(ours.dentist), { id: first.id, from: 'cancelled', move: 'undo', reason: '' }))
    ).toBe('slot_taken');
  });

  it('[AP-11] leaves a trail of reading, booking and moving', async () => {
    const { id } = await book(call(ours.dentist), request(ours));
    await moveState(call(ours.dentist), { id, from: 'booked', move: 'check-in', reason: '' });
    await listDay(call(ours.dentist), { clinicId: ours.clinicId });
    await listForPatient(call(ours.dentist), ours.patients[0]!);
    const trail =
      await owner`select action from audit_event where organisation_id = ${ours.organisationId} order by number`;
    expect(trail.map((row) => row['action'])).toEqual([
      'appointment.book',
      'appointment.check-in',
      'appointments.read-day',
      'appointments.read'
    ]);
  });

  it('constraints.sql can be applied again', async () => {
    const text = readFileSync(
      new URL('../../src/lib/features/appointments/constraints.sql', import.meta.url),
      'utf8'
    );
    await owner.unsafe(text);
    const names =
      await owner`select conname from pg_constraint where conrelid = 'appointment'::regclass and contype = 'x'`;
    expect(names).toHaveLength(3);
  });
});
