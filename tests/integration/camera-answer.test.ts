import { expect, test } from 'vitest';
import { answerCamera } from '#lib/features/consults/camera-answer.server.ts';
import type { CameraTold } from '#lib/features/consults/camera-answer.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { readTold } from '#lib/features/consults/room/call/camera/told.ts';
import { admitPatient, applyRoomNews, waitInLobby } from '#lib/features/consults/room.server.ts';
import { holdPatient } from '#lib/features/consults/waiting.server.ts';
import { refusal } from '../support/refusal.ts';
import { entered, invited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;

/** The patient, let in; `arrive` and `leave` are the media server's to tell. */
async function inCall() {
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  const identity = `p:${visitor.inviteId}`;
  const li = `m:${world.people.li.userId}`;
  const told: { message: CameraTold; to: readonly string[] }[] = [];
  const as = world.as(visitor);
  const media = {
    ...world.services.media,
    tell: async (_: string, __: string, message: object, to: readonly string[]) =>
      void told.push({ message: message as CameraTold, to })
  };
  let later = 0;
  const moves = (who: string, kind: 'joined' | 'left' = 'joined') =>
    applyRoomNews(world.as({ kind: 'system', organisationId: '', reason: 'media server' }), {
      ...{ room: id, identity: who, kind },
      at: new Date(Date.now() + 1000 * ++later)
    });
  const answer = (
    said: Partial<Parameters<typeof answerCamera>[1]> & {
      answer: Parameters<typeof answerCamera>[1]['answer'];
    }
  ) => answerCamera({ ...as, actor: visitor, media }, { to: li, cannot: [], ...said });
  await waitInLobby(as);
  return { id, identity, li, told, moves, answer };
}
const letIn = (id: string, identity: string) => admitPatient(world.as(world.people.li), id, identity);

test('[CALL-51] who asked hears each answer and nobody else does; each is in the trail with who asked', async () => {
  const { id, identity, li, told, moves, answer } = await inCall();
  await letIn(id, identity);
  for (const one of [identity, li, `m:${world.people.wang.userId}`]) await moves(one);
  await answer({ answer: 'no' });
  await answer({ answer: 'yes' });
  await answer({ answer: 'cannot', cannot: ['torch', 'lock'] });
  await answer({ answer: 'taken-back' });
  expect(told.map(({ to }) => to)).toEqual([[li], [li], [li], [li]]);
  const bytes = (message: object) => new TextEncoder().encode(JSON.stringify(message));
  expect(told.map(({ message }) => readTold(bytes(message)))).toEqual([
    { identity, answer: 'no', cannot: [] },
    { identity, answer: 'yes', cannot: [] },
    { identity, answer: 'cannot', cannot: ['torch', 'lock'] },
    { identity, answer: 'taken-back', cannot: [] }
  ]);
  expect(readTold(bytes({ identity, answer: 'maybe', cannot: [] }))).toBeNull();
  const trail = await owner<{ action: string; detail: object; patientId: string }[]>`
    select action, detail, patient_id as "patientId" from audit_event
    where consult_id = ${id} and action like 'camera.%' order by number`;
  expect(trail).toEqual([
    { action: 'camera.refuse', detail: { identity: li }, patientId: world.patientId },
    { action: 'camera.allow', detail: { identity: li }, patientId: world.patientId },
    {
      action: 'camera.cannot',
      detail: { identity: li, cannot: ['torch', 'lock'] },
      patientId: world.patientId
    },
    { action: 'camera.take-back', detail: { identity: li }, patientId: world.patientId }
  ]);
});

test('[CALL-51] nobody answers from outside the call, to somebody outside of it, or after its end', async () => {
  const { id, identity, li, told, moves, answer } = await inCall();
  await moves(li);
  expect(await refusal(answer({ answer: 'yes' }))).toBe('not_admitted');
  await letIn(id, identity);
  expect(await refusal(answer({ answer: 'yes' }))).toBe('not_found');
  await moves(identity);
  expect(await refusal(answer({ answer: 'yes', to: `m:${world.people.wang.userId}` }))).toBe('not_found');
  // Nobody of another consult either.
  const other = await inCall();
  await other.moves(`m:${world.people.nurse.userId}`);
  expect(await refusal(answer({ answer: 'yes', to: `m:${world.people.nurse.userId}` }))).toBe('not_found');
  await moves(li, 'left');
  expect(await refusal(answer({ answer: 'yes' }))).toBe('not_found');
  await moves(li);
  await holdPatient({ ...world.as(world.people.li), actor: world.people.li }, id, identity);
  expect(await refusal(answer({ answer: 'yes' }))).toBe('not_admitted');
  await closeConsult(world.as(world.people.li), id, null);
  expect(await refusal(answer({ answer: 'yes' }))).toBe('room_not_open');
  expect(told).toEqual([]);
  const [kept] = await owner<{ acts: number }[]>`
    select count(*)::int as acts from audit_event where consult_id = ${id} and action like 'camera.%'`;
  expect(kept!.acts).toBe(0);
});
