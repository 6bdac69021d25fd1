import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import {
  addToGrant,
  changeGrantDays,
  changeGrantEnd,
  endGrant,
  readGrantDays,
  takeBack
} from '#lib/features/consults/grants.server.ts';
import type { GrantKind } from '#lib/features/consults/consult.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { enterRoom } from '#lib/features/consults/room.server.ts';
import { shareImage } from '#lib/features/consults/share.server.ts';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { listImages, readFrame } from '#lib/features/imaging/read.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { readPatient } from '#lib/features/patients/patients.server.ts';
import { closeCodes } from '../../server/collab/close-codes.ts';
import { useLiveAccess } from '../support/live-access.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { until } from '../support/until.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;
let imageId: string;

beforeAll(async () => {
  async function* file() {
    yield fixtureDicom({
      set: [
        ['00080018', 'UI', '2.25.1'],
        ['00100010', 'PN', '王^秀英'],
        ['00100020', 'LO', 'P1'],
        ['00100030', 'DA', '19590302']
      ]
    });
  }
  const uploaded = await uploadImage(world.as(world.people.li), {
    patientId: world.patientId,
    fileName: 'x.dcm',
    source: file()
  });
  imageId = uploaded.image.id;
});

const as = (who: keyof typeof world.people) => world.as(world.people[who]);
async function consult({ accepted = true } = {}): Promise<string> {
  const { id } = await askExpert(
    as('li'),
    questionOf({
      patientId: world.patientId,
      target: { kind: 'expert', expertId: world.people.wang.userId },
      share: { imageIds: [imageId], noteIds: [world.noteId], allergies: true, chart: true }
    })
  );
  if (accepted) await acceptConsult(as('wang'), id);
  return id;
}
const grantOf = async (id: string, who: keyof typeof world.people = 'li') =>
  (await readConsult(as(who), id)).grant;
const itemOf = async (id: string, kind: GrantKind) =>
  (await grantOf(id))!.items.find((item) => item.kind === kind)!;
async function look(who: keyof typeof world.people): Promise<void> {
  const { stream } = await readFrame(as(who), imageId);
  for await (const chunk of stream) expect(chunk.length).toBeGreaterThan(0);
}
const day = (fromNow: number) => new Date(Date.now() + fromNow * 86_400_000).toISOString().slice(0, 10);
const end = (id: string) => endGrant(as('li'), id);

describe('[CN-19] the grant in the asking dentist’s hands', () => {
  test('both sides see what is open, to whom, since and until when', async () => {
    const id = await consult();
    const mine = (await grantOf(id))!;
    expect(mine.state).toBe('open');
    expect(mine.items.map((item) => item.kind).toSorted()).toEqual(
      ['allergies', 'chart', 'identity', 'image', 'note'].toSorted()
    );
    expect(Math.round((mine.endsAt.getTime() - mine.startsAt.getTime()) / 86_400_000)).toBe(30);
    expect((await grantOf(id, 'wang'))!.items).toHaveLength(5);
    await end(id);
  });

  test('a picture and a note that are taken back are gone for the expert at once; all else stays', async () => {
    const id = await consult();
    expect(await refusal(look('wang'))).toBeNull();
    await takeBack(as('li'), id, (await itemOf(id, 'image')).id);
    await takeBack(as('li'), id, (await itemOf(id, 'note')).id);
    expect(await refusal(look('wang'))).toBe('not_found');
    expect(await listImages(as('wang'), world.patientId)).toEqual([]);
    const { notes: seen, health } = await readPatient(as('wang'), world.patientId);
    expect([seen, health.length]).toEqual([[], 1]);
    expect((await readConsult(as('wang'), id)).boardId).not.toBeNull();
    expect(await refusal(look('li'))).toBeNull();
    expect(await itemOf(id, 'image')).toMatchObject({ open: false, endedBy: '李明' });
    // Twice is once; who the patient is goes with the whole alone.
    expect(await refusal(takeBack(as('li'), id, (await itemOf(id, 'image')).id))).toBe('not_found');
    expect(await refusal(takeBack(as('li'), id, (await itemOf(id, 'identity')).id))).toBe('not_found');
    await addToGrant(as('li'), id, { items: [{ kind: 'image', itemId: imageId }], reason: '再看' });
    expect(await refusal(look('wang'))).toBeNull();
    await end(id);
  });

  test('ended, nothing of it is left: record, board, call; only opening it again brings it back', async () => {
    const id = await consult();
    await end(id);
    expect((await grantOf(id))!.state).toBe('ended');
    expect(await grantOf(id, 'wang')).toBeNull();
    expect(await refusal(readPatient(as('wang'), world.patientId))).toBe('not_found');
    expect(await refusal(enterRoom(as('wang'), id))).toBe('grant_ended');
    expect(await refusal(shareImage(as('li'), id, imageId))).toBe('grant_not_open');
    expect(await refusal(changeGrantEnd(as('li'), id, { day: day(3) }))).toBe('conflict');
    expect(await refusal(end(id))).toBe('conflict');
    await addToGrant(as('li'), id, { items: [{ kind: 'chart', itemId: null }], reason: null });
    const { health } = await readPatient(as('wang'), world.patientId);
    expect(health).toEqual([]);
    expect(await refusal(enterRoom(as('wang'), id))).toBeNull();
    await end(id);
  });

  test('its end moves within the organisation’s days; past them neither the use case nor the database lets it', async () => {
    const id = await consult();
    await changeGrantEnd(as('li'), id, { day: day(3) });
    const moved = (await grantOf(id))!.endsAt.getTime() - Date.now();
    expect(moved).toBeGreaterThan(2 * 86_400_000);
    expect(moved).toBeLessThan(5 * 86_400_000);
    for (const wrong of [day(-2), day(40)])
      expect(await refusal(changeGrantEnd(as('li'), id, { day: wrong }))).toBe('grant_end_out_of_range');
    await expect(
      owner`update consult_grant_item set ends_at = now() + interval '31 days' where consult_id = ${id}`
    ).rejects.toMatchObject({ code: '42501' });
    await end(id);
    await expect(
      owner`update consult_grant_item set revoked_at = null where consult_id = ${id}`
    ).rejects.toMatchObject({ code: '42501' });
  });

  test('the owner sets the days; new grants follow', async () => {
    expect(await refusal(changeGrantDays(as('li'), 7))).toBe('forbidden');
    expect(await refusal(readGrantDays(as('li')))).toBe('forbidden');
    await changeGrantDays(as('boss'), 7);
    expect(await readGrantDays(as('boss'))).toBe(7);
    const id = await consult();
    const { startsAt, endsAt } = (await grantOf(id))!;
    expect(Math.round((endsAt.getTime() - startsAt.getTime()) / 86_400_000)).toBe(7);
    await changeGrantDays(as('boss'), 30);
    await end(id);
  });

  test('nobody else changes it: not the nurse, the expert, another organisation; nothing of another patient', async () => {
    const id = await consult();
    const item = (await itemOf(id, 'image')).id;
    const all = (who: MemberActor) => [
      endGrant(world.as(who), id),
      takeBack(world.as(who), id, item),
      changeGrantEnd(world.as(who), id, { day: day(2) }),
      addToGrant(world.as(who), id, { items: [{ kind: 'plan', itemId: null }], reason: null })
    ];
    const { nurse, wang, sun, stranger, reception } = world.people;
    for (const [who, why] of [
      [nurse, 'forbidden'],
      [wang, 'forbidden'],
      [sun, 'not_found'],
      [stranger, 'not_found'],
      [reception, 'not_found']
    ] as const)
      expect(await Promise.all(all(who).map(refusal))).toEqual([why, why, why, why]);
    const foreign = newId();
    await owner`insert into note (id, organisation_id, patient_id, text, teeth, author_id, author_name, written_at)
      values (${foreign}, ${world.people.li.organisationId}, ${world.otherPatientId}, '别人的', '{}',
              ${world.people.li.userId}, '李明', now())`;
    const slipped = { items: [{ kind: 'note' as const, itemId: foreign }], reason: null };
    expect(await refusal(addToGrant(as('li'), id, slipped))).toBe('not_found');
    await end(id);
    expect(await refusal(addToGrant(as('li'), newId(), slipped))).toBe('not_found');
  });

  test('each change is in the trail and is told to the expert', async () => {
    const id = await consult();
    await changeGrantEnd(as('li'), id, { day: day(3) });
    await takeBack(as('li'), id, (await itemOf(id, 'image')).id);
    await end(id);
    const acts = await owner<{ action: string }[]>`
      select action from audit_event where consult_id = ${id} and action like 'grant.%' order by number`;
    expect(acts.map((row) => row.action)).toEqual(['grant.change-end', 'grant.take-back', 'grant.end']);
    const topics = await owner<{ topic: string; payload: { userIds: string[] } }[]>`
      select topic, payload from outbox where subject = ${id} and topic like 'grant.%' order by created_at, id`;
    expect(topics.map((row) => row.topic)).toEqual(['grant.changed', 'grant.changed', 'grant.ended']);
    for (const { payload } of topics) expect(payload.userIds).toEqual([world.people.wang.userId]);
  });
});

describe('[CN-20] a grant that ends by time', () => {
  const { board, stream, removed } = useLiveAccess(world);

  test('ends in two seconds: socket, stream and seat are cut within the second after, the asking side’s are not', async () => {
    const id = await consult();
    const boardId = (await readConsult(as('li'), id)).boardId!;
    const { li, wang } = world.people;
    await owner`insert into consult_seat (id, organisation_id, consult_id, identity, name, role, state, changed_at)
                values (${newId()}, ${li.organisationId}, ${id}, ${`m:${wang.userId}`}, '王', 'expert', 'in-room', now())`;
    const [expert, dentist] = [board('wang', boardId), board('li', boardId)];
    await Promise.all([expert.opened, dentist.opened]);
    const streams = { wang: await stream('wang', id), li: await stream('li', id) };
    const [row] = await owner<{ at: Date }[]>`
      update consult_grant_item set ends_at = now() + interval '2 seconds' where consult_id = ${id}
      returning ends_at as at`;
    const endsAt = row!.at.getTime();
    await sleep(endsAt - Date.now() - 200);
    expect([expert.closed.at, streams.wang.ended.at]).toEqual([0, 0]);
    await until(() => expert.closed.at > 0 && streams.wang.ended.at > 0 && removed.length > 0, {
      withinMs: 3_000
    });
    expect(expert.closed.code).toBe(closeCodes.forbidden);
    for (const at of [expert.closed.at, streams.wang.ended.at]) {
      expect(at).toBeGreaterThanOrEqual(endsAt - 50);
      expect(at).toBeLessThan(endsAt + 1_000);
    }
    expect(removed).toEqual([`${id} m:${wang.userId}`]);
    expect([dentist.closed.at, streams.li.ended.at]).toEqual([0, 0]);
    expect(await refusal(enterRoom(as('wang'), id))).toBe('grant_ended');
    expect((await grantOf(id))!.state).toBe('expired');
    // A later end opens it again.
    await changeGrantEnd(as('li'), id, { day: day(2) });
    expect(await refusal(enterRoom(as('wang'), id))).toBeNull();
    dentist.socket.close();
    await streams.li.close();
    await end(id);
  });

  test('an end moved away in time cuts nothing', async () => {
    const id = await consult();
    const boardId = (await readConsult(as('li'), id)).boardId!;
    const expert = board('wang', boardId);
    await expert.opened;
    await owner`update consult_grant_item set ends_at = now() + interval '600 milliseconds' where consult_id = ${id}`;
    await changeGrantEnd(as('li'), id, { day: day(2) });
    await sleep(900);
    expect(expert.closed.at).toBe(0);
    expert.socket.close();
    await end(id);
  });
});
