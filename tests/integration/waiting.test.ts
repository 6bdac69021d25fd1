import { beforeAll, expect, test } from 'vitest';
import type { MemberActor, PatientLinkActor, SystemActor } from '#lib/kernel/actor.ts';
import { minuteMs } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import { chairs, appointments } from '#lib/features/appointments/tables.server.ts';
import { cancelConsult } from '#lib/features/consults/answer.server.ts';
import { boardAccess } from '#lib/features/consults/board.server.ts';
import { isForPatient } from '#lib/features/consults/news.ts';
import { checkLine } from '#lib/features/consults/line-check.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { readRoomToReturnTo } from '#lib/features/consults/return.server.ts';
import { admitPatient, applyRoomNews, enterRoom, waitInLobby } from '#lib/features/consults/room.server.ts';
import { askClinic, moveVisit, readVisit, takeBackRequest } from '#lib/features/consults/visit.server.ts';
import {
  holdPatient,
  listWaiting,
  missedWaiting,
  moveToRoom,
  ringFor,
  stillWaiting,
  tellPatient
} from '#lib/features/consults/waiting.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { refusal } from '../support/refusal.ts';
import { until } from '../support/until.ts';
import { entered, invited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
// Moments are chosen through the owner: the app has no way to be late.
const { owner } = world.database;
const identityOf = (visitor: PatientLinkActor) => `p:${visitor.inviteId}`;
/** What open browsers would be told, by topic and name. */
const heard: string[] = [];
let rings: { topic: string; rank: number; ring: boolean }[] = [];
beforeAll(async () => {
  await owner.listen('live', (payload) => {
    const { topic, name, data } = JSON.parse(payload) as {
      topic: string;
      name: string;
      data?: { rank: number; ring: boolean };
    };
    heard.push(`${topic} ${name}`);
    if (name === 'waiting' && data) rings.push({ topic, rank: data.rank, ring: data.ring });
  });
});

/** Somebody waits in a consult of their own. */
async function waiting(more: { patientId?: string; digits?: string; slotAt?: Date } = {}) {
  const { digits = '1234', ...of } = more;
  const { id, token } = await invited(world, of);
  const visitor = await entered(world, token, { digits });
  await waitInLobby(world.as(visitor));
  return { id, token, visitor, identity: identityOf(visitor) };
}
const second = () => ({ patientId: world.otherPatientId, digits: '5678' });
const seats = (id: string) => owner<{ state: string }[]>`select * from consult_seat where consult_id = ${id}`;
const move = (id: string, set: Record<string, unknown>) =>
  owner`update consult_seat set ${owner(set)} where consult_id = ${id}`;
const ago = (minutes: number) => new Date(Date.now() - minutes * minuteMs);
const trail = async (id: string, action: string) =>
  (await owner`select 1 from audit_event where consult_id = ${id} and action = ${action}`).length;
const over = (id: string) => move(id, { state: 'left' });

test('[CN-30] the place counts who comes first with the same dentist, and names no time without experience', async () => {
  const first = await waiting();
  const next = await waiting(second());
  await move(first.id, { waiting_since: ago(10) });
  expect((await readVisit(world.as(first.visitor))).queue).toEqual({ ahead: 0, wait: null });
  expect((await readVisit(world.as(next.visitor))).queue).toEqual({ ahead: 1, wait: null });

  // On hold, or with a page that is no longer there, nobody stands before others.
  await move(first.id, { held_at: new Date() });
  expect(await stillWaiting(world.as(next.visitor))).toMatchObject({ ahead: 0 });
  await move(first.id, { held_at: null, seen_at: ago(4) });
  expect(await stillWaiting(world.as(next.visitor))).toMatchObject({ ahead: 0 });
  expect(await stillWaiting(world.as(first.visitor))).toMatchObject({ ahead: 0 });
  expect(await stillWaiting(world.as(next.visitor))).toMatchObject({ ahead: 1 });
  // An agreed time goes before one's coming.
  await owner`update consult set slot_at = ${ago(30)} where id = ${next.id}`;
  expect(await stillWaiting(world.as(next.visitor))).toMatchObject({ ahead: 0 });
  await Promise.all([over(first.id), over(next.id)]);
});

test('[CN-30] the time comes from the last visits of this dentist and what is booked in the chair', async () => {
  const { li, boss } = world.people;
  const last = [];
  for (let n = 0; n < 5; n++) last.push((await waiting()).id);
  for (const [n, id] of last.entries())
    await move(id, { state: 'left', admitted_at: ago(60), changed_at: ago(60 - 12), seen_at: ago(60 + n) });
  const inside = await waiting();
  await admitPatient(world.as(li), inside.id, inside.identity);
  await move(inside.id, { state: 'in-room', admitted_at: ago(4) });
  const next = await waiting(second());
  expect(await stillWaiting(world.as(next.visitor))).toEqual({ ahead: 1, wait: { from: 5, to: 10 } });

  // Somebody sits in the dentist's chair, for half an hour since now; another dentist's chair is no matter.
  const chairId = newId();
  await inTransaction(world.as(li), async ({ rows, now }) => {
    const place = { organisationId: li.organisationId, clinicId: world.clinicId };
    await rows.insert(chairs).values({ id: chairId, ...place, name: '1' });
    const visit = {
      ...place,
      patientId: world.patientId,
      status: 'in-chair' as const,
      reason: '补牙',
      seatedAt: now
    };
    const times = { startsAt: now, endsAt: new Date(now.getTime() + 30 * minuteMs) };
    await rows.insert(appointments).values({ ...visit, ...times, chairId, practitionerId: li.memberId });
  });
  expect(await stillWaiting(world.as(next.visitor))).toEqual({ ahead: 2, wait: { from: 30, to: 45 } });
  await owner`update appointment set practitioner_id = ${boss.memberId} where chair_id = ${chairId}`;
  expect(await stillWaiting(world.as(next.visitor))).toMatchObject({ ahead: 1 });
  await Promise.all([over(inside.id), over(next.id)]);
});

test('[CN-30] who moves up hears of it at once', async () => {
  const first = await waiting();
  const next = await waiting(second());
  heard.length = 0;
  await admitPatient(world.as(world.people.li), first.id, first.identity);
  await until(() => heard.includes(`consult:${next.id} patient.queue`));
  await Promise.all([over(first.id), over(next.id)]);
});

test('[CN-31] the asking side writes to the page; others do not, and it stays as it was written', async () => {
  const { li, nurse, reception, wang, stranger } = world.people;
  const { id, visitor } = await waiting();
  await tellPatient(world.as(li), id, { kind: 'soon' });
  await tellPatient(world.as(nurse), id, { kind: 'own', text: '请稍候' });
  await tellPatient(world.as(li), id, { kind: 'read', topic: 'root-canal' });
  const { told, topics } = await readVisit(world.as(visitor));
  expect(told.map(({ kind, text, topic, authorName }) => [kind, text, topic, authorName])).toEqual([
    ['read', '', 'root-canal', '李明'],
    ['own', '请稍候', null, '周敏'],
    ['soon', '', null, '李明']
  ]);
  expect(topics).toContain('root-canal');
  // What was said the day before is not for today.
  await owner`update visit_message set at = ${ago(25 * 60)} where consult_id = ${id} and kind = 'soon'`;
  expect((await readVisit(world.as(visitor))).told).toHaveLength(2);
  expect((await readConsult(world.as(nurse), id)).told).toHaveLength(2);
  expect(await trail(id, 'visit.tell')).toBe(3);
  for (const who of [reception, stranger])
    expect(await refusal(tellPatient(world.as(who), id, { kind: 'soon' }))).toBe('not_found');
  expect(await refusal(tellPatient(world.as(wang), id, { kind: 'soon' }))).toBe('forbidden');
  const rewrite = inTransaction(world.as(li), ({ rows }) =>
    rows.execute(`update visit_message set text = 'x'`)
  );
  await expect(rewrite).rejects.toThrow();
  await over(id);
});

test('[CN-32] who will be late still comes; the clinic knows until they are there', async () => {
  const { li } = world.people;
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  const late = { kind: 'late' as const, text: '', minutes: 10 };
  await askClinic(world.as(visitor), late);
  expect(await readVisit(world.as(visitor))).toMatchObject({
    stage: 'ready',
    request: { kind: 'late', minutes: 10 }
  });
  expect((await readConsult(world.as(li), id)).requests).toMatchObject([{ kind: 'late', minutes: 10 }]);
  await waitInLobby(world.as(visitor));
  expect((await readConsult(world.as(li), id)).requests).toEqual([]);

  // A call instead: they wait no longer, and cannot be late for what they gave up.
  await askClinic(world.as(visitor), { kind: 'phone', text: '', minutes: null });
  expect((await readVisit(world.as(visitor))).stage).toBe('rebook');
  expect(await seats(id)).toMatchObject([{ state: 'left' }]);
  expect(await refusal(askClinic(world.as(visitor), late))).toBe('conflict');
  expect(await refusal(askClinic(world.as(visitor), { ...late, minutes: null }))).toBe('conflict');
  await takeBackRequest(world.as(visitor));
  expect((await readVisit(world.as(visitor))).stage).toBe('ready');
});

test('[CN-33] one browser at a time is told to ring, and those who may hear of it in a row', async () => {
  const { li, nurse, boss, reception, wang, stranger } = world.people;
  rings = [];
  const { id, identity } = await waiting();
  await until(() => rings.length >= 3);
  expect(rings).toEqual(
    [li, nurse, boss].map(({ userId }, rank) => ({ topic: `user:${userId}`, rank, ring: true }))
  );
  // A page that opens only now hears the same.
  const missed = async (who: MemberActor) =>
    (await missedWaiting(world.as(who))).filter(({ consultId }) => consultId === id);
  expect(await missed(li)).toEqual([{ consultId: id, rank: 0, ring: true }]);
  expect(await missed(nurse)).toEqual([{ consultId: id, rank: 1, ring: true }]);
  for (const who of [reception, stranger, wang]) expect(await missed(who)).toEqual([]);
  const ask = (who: MemberActor) => ringFor(world.as(who), id);
  const told = await Promise.all([ask(li), ask(li), ask(nurse), ask(boss)]);
  expect(told.filter(({ ring }) => ring)).toHaveLength(1);
  expect(told.every(({ waits }) => waits)).toBe(true);
  expect(await trail(id, 'room.ring')).toBe(1);
  for (const who of [reception, stranger]) expect(await refusal(ask(who))).toBe('not_found');
  expect(await refusal(ask(wang))).toBe('forbidden');
  // A minute later the next may be.
  await move(id, { rung_at: ago(1), rung_by_id: li.userId, rung_by_name: li.name });
  expect(await ask(nurse)).toEqual({ ring: true, waits: true });
  expect((await listWaiting(world.as(nurse))).find(({ consultId }) => consultId === id)).toMatchObject({
    rungByName: '周敏',
    may: { admit: false, tell: true }
  });
  expect(await listWaiting(world.as(reception))).toEqual([]);
  expect(await listWaiting(world.as(stranger))).toEqual([]);
  rings = [];
  await admitPatient(world.as(li), id, identity);
  expect(await ask(boss)).toEqual({ ring: false, waits: false });
  expect(await missed(li)).toEqual([]);
  // What rang, and what says so, ends everywhere.
  await until(() => rings.length >= 3);
  expect(rings.map(({ ring }) => ring)).toEqual([false, false, false]);
});

test('[CN-33] one of two is let in: it goes on for the other, and ends with them', async () => {
  const { li } = world.people;
  rings = [];
  const { id, identity } = await waiting();
  const other = `p:${newId()}`;
  await owner`insert into consult_seat (id, organisation_id, consult_id, identity, name, role, state, waiting_since, changed_at)
    select ${newId()}, organisation_id, consult_id, ${other}, name, 'delegate', state, waiting_since, changed_at
    from consult_seat where consult_id = ${id} and identity = ${identity}`;
  // That both came has been told: what is heard from here on is what letting in tells.
  await until(() => rings.length >= 6);
  for (const [who, ring] of [
    [identity, true],
    [other, false]
  ] as const) {
    rings = [];
    await admitPatient(world.as(li), id, who);
    await until(() => rings.length >= 3);
    expect(rings.map((one) => one.ring)).toEqual([ring, ring, ring]);
  }
});

test('[CN-34] on hold they leave the call and keep their place; let in, they are in', async () => {
  const { li, nurse, wang } = world.people;
  const { id, visitor, identity } = await waiting();
  const since = (await seats(id))[0];
  await admitPatient(world.as(li), id, identity);
  await enterRoom(world.as(visitor), id);
  const system: SystemActor = { kind: 'system', organisationId: '', reason: 'media server' };
  const news = (kind: 'joined' | 'left') =>
    applyRoomNews(world.as(system), { room: id, identity, kind, at: new Date(Date.now() + 1_000) });
  await news('joined');
  heard.length = 0;
  expect(await refusal(holdPatient(world.as(nurse), id, identity))).toBe('forbidden');
  await holdPatient(world.as(wang), id, identity);
  await until(() => heard.includes('access seat.ended') && heard.includes(`consult:${id} patient.held`));
  // That they left the call is no news: they wait.
  await news('left');
  expect(await readVisit(world.as(visitor))).toMatchObject({ stage: 'waiting', held: true });
  expect(await refusal(enterRoom(world.as(visitor), id))).toBe('not_admitted');
  expect(await seats(id)).toMatchObject([
    { waiting_since: (since as unknown as { waiting_since: Date }).waiting_since }
  ]);
  await admitPatient(world.as(li), id, identity);
  expect(await readVisit(world.as(visitor))).toMatchObject({ stage: 'admitted', held: false });
  await over(id);
});

test('[CN-34] taken to another room of the same patient: link, page and place go with them', async () => {
  const { li, wang } = world.people;
  const from = await waiting();
  const to = await invited(world);
  const board = (await readConsult(world.as(li), from.id)).boardId!;
  const foreign = await invited(world, { patientId: world.otherPatientId });
  const go = (who: MemberActor, toConsultId: string) =>
    moveToRoom(world.as(who), from.id, { identity: from.identity, toConsultId });
  expect(await refusal(go(wang, to.id))).toBe('forbidden');
  expect(await refusal(go(li, foreign.id))).toBe('not_found');
  expect((await readConsult(world.as(li), from.id)).otherRooms.map(({ id }) => id)).toContain(to.id);
  const [before] = await seats(from.id);
  await go(li, to.id);
  expect(await refusal(go(li, to.id))).toBe('not_found');

  const again = await entered(world, from.token);
  expect(again).toMatchObject({ consultId: to.id, inviteId: from.visitor.inviteId });
  expect(await readVisit(world.as(again))).toMatchObject({ consultId: to.id, stage: 'waiting' });
  expect(await refusal(boardAccess(world.as(again), board))).toBe('not_found');
  expect(await seats(to.id)).toMatchObject([
    { state: 'waiting', waiting_since: (before as unknown as { waiting_since: Date }).waiting_since }
  ]);
  expect(await seats(from.id)).toMatchObject([{ state: 'left' }]);
  expect(await trail(from.id, 'room.move')).toBe(1);
  await over(to.id);
});

test('[CN-35] another time is on the page at once, and the link lives as long', async () => {
  const { li, wang, nurse } = world.people;
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  await askClinic(world.as(visitor), { kind: 'other-time', text: '下周', minutes: null });
  const slotAt = new Date(Date.now() + 20 * 24 * 60 * minuteMs);
  expect(await refusal(moveVisit(world.as(nurse), id, slotAt))).toBe('forbidden');
  expect(await refusal(moveVisit(world.as(wang), id, slotAt))).toBe('forbidden');
  expect(await refusal(moveVisit(world.as(li), id, ago(1)))).toBe('slot_in_past');
  heard.length = 0;
  await moveVisit(world.as(li), id, slotAt);
  await until(() => heard.includes(`consult:${id} patient.rescheduled`));
  const moved = await readVisit(world.as(visitor));
  expect(moved).toMatchObject({ stage: 'early', slotAt, request: null });
  const [link] = (await readConsult(world.as(li), id)).invites;
  expect(link!.expiresAt.getTime()).toBe(slotAt.getTime() + 7 * 24 * 60 * minuteMs);
  await moveVisit(world.as(li), id, null);
  expect((await readVisit(world.as(visitor))).stage).toBe('ready');
  expect(await trail(id, 'visit.move')).toBe(2);
});

test('[CN-18] a consult taken back changes the patient’s page at once', async () => {
  const { id, token } = await invited(world, { accept: false });
  const visitor = await entered(world, token);
  heard.length = 0;
  await cancelConsult(world.as(world.people.li), id);
  await until(() => heard.includes(`consult:${id} consult.cancelled`));
  expect(isForPatient('consult.cancelled')).toBe(true);
  expect((await readVisit(world.as(visitor))).stage).toBe('cancelled');
});

test('[CALL-11] a check of the line opens no room of a consult, and is not asked for all day', async () => {
  const { token } = await invited(world);
  const visitor = await entered(world, token);
  const check = () => checkLine(world.as(visitor));
  expect(await check()).toEqual({
    url: '/sfu',
    iceServers: [],
    send: 'check/send',
    receive: 'check/receive'
  });
  for (let n = 1; n < 6; n++) await check();
  expect(await refusal(check())).toBe('too_many_tries');
  expect(await refusal(checkLine(world.as(world.people.li)))).toBeNull();
});

test('[CN-50] who has a seat and is not in the room is led back, and hears who comes and goes', async () => {
  const { li, wang, nurse, stranger } = world.people;
  const { id } = await invited(world, second());
  const seat = { li: `m:${li.userId}`, wang: `m:${wang.userId}` };
  const system: SystemActor = { kind: 'system', organisationId: '', reason: 'media server' };
  const news = async (who: keyof typeof seat, kind: 'joined' | 'left') =>
    applyRoomNews(world.as(system), { room: id, identity: seat[who], kind, at: new Date() });
  const back = (who: MemberActor) => readRoomToReturnTo(world.as(who));
  for (const who of [li, wang, nurse]) expect((await back(who))?.consultId).not.toBe(id);

  await enterRoom(world.as(li), id);
  await news('li', 'joined');
  // In the room there is nothing to return to; without a seat neither.
  for (const who of [li, nurse, stranger]) expect((await back(who))?.consultId).not.toBe(id);
  await enterRoom(world.as(wang), id);
  expect(await back(wang)).toMatchObject({ consultId: id, others: 1 });

  heard.length = 0;
  await news('li', 'left');
  await until(() => [li, wang].every(({ userId }) => heard.includes(`user:${userId} room`)));
  expect(await back(li)).toMatchObject({ consultId: id, others: 0 });
  // Never in it, and nobody there any more.
  expect((await back(wang))?.consultId).not.toBe(id);
  await owner`update consult_seat set changed_at = now() - interval '31 minutes' where identity = ${seat.li}`;
  expect((await back(li))?.consultId).not.toBe(id);
  await news('wang', 'joined');
  expect(await back(li)).toMatchObject({ consultId: id, others: 1 });
  await owner`update consult set status = 'closed' where id = ${id}`;
  expect((await back(li))?.consultId).not.toBe(id);
});
