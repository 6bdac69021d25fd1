import { expect, test } from 'vitest';
import { once } from '#lib/kernel/bytes.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { admitPatient, waitInLobby } from '#lib/features/consults/room.server.ts';
import { sendStill } from '#lib/features/consults/still.server.ts';
import { answerOnVisit } from '#lib/features/consults/visit.server.ts';
import { holdPatient } from '#lib/features/consults/waiting.server.ts';
import { listImages, readFrame } from '#lib/features/imaging/read.server.ts';
import { answers } from '../support/consent.ts';
import { drawFace } from '../support/drawn-face.ts';
import { refusal } from '../support/refusal.ts';
import { entered, invited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;

async function inCall() {
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  const still = (bytes: Uint8Array) =>
    sendStill(world.as(visitor), { source: once(bytes), declaredBytes: bytes.length });
  return { id, visitor, still, identity: `p:${visitor.inviteId}` };
}

test('[CN-46] a patient in the call puts a picture of their own into the record and before this consult’s expert', async () => {
  const { li, wang, liu } = world.people;
  const { id, visitor, still, identity } = await inCall();
  const face = await drawFace({ opening: 0.6 });
  expect(await refusal(still(face))).toBe('not_admitted');
  await waitInLobby(world.as(visitor));
  expect(await refusal(still(face))).toBe('not_admitted');
  await admitPatient(world.as(li), id, identity);
  const { imageId } = await still(face);

  const [image] = (await listImages(world.as(li), world.patientId)).filter((one) => one.id === imageId);
  expect(image).toMatchObject({ kind: 'intraoral-photo', uploadedByName: visitor.name, calibration: null });
  expect(image!.pixelSpacing.source).toBe('none');
  expect(await refusal(readFrame(world.as(wang), imageId))).toBeNull();
  expect(await refusal(readFrame(world.as(liu), imageId))).toBe('not_found');
  const trail = await owner<{ action: string }[]>`
    select action from audit_event where subject_id = ${imageId} order by number`;
  expect(trail.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['image.upload', 'visit.still', 'grant.add'])
  );
  expect((await readConsult(world.as(wang), id)).status).toBe('accepted');
});

test('[CN-46] not while asked to wait on, not without consent, no other files, and not once it is over', async () => {
  const { li } = world.people;
  const { id, visitor, still, identity } = await inCall();
  const face = await drawFace({ opening: 0.4 });
  await waitInLobby(world.as(visitor));
  await admitPatient(world.as(li), id, identity);
  expect(await refusal(still(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')))).toBe(
    'file_not_an_image'
  );
  await holdPatient(world.as(li), id, identity);
  expect(await refusal(still(face))).toBe('not_admitted');
  await admitPatient(world.as(li), id, identity);
  await answerOnVisit(world.as(visitor), answers({ video: false }));
  expect(await refusal(still(face))).toBe('consent_missing');
  await answerOnVisit(world.as(visitor), answers({ video: true }));
  await closeConsult(world.as(li), id, null);
  expect(await refusal(still(face))).toMatch(/room_not_open|consult_closed|link_expired/);
});
