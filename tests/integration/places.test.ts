import type { IncomingMessage } from 'node:http';
import postgres from 'postgres';
import { beforeAll, expect, test } from 'vitest';
import { acceptInvitation, invite } from '#lib/features/identity/invitations.server.ts';
import { memberOf, standingOf } from '#lib/features/identity/member.server.ts';
import { listMembers, revokeMember } from '#lib/features/identity/members.server.ts';
import { choosePlace, listPlaces } from '#lib/features/identity/places.server.ts';
import { endSession } from '#lib/features/identity/sessions.server.ts';
import { invitationInput } from '#lib/features/identity/schema.ts';
import { newId } from '#lib/kernel/ids.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { applyRoomNews, enterRoom } from '#lib/features/consults/room.server.ts';
import { consults } from '#lib/features/consults/tables.server.ts';
import * as v from 'valibot';
import { createAuthorise } from '../../server/collab/board-access.ts';
import { followAccess } from '../../server/follow-access.ts';
import { doorFrom, signedIn } from '../support/doors.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();
const email = 'wang@test.invalid';
const enter = () => signedIn(world, world.people.wang, { email, password: testPassword });
const standing = ({ headers }: { headers: Headers }) =>
  world.services.auth
    .session(headers)
    .then((session) => standingOf(world.services.systemDb, session!, new Date()));
const move = async ({ headers }: { headers: Headers }, memberId: string) =>
  choosePlace(doorFrom(world), (await world.services.auth.session(headers))!, memberId);
/** Wang’s place in the town clinic, beside the one in the hospital. */
let clinicPlace: string;

beforeAll(async () => {
  const boss = world.as(world.people.boss);
  const offer = v.parse(invitationInput, { email, name: '王志远', role: 'dentist' });
  const { url } = await invite(boss, offer);
  const token = url.slice(url.lastIndexOf('/') + 1);
  await acceptInvitation({ ...doorFrom(world), db: world.services.db }, token, testPassword);
  clinicPlace = (await listMembers(boss)).find((one) => one.email === email)!.id;
});

async function trail(action: string): Promise<Record<string, unknown>[]> {
  const owner = postgres(world.database.ownerUrl, { max: 1 });
  try {
    return await owner`select * from audit_event where action = ${action} order by number desc`;
  } finally {
    await owner.end();
  }
}

test('[ID-30] with several places and none used yet one chooses first; the next session begins there', async () => {
  const first = await enter();
  expect(await standing(first)).toMatchObject({ member: null, choosing: { memberId: null }, places: 2 });
  const places = await listPlaces(world.services.systemDb, first.session);
  expect(places.map(({ role, here, last }) => ({ role, here, last }))).toEqual([
    { role: 'expert', here: false, last: false },
    { role: 'dentist', here: false, last: false }
  ]);
  expect(await refusal(move(first, world.people.li.memberId))).toBe('not_found');
  expect(await refusal(move(first, newId()))).toBe('not_found');
  await move(first, clinicPlace);
  expect((await standing(first)).member).toMatchObject({
    memberId: clinicPlace,
    organisationId: world.people.boss.organisationId,
    role: 'dentist'
  });
  expect((await standing(await enter())).member).toMatchObject({ memberId: clinicPlace });
});

test('[ID-31] switching: both trails say so, neither names the other; other sessions stay where they are', async () => {
  const here = await enter();
  const there = await enter();
  const { wang, boss } = world.people;
  await move(here, wang.memberId);
  expect((await standing(here)).member).toMatchObject({ memberId: wang.memberId, role: 'expert' });
  expect((await standing(there)).member).toMatchObject({ memberId: clinicPlace });
  const [entered] = await trail('session.enter');
  const [left] = await trail('session.leave');
  expect(entered).toMatchObject({ organisation_id: world.hospitalId, subject_id: wang.memberId });
  expect(left).toMatchObject({ organisation_id: boss.organisationId, subject_id: clinicPlace });
  for (const line of [entered!, left!]) expect(line['actor_organisation_id']).toBe(line['organisation_id']);
});

test('[ID-33] a seat ends with the session that took it, though its person has another, and on switching', async () => {
  const { li, wang } = world.people;
  const { id: consultId } = await askExpert(
    world.as(li),
    questionOf({
      patientId: world.patientId,
      question: '36 叩痛',
      target: { kind: 'expert', expertId: wang.userId }
    })
  );
  await acceptConsult(world.as(wang), consultId);
  const removed: string[] = [];
  const media = {
    ...world.services.media,
    remove: async (_: string, identity: string) => void removed.push(identity)
  };
  const news = () =>
    followAccess(
      { ...world.services, media },
      { recheck: async () => {}, recheckAll: async () => {} },
      { topic: 'access', name: 'session.ended', data: { userId: wang.userId } }
    );
  const seat = `m:${wang.userId}`;
  const system = { kind: 'system' as const, organisationId: '', reason: 'test' };
  const sit = async ({ headers }: { headers: Headers }) => {
    const session = (await world.services.auth.session(headers))!;
    const actor = (await memberOf(world.services.systemDb, session, new Date()))!;
    await enterRoom(world.as(actor), consultId);
    const told = { room: consultId, identity: seat, kind: 'joined' as const, at: new Date() };
    await applyRoomNews(world.as(system), told);
    return actor;
  };
  const pc = await enter();
  const phone = await enter();
  await sit(pc);
  const onPhone = await sit(phone);
  // The seat is the phone’s by now.
  await endSession(world.as(onPhone), pc.session.sessionId);
  await news();
  expect(removed).toEqual([]);
  await endSession(world.as(onPhone), phone.session.sessionId);
  const third = await enter();
  await news();
  expect(removed).toEqual([seat]);
  await sit(third);
  await news();
  expect(removed).toEqual([seat]);
  await move(third, clinicPlace);
  await news();
  expect(removed).toEqual([seat, seat]);
});

test('[ID-32] a board opened as a member of one organisation is nobody’s in another', async () => {
  const here = await enter();
  await move(here, world.people.wang.memberId);
  const [consult] = await world.services.systemDb.select().from(consults).limit(1);
  const boardId = await readConsult(world.as(world.people.wang), consult!.id).then((view) => view.boardId!);
  const open = (drawnFor: string) =>
    createAuthorise(world.services)(
      {
        headers: { cookie: here.headers.get('cookie') },
        url: `/collab/${boardId}?place=${drawnFor}`,
        socket: { remoteAddress: '127.0.0.1' }
      } as unknown as IncomingMessage,
      boardId
    );
  expect(await open(world.people.wang.memberId)).toMatchObject({ ok: true });
  expect(await open(clinicPlace)).toEqual({ ok: false, close: 'forbidden' });
});

test('[ID-30] leaving one place keeps the others, and nobody acts in another by that', async () => {
  const here = await enter();
  await move(here, clinicPlace);
  await revokeMember(world.as(world.people.boss), clinicPlace);
  expect(await standing(here)).toMatchObject({
    member: null,
    choosing: { userId: world.people.wang.userId }
  });
  await move(here, world.people.wang.memberId);
  expect((await standing(here)).member).toMatchObject({ memberId: world.people.wang.memberId });
  expect(await standing(await enter())).toMatchObject({ member: { role: 'expert' }, places: 1 });
});
