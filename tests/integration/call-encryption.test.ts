import { expect, test } from 'vitest';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { chooseEncryption } from '#lib/features/consults/encryption.server.ts';
import { letBack, showOut } from '#lib/features/consults/moderate.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import {
  admitPatient,
  applyRoomNews,
  currentKey,
  enterRoom,
  takeSeat,
  waitInLobby
} from '#lib/features/consults/room.server.ts';
import { readVisit } from '#lib/features/consults/visit.server.ts';
import { holdPatient } from '#lib/features/consults/waiting.server.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { entered, invited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const can = { encrypts: true };
const keyForm = /^[\w-]{43}$/;

/** A consult among colleagues: no patient has a door to it. */
async function amongColleagues(): Promise<string> {
  const { li, wang } = world.people;
  const target = { kind: 'expert' as const, expertId: wang.userId };
  const { id } = await askExpert(
    world.as(li),
    questionOf({ patientId: world.patientId, question: '?', target })
  );
  await acceptConsult(world.as(wang), id);
  return id;
}
async function visit(): Promise<{ id: string; visitor: PatientLinkActor }> {
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  await waitInLobby(world.as(visitor));
  return { id, visitor };
}
const seatOf = (visitor: PatientLinkActor) => `p:${visitor.inviteId}`;
const told = (room: string, identity: string, kind: 'joined' | 'left', at = new Date()) =>
  applyRoomNews(world.as({ kind: 'system', organisationId: '', reason: 'media server' } as const), {
    ...{ room, identity, kind, at }
  });
const staff = ({ userId }: MemberActor) => `m:${userId}`;

test('[CN-80] [CN-82] a visit is encrypted; who may sit in it gets the same key, nobody else any, and no ticket holds it', async () => {
  const { li, wang, stranger, reception } = world.people;
  const { id, visitor } = await visit();
  const { encryption, token } = await enterRoom(world.as(li), id, can);
  expect(encryption).toMatchObject({ on: true, why: 'visit', epoch: 1 });
  expect(encryption.key).toMatch(keyForm);
  expect(token).not.toContain(encryption.key);
  expect((await takeSeat(world.as(wang), id, can)).key).toBe(encryption.key);
  // In the lobby too, so that Join need not wait for it; the first picture would be lost else.
  expect((await enterRoom(world.as(wang), id, { ...can, held: true })).encryption.key).toBe(encryption.key);

  expect(await refusal(currentKey(world.as(visitor), id))).toBe('not_admitted');
  await admitPatient(world.as(li), id, seatOf(visitor));
  expect((await enterRoom(world.as(visitor), id, can)).encryption.key).toBe(encryption.key);
  for (const outsider of [stranger, reception])
    expect(await refusal(currentKey(world.as(outsider), id))).toBe('not_found');
  const other = await visit();
  expect((await enterRoom(world.as(li), other.id, can)).encryption.key).not.toBe(encryption.key);

  // Pages are told where it stands, and no key; neither is what is kept, or the trail.
  for (const view of [await readConsult(world.as(li), id), await readVisit(world.as(visitor))])
    expect(view.encryption).toEqual({ on: true, why: 'visit', name: null, epoch: 1 });
  const kept = await world.database
    .owner`select secret, cannot from call_encryption where consult_id = ${id}`;
  expect(kept).toMatchObject([{ secret: expect.stringMatching(/^cf1\./) as string, cannot: [] }]);
  const trail = await world.database.owner`select detail::text from audit_event where consult_id = ${id}`;
  expect(JSON.stringify(trail)).not.toContain(encryption.key);
});

test('[CN-81] off among colleagues, as a host chooses, and told where somebody’s browser cannot', async () => {
  const { li, wang, nurse } = world.people;
  const id = await amongColleagues();
  expect((await enterRoom(world.as(li), id, can)).encryption).toMatchObject({
    on: false,
    why: 'staff',
    key: null
  });
  expect(await refusal(chooseEncryption(world.as(nurse), id, true))).toBe('forbidden');
  await chooseEncryption(world.as(wang), id, true);
  const chosen = await takeSeat(world.as(li), id, can);
  expect(chosen).toMatchObject({ on: true, why: 'chosen', name: wang.name });
  await told(id, staff(li), 'joined');

  // To look round the lobby turns nothing off; to come in does, for all, and says who.
  const held = await enterRoom(world.as(nurse), id, { held: true });
  expect(held.encryption).toMatchObject({ on: true, key: null });
  expect(await takeSeat(world.as(nurse), id)).toMatchObject({
    on: false,
    why: 'cannot',
    name: nurse.name,
    key: null
  });
  expect(await currentKey(world.as(li), id)).toMatchObject({
    on: false,
    why: 'cannot',
    name: nurse.name,
    key: null
  });
  expect(await refusal(chooseEncryption(world.as(li), id, true))).toBe('call_cannot_encrypt');
  // With a browser that can, it is on again.
  expect(await takeSeat(world.as(nurse), id, can)).toMatchObject({ on: true, key: chosen.key });
  await chooseEncryption(world.as(li), id, false);
  expect(await currentKey(world.as(li), id)).toMatchObject({ on: false, why: 'chosen', name: li.name });
  const steps = await world.database.owner`select detail from audit_event
    where consult_id = ${id} and action = 'room.encryption' order by number`;
  expect(steps.map(({ detail }) => detail)).toEqual([
    { on: true, why: 'chosen' },
    { on: false, why: 'cannot' },
    { on: true, why: 'chosen' },
    { on: false, why: 'chosen' }
  ]);
});

test('[CN-82] whoever left, was shown out or asked to wait on reads nothing that follows', async () => {
  const { li, wang, nurse } = world.people;
  const { id, visitor } = await visit();
  await admitPatient(world.as(li), id, seatOf(visitor));
  const keys: (string | null)[] = [];
  const look = async () => {
    const { key, epoch } = await takeSeat(world.as(li), id, can);
    expect(epoch).toBe(keys.length + 1);
    keys.push(key);
  };
  await look();
  for (const identity of [staff(li), staff(wang), staff(nurse), seatOf(visitor)])
    await told(id, identity, 'joined');
  await enterRoom(world.as(nurse), id, can);

  await told(id, staff(wang), 'left', new Date(Date.now() + 1_000));
  await look();
  // Told twice, it is one going.
  await told(id, staff(wang), 'left', new Date(Date.now() + 1_000));
  await showOut(world.as(li), id, staff(nurse));
  await look();
  expect(await refusal(currentKey(world.as(nurse), id))).toBe('call_removed');
  await holdPatient(world.as(li), id, seatOf(visitor));
  await look();
  expect(await refusal(currentKey(world.as(visitor), id))).toBe('not_admitted');
  expect(new Set(keys).size).toBe(4);
  await letBack(world.as(li), id, staff(nurse));
  expect((await currentKey(world.as(nurse), id)).key).toBe(keys.at(-1));
});

test('[CN-81] with the last one, whoever could not has gone too', async () => {
  const { li, nurse } = world.people;
  const { id } = await visit();
  await takeSeat(world.as(li), id, can);
  await takeSeat(world.as(nurse), id);
  for (const person of [li, nurse]) await told(id, staff(person), 'joined');
  await world.database.owner`update call_encryption
    set cannot = jsonb_set(cannot, '{0,at}', '"2026-01-01T00:00:00.000Z"') where consult_id = ${id}`;
  const later = new Date(Date.now() + 1_000);
  await told(id, staff(nurse), 'left', later);
  // Nobody's call is switched over and over while a line comes and goes.
  expect(await currentKey(world.as(li), id)).toMatchObject({ on: false, why: 'cannot' });
  await told(id, staff(li), 'left', later);
  expect(await currentKey(world.as(li), id)).toMatchObject({ on: true, why: 'visit' });
});
