import { describe, expect, test } from 'vitest';
import type { Actor } from '#lib/kernel/actor.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { saveOpinion, signOpinion } from '#lib/features/consults/advise.server.ts';
import { imageUses, shareImage } from '#lib/features/consults/share.server.ts';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { listImages, readFrame } from '#lib/features/imaging/read.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { restoreImage, withdrawImage } from '#lib/features/imaging/withdraw.server.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();

const file = (instance: number) =>
  fixtureDicom({
    set: [
      ['00080018', 'UI', `2.25.${instance}`],
      ['00100010', 'PN', '王^秀英'],
      ['00100020', 'LO', 'P1'],
      ['00100030', 'DA', '19590302']
    ]
  });
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
const upload = (actor: Actor, instance: number) =>
  uploadImage(world.as(actor), {
    patientId: world.patientId,
    fileName: 'x.dcm',
    source: once(file(instance))
  });
const made = async (instance: number) => (await upload(world.people.li, instance)).image.id;
const listed = async (withdrawn: boolean, actor: Actor = world.people.li) =>
  (await listImages(world.as(actor), world.patientId, { withdrawn })).map(({ id }) => id);

const ask = (imageIds: string[]) =>
  askExpert(
    world.as(world.people.li),
    questionOf({
      patientId: world.patientId,
      target: { kind: 'expert', expertId: world.people.wang.userId },
      share: { imageIds, allergies: true, chart: true }
    })
  );

describe('withdrawing a picture', () => {
  test('[IM-21] takes it out of the list, keeps it with who and why, and brings it back', async () => {
    const { li, nurse } = world.people;
    const imageId = await made(1);
    const view = await withdrawImage(world.as(nurse), { imageId, reason: '拍摄不清' });
    expect(view.withdrawn).toMatchObject({ by: nurse.name, reason: '拍摄不清' });
    expect(await listed(false)).not.toContain(imageId);
    expect(await listed(true)).toContain(imageId);
    // Said once: the first word stays.
    expect((await withdrawImage(world.as(li), { imageId, reason: '别的' })).withdrawn).toEqual(
      view.withdrawn
    );
    // Nothing is destroyed: whoever looks at the folded list still sees it.
    expect((await readFrame(world.as(li), imageId)).headers['content-encoding']).toBe('gzip');
    expect((await restoreImage(world.as(li), imageId)).withdrawn).toBeNull();
    expect(await listed(false)).toContain(imageId);
    expect(await listed(true)).not.toContain(imageId);
  });

  test('[IM-21] the same file put in again brings it back', async () => {
    const imageId = await made(2);
    await withdrawImage(world.as(world.people.li), { imageId, reason: '重复' });
    const again = await upload(world.people.li, 2);
    expect(again).toMatchObject({ already: true, image: { id: imageId, withdrawn: null } });
    expect(await listed(false)).toContain(imageId);
  });

  test('[IM-21] no question opens a withdrawn picture, no board gets it anew', async () => {
    const imageId = await made(3);
    const { id } = await ask([]);
    await acceptConsult(world.as(world.people.wang), id);
    await withdrawImage(world.as(world.people.li), { imageId, reason: '放错患者' });
    expect(await refusal(ask([imageId]))).toBe('not_found');
    expect(await refusal(shareImage(world.as(world.people.li), id, imageId))).toBe('not_found');
  });

  test('[IM-15] who may not put pictures in may not withdraw; elsewhere it does not exist', async () => {
    const imageId = await made(4);
    const { reception, wang, stranger } = world.people;
    await ask([imageId]);
    const input = { imageId, reason: 'x' };
    expect(await refusal(withdrawImage(world.as(reception), input))).toBe('forbidden');
    expect(await refusal(withdrawImage(world.as(wang), input))).toBe('forbidden');
    expect(await refusal(restoreImage(world.as(wang), imageId))).toBe('forbidden');
    expect(await refusal(withdrawImage(world.as(stranger), input))).toBe('not_found');
    expect(await listed(false)).toContain(imageId);
  });

  test('[IM-22] says which boards show it and which signed opinions saw it, to the own side only', async () => {
    const { li, wang, stranger, reception } = world.people;
    const imageId = await made(5);
    expect(await imageUses(world.as(li), imageId)).toEqual([]);
    const open = await ask([imageId]);
    const signed = await ask([imageId]);
    await acceptConsult(world.as(wang), signed.id);
    await saveOpinion(world.as(wang), signed.id, {
      diagnosis: 'K04.5',
      text: '根尖周炎',
      advice: '根管治疗'
    });
    await signOpinion(world.as(wang), signed.id, testPassword);
    const uses = await imageUses(world.as(li), imageId);
    expect(uses).toHaveLength(2);
    expect(uses).toContainEqual({ consultId: open.id, number: open.number, signed: false });
    expect(uses).toContainEqual({ consultId: signed.id, number: signed.number, signed: true });
    expect(await refusal(imageUses(world.as(stranger), imageId))).toBe('not_found');
    expect(await refusal(imageUses(world.as(reception), imageId))).toBe('forbidden');
    // The expert goes on seeing what they were shown.
    await withdrawImage(world.as(li), { imageId, reason: '拍摄不清' });
    expect((await readFrame(world.as(wang), imageId)).headers['content-encoding']).toBe('gzip');
  });
});
