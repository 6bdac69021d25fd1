import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { readCallQuality } from '#lib/features/consults/call-quality.server.ts';
import { callStatisticsTask, keepCallStatistic } from '#lib/features/consults/call-statistic.server.ts';
import type { CallStatisticInput } from '#lib/features/consults/call-statistic-input.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { admitPatient, waitInLobby } from '#lib/features/consults/room.server.ts';
import { refusal } from '../support/refusal.ts';
import { entered, invited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;
let system: postgres.Sql;
beforeAll(() => {
  system = postgres(world.database.systemUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await system.end();
});

const stay = (more: Partial<CallStatisticInput> = {}): CallStatisticInput => ({
  ...{ id: crypto.randomUUID(), seconds: 600, seatMs: 90, lineMs: 10, pictureMs: 200, way: 'udp' },
  ...{ roundTripMs: 20, roundTripP95Ms: 40, lossIn: 0.01, lossOut: 0, kbpsIn: 900, kbpsOut: 700 },
  ...{ freezes: 1, frozen: 0.02, concealed: 0.01, fps: 25, height: 720, rebuilds: 0 },
  ...{ device: 'computer', browser: 'Chrome', browserVersion: 156, system: 'Windows', ...more }
});
const keep = (actor: MemberActor | PatientLinkActor, id: string, told: CallStatisticInput) =>
  keepCallStatistic(world.as(actor), id, told);
const kept = (id: string) => owner`
  select s.*, s.day::text as day, (now() at time zone o.time_zone)::date::text as today
    from call_statistic s join organisation o on o.id = s.organisation_id where s.id = ${id}`;

test('[CN-60] a stay of either side is kept for the organisation that asked, as figures of nobody', async () => {
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  await waitInLobby(world.as(visitor));
  await admitPatient(world.as(world.people.li), id, `p:${visitor.inviteId}`);
  const { li, wang } = world.people;
  for (const actor of [li, wang, visitor]) {
    const told = stay({ seconds: 700 });
    await keep(actor, id, told);
    const [row] = await kept(told.id);
    expect(row).toMatchObject({
      ...{ organisation_id: li.organisationId, clinic_id: world.clinicId, minutes: 10, picture_ms: 200 },
      ...{ seat: actor.kind === 'member' ? 'staff' : 'patient', browser: 'Chrome' }
    });
    expect(row!['day']).toBe(row!['today']);
  }

  // No column could hold a person, a consult, an address or a moment.
  const columns = await owner<{ name: string; type: string }[]>`
    select column_name as name, data_type as type from information_schema.columns
     where table_name = 'call_statistic' order by name`;
  expect(columns.filter(({ type }) => type === 'uuid').map(({ name }) => name)).toEqual([
    ...['clinic_id', 'id', 'organisation_id']
  ]);
  expect(columns.filter(({ type }) => type === 'text').map(({ name }) => name)).toEqual([
    ...['browser', 'device', 'seat', 'system', 'way']
  ]);
  expect(new Set(columns.map(({ type }) => type))).toEqual(
    new Set(['uuid', 'text', 'integer', 'real', 'date'])
  );
  // And no event says whose it was.
  const events =
    await owner`select action from audit_event where consult_id = ${id} and action like '%statistic%'`;
  expect(events).toHaveLength(0);
});

test('[CN-60] told again it takes the place of what was told, in the same organisation only', async () => {
  const { id } = await invited(world);
  const { li, wang } = world.people;
  const told = stay({ seconds: 60 });
  await keep(li, id, told);
  await keep(li, id, { ...told, seconds: 1_800, freezes: 7 });
  expect(await kept(told.id)).toMatchObject([{ minutes: 30, freezes: 7 }]);

  // Not by another kind of seat's or another day's figures.
  await owner`update call_statistic set day = day - 2 where id = ${told.id}`;
  await keep(wang, id, { ...told, freezes: 99 });
  expect(await kept(told.id)).toMatchObject([{ freezes: 7 }]);

  // An id of another organisation's row is another row there.
  const foreign = stay();
  await owner`insert into call_statistic (id, organisation_id, clinic_id, day, seat, minutes, freezes, rebuilds, device, browser, system)
    values (${foreign.id}, ${world.people.stranger.organisationId}, ${world.strangerClinicId}, current_date, 'staff', 5, 3, 0, 'phone', 'Safari', 'iOS')`;
  await keep(li, id, foreign);
  expect((await kept(foreign.id)).map((row) => row['freezes']).toSorted()).toEqual([1, 3]);
});

test('[CN-61] only who may sit in the open call tells of a stay', async () => {
  const { id, token } = await invited(world);
  const { li, wang, sun, stranger, reception } = world.people;
  const told = stay();
  for (const actor of [stranger, reception, sun])
    expect(await refusal(keep(actor, id, told))).toBe('not_found');
  expect(await refusal(keep(li, newId(), told))).toBe('not_found');
  const visitor = await entered(world, token);
  expect(await refusal(keep(visitor, id, told))).toBe('not_admitted');
  await closeConsult(world.as(li), id, null);
  for (const actor of [li, wang]) expect(await refusal(keep(actor, id, told))).toBe('room_not_open');
  expect(await kept(told.id)).toHaveLength(0);
});

test('[CN-61] who tells too often is stopped', async () => {
  const { id } = await invited(world);
  const told = stay();
  const nurse = world.people.nurse;
  for (let i = 0; i < 20; i++) await keep(nurse, id, told);
  expect(await refusal(keep(nurse, id, told))).toBe('too_many_tries');
});

test('[CN-62] what is older than a year goes at night, by a role that reads nothing else of it', async () => {
  const { id } = await invited(world);
  const [old, young] = [stay(), stay()];
  for (const told of [old, young]) await keep(world.people.wang, id, told);
  await owner`update call_statistic set day = (now() - interval '1 year 2 days')::date where id = ${old.id}`;
  await owner`update call_statistic set day = (now() - interval '1 year' + interval '2 days')::date where id = ${young.id}`;
  await callStatisticsTask.run(null, { services: world.services, now: new Date(), lastTry: true });
  expect(await kept(old.id)).toHaveLength(0);
  expect(await kept(young.id)).toHaveLength(1);
  await expect(system`select freezes from call_statistic`).rejects.toMatchObject({ code: '42501' });
});

test('[CN-63] owners read their organisation’s figures, of the clinics they were given; nobody else any', async () => {
  const { boss, li, chief, strangerBoss } = world.people;
  const read = (actor: MemberActor, clinic?: string) =>
    readCallQuality(world.as(actor), { days: 7, ...(clinic ? { clinic } : {}) });
  const { id } = await invited(world);
  const before = (await read(boss)).figures.stays;
  for (let i = 0; i < 5; i++) await keep(li, id, stay({ device: 'tablet', way: 'tcp' }));
  const all = await read(boss);
  expect(all.figures).toMatchObject({ stays: before + 5, joinMs: 300 });
  expect(all.groups.device).toContainEqual(
    expect.objectContaining({ key: 'tablet', stays: 5, joinMs: 300, joinSoon: 1, detour: 1 })
  );
  expect((await read(boss, world.clinicId)).figures.stays).toBe(before + 5);
  expect((await read({ ...boss, clinicIds: [newId()] })).figures.stays).toBe(0);
  expect((await read(boss, world.strangerClinicId)).figures.stays).toBe(0);
  // The hospital's expert was in these calls, and they are the clinic's that asked.
  expect((await read(chief)).figures.stays).toBe(0);
  expect((await read(strangerBoss)).groups.device.map(({ key }) => key)).not.toContain('tablet');
  expect(await refusal(read(li))).toBe('forbidden');
  // Eight days ago is not within the last seven.
  await owner`update call_statistic set day = day - 7 where organisation_id = ${boss.organisationId}`;
  expect((await read(boss)).figures.stays).toBe(0);
});
