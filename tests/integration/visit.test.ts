import { expect, test } from 'vitest';
import type { SystemActor } from '#lib/kernel/actor.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { boardAccess } from '#lib/features/consults/board.server.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import {
  doorState,
  invitePatient,
  passDoor,
  triesBeforeLock,
  visitorOf
} from '#lib/features/consults/invite.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import {
  admitPatient,
  applyRoomNews,
  enterRoom,
  takeSeat,
  waitInLobby
} from '#lib/features/consults/room.server.ts';
import { readVisit } from '#lib/features/consults/visit.server.ts';
import { refusal } from '../support/refusal.ts';
import { doorOf, entered as makeEntered, invited as makeInvited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();

const door = () => doorOf(world);
const invited = (accept = true) => makeInvited(world, { accept });
const entered = (token: string, more: { agrees?: boolean; digits?: string } = {}) =>
  makeEntered(world, token, more);

test('[CN-6] link and four digits open one consult; looking at the link changes nothing', async () => {
  const { id, token } = await invited();
  for (let i = 0; i < 10; i++) expect(await doorState(door(), token)).toBe('digits');
  const visitor = await entered(token);
  expect(visitor).toMatchObject({ consultId: id, patientId: world.patientId });
  expect(await readVisit(world.as(visitor))).toMatchObject({
    stage: 'ready',
    dentist: '李明',
    expert: { name: '王志远' }
  });
});

test('[CN-6] a guessed link is none; five wrong tries lock it, also when made at once', async () => {
  expect(await refusal(doorState(door(), 'x'.repeat(32)))).toBe('link_invalid');
  const { token } = await invited();
  const tries = await Promise.all(
    Array.from({ length: triesBeforeLock + 3 }, () => refusal(passDoor(door(), { token, digits: '0000' })))
  );
  expect(tries.filter((code) => code === 'link_wrong_digits')).toHaveLength(triesBeforeLock - 1);
  expect(await doorState(door(), token)).toBe('locked');
  expect(await refusal(passDoor(door(), { token, digits: '1234' }))).toBe('link_locked');
});

test('[CN-6] a new link ends the one before, and who came in by it', async () => {
  const { id, token } = await invited();
  const { secret } = await passDoor(door(), { token, digits: '1234' });
  await invitePatient(world.as(world.people.li), id);
  expect(await doorState(door(), token)).toBe('expired');
  expect(await refusal(passDoor(door(), { token, digits: '1234' }))).toBe('link_expired');
  expect(await visitorOf(world.services, secret)).toBeNull();
});

test('[CN-6] [CN-10] waits, is let in by staff, leaves and comes back without waiting again', async () => {
  const { id, token } = await invited();
  const { li, wang, stranger, nurse } = world.people;
  const visitor = await entered(token);
  expect(await refusal(enterRoom(world.as(visitor), id))).toBe('not_admitted');
  expect(await refusal(takeSeat(world.as(visitor), id))).toBe('not_admitted');
  expect(await waitInLobby(world.as(visitor))).toBe('waiting');
  expect(await waitInLobby(world.as(visitor))).toBe('waiting');
  const identity = `p:${visitor.inviteId}`;
  expect((await readConsult(world.as(wang), id)).seats).toMatchObject([{ identity, state: 'waiting' }]);
  expect(await refusal(admitPatient(world.as(stranger), id, identity))).toBe('not_found');
  expect(await refusal(admitPatient(world.as(nurse), id, identity))).toBe('forbidden');
  await admitPatient(world.as(li), id, identity);
  expect((await enterRoom(world.as(visitor), id, { held: true })).token).toBe(`${id}/${identity}/held`);
  await takeSeat(world.as(visitor), id);

  const system: SystemActor = { kind: 'system', organisationId: '', reason: 'media server' };
  const at = (ms: number) => new Date(Date.now() + ms);
  const news = (kind: 'joined' | 'left', when: Date) =>
    applyRoomNews(world.as(system), { room: id, identity, kind, at: when });
  const stateNow = async () => (await readConsult(world.as(li), id)).seats[0]?.state;
  await news('joined', at(1000));
  expect(await stateNow()).toBe('in-room');
  await news('left', at(500));
  expect(await stateNow()).toBe('in-room');
  await news('left', at(2000));
  await news('left', at(2000));
  expect(await stateNow()).toBe('left');
  // For the replay: what changed something, once each.
  const [seat] = (await readConsult(world.as(li), id)).seats;
  expect(seat?.steps.map(({ state }) => state)).toEqual(['in-room', 'left']);
  expect((await readVisit(world.as(visitor))).stage).toBe('admitted');
});

test('[CN-6] the patient sees the board, and nothing of the record, the notes or another consult', async () => {
  const first = await invited();
  const second = await invited();
  const visitor = await entered(first.token);
  const { li } = world.people;
  const boardOf = async (id: string) => (await readConsult(world.as(li), id)).boardId!;
  expect(await boardAccess(world.as(visitor), await boardOf(first.id))).toMatchObject({
    mode: 'read',
    role: 'patient'
  });
  expect(await refusal(boardAccess(world.as(visitor), await boardOf(second.id)))).toBe('not_found');
  expect(await refusal(enterRoom(world.as(visitor), second.id))).toBe('not_found');
});

test('[CN-6] the same link tells early, over and expired apart', async () => {
  const { id, token } = await invited(false);
  expect((await readVisit(world.as(await entered(token)))).stage).toBe('early');
  await acceptConsult(world.as(world.people.wang), id);
  const visitor = await entered(token);
  await closeConsult(world.as(world.people.li), id, null);
  expect((await readVisit(world.as(visitor))).stage).toBe('over');
  expect(await doorState(door(), token)).toBe('over');
  expect(await refusal(enterRoom(world.as(visitor), id))).toBe('room_not_open');
});
