import { Readable } from 'node:stream';
import type postgres from 'postgres';
import { beforeEach, describe, expect, test } from 'vitest';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { readChatFile, sayInConsult, sayOnVisit, sendFile } from '#lib/features/consults/chat.server.ts';
import { callColleague, colleaguesFor } from '#lib/features/consults/colleagues.server.ts';
import { invitePatient } from '#lib/features/consults/invite.server.ts';
import { addDelegate } from '#lib/features/patients/delegates.server.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import {
  endCall,
  letBack,
  lockCall,
  quieten,
  showOut,
  showSign
} from '#lib/features/consults/moderate.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { admitPatient, enterRoom, takeSeat, waitInLobby } from '#lib/features/consults/room.server.ts';
import { readVisit } from '#lib/features/consults/visit.server.ts';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { eicar } from '../support/clamd.ts';
import { refusal } from '../support/refusal.ts';
import { entered, invited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner, app } = world.database;

/** What the media server was asked for, in order. */
const asked: string[] = [];
let there: string[] = [];
const media = () => ({
  ...world.services.media,
  sign: async (_room: string, identity: string, signs: object) =>
    void asked.push(`sign ${identity} ${Object.keys(signs).join()}`),
  mute: async (_room: string, identity: string) => void asked.push(`mute ${identity}`),
  remove: async (_room: string, identity: string) => void asked.push(`remove ${identity}`),
  closeRoom: async () => void asked.push('close'),
  participants: async () => there
});
const as = <A extends MemberActor | PatientLinkActor>(actor: A) => ({ ...world.as(actor), media: media() });
beforeEach(() => {
  asked.length = 0;
  there = [];
});

const pdf = (inside = '') => new TextEncoder().encode(`%PDF-1.4\n${inside}\n%%EOF`);
const file = (bytes: Uint8Array, audience: 'team' | 'all' = 'team', name = 'C:\\报告\u202e.exe') => ({
  ...{ name, audience, declaredBytes: bytes.length },
  source: Readable.from([bytes]) as AsyncIterable<Uint8Array>
});
async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}
async function inside(): Promise<{ id: string; visitor: PatientLinkActor }> {
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  await waitInLobby(world.as(visitor));
  await admitPatient(world.as(world.people.li), id, `p:${visitor.inviteId}`);
  return { id, visitor };
}

/** Rows as the app's role sees or writes them for this actor: what row-level security alone lets through. */
async function rowsFor(actor: MemberActor | PatientLinkActor, query: string): Promise<postgres.Row[]> {
  return app.begin(async (sql) => {
    await sql`select set_config('app.organisation', ${actor.organisationId}, true),
                     set_config('app.actor', ${actor.kind === 'member' ? actor.userId : actor.inviteId}, true),
                     set_config('app.consult', ${actor.kind === 'member' ? '' : actor.consultId}, true)`;
    return [...(await sql.unsafe(query))];
  }) as Promise<postgres.Row[]>;
}

describe('[CN-40] the chat of a consult', () => {
  test('staff read all of it, the patient what is addressed to them, and nothing before they were let in', async () => {
    const { li, wang } = world.people;
    const { id, token } = await invited(world);
    const visitor = await entered(world, token);
    await sayInConsult(world.as(wang), id, { text: '只给同事' });
    await sayInConsult(world.as(li), id, { text: '请张大嘴', audience: 'all' });
    expect((await readVisit(world.as(visitor))).chat).toEqual([]);
    expect(await refusal(sayOnVisit(world.as(visitor), '好'))).toBe('not_admitted');

    await waitInLobby(world.as(visitor));
    await admitPatient(world.as(li), id, `p:${visitor.inviteId}`);
    await sayOnVisit(world.as(visitor), '左边更疼');
    expect((await readVisit(world.as(visitor))).chat.map(({ text, own }) => [text, own])).toEqual([
      ['请张大嘴', false],
      ['左边更疼', true]
    ]);
    const { messages } = await readConsult(world.as(wang), id);
    expect(messages.map(({ text, audience, byVisitor }) => [text, audience, byVisitor])).toEqual([
      ['只给同事', 'team', false],
      ['请张大嘴', 'all', false],
      ['左边更疼', 'all', true]
    ]);
    const told = await owner`select action, detail from audit_event
      where consult_id = ${id} and action = 'consult.say' order by number`;
    expect(told.map(({ detail }) => (detail as { audience: string }).audience)).toEqual([
      'team',
      'all',
      'all'
    ]);

    await closeConsult(world.as(li), id, null);
    expect(await refusal(sayInConsult(world.as(li), id, { text: '还有' }))).toBe('consult_closed');
    expect((await readConsult(world.as(li), id)).messages).toHaveLength(3);
  });

  test('the database shows the patient no word of the team, and lets nobody rewrite or write in another’s name', async () => {
    const { id, visitor } = await inside();
    const { li, wang } = world.people;
    await sayInConsult(world.as(li), id, { text: '只给同事' });
    expect(await rowsFor(visitor, 'select id from consult_message')).toEqual([]);
    const row = (author: string, audience: string, kind: string) =>
      `insert into consult_message (id, organisation_id, consult_id, kind, text, audience, author_kind, author_id, author_name, author_organisation_id, at)
       values ('${newId()}', '${visitor.organisationId}', '${id}', 'chat', 'x', '${audience}', '${kind}', '${author}', 'x', '${visitor.organisationId}', now())`;
    for (const statement of [
      row(visitor.inviteId, 'team', 'visitor'),
      row(li.userId, 'all', 'member'),
      row(visitor.inviteId, 'all', 'member')
    ])
      await expect(rowsFor(visitor, statement)).rejects.toThrow(/row-level security/);
    await expect(rowsFor(li, row(wang.userId, 'team', 'member'))).rejects.toThrow(/row-level security/);
    await expect(rowsFor(li, `update consult_message set text = 'y'`)).rejects.toThrow(/permission denied/);
    await expect(rowsFor(world.people.stranger, 'select id from consult_message')).resolves.toEqual([]);
  });

  test('it points at what is this patient’s, and the patient’s page at teeth only', async () => {
    const { li, stranger } = world.people;
    const { id } = await invited(world);
    const { image } = await uploadImage(world.as(li), {
      patientId: world.patientId,
      fileName: 'x.dcm',
      confirmOtherPatient: true,
      source: Readable.from([fixtureDicom({ set: [['00080018', 'UI', '2.25.4041']] })])
    });
    const tooth = { kind: 'tooth' as const, tooth: '36' };
    const picture = { kind: 'image' as const, imageId: image.id };
    await sayInConsult(world.as(li), id, { text: '见片', links: [tooth, picture] });
    expect((await readConsult(world.as(li), id)).messages.at(-1)?.links).toEqual([tooth, picture]);
    const say = (audience: 'team' | 'all', links: (typeof tooth | typeof picture)[], actor = li) =>
      refusal(sayInConsult(world.as(actor), id, { text: '?', audience, links }));
    expect(await say('all', [picture])).toBe('forbidden');
    expect(await say('team', [{ ...picture, imageId: newId() }])).toBe('not_found');
    // The expert was given the chart alone: of this image there is nothing for them to point at.
    expect(await say('team', [picture], world.people.wang)).toBe('not_found');
    expect(await say('team', [tooth], stranger)).toBe('not_found');
  });
});

describe('[CN-41] files in the chat', () => {
  test('are kept under a safe name, read by whom they are addressed to, exported and erased with the record', async () => {
    const { id, visitor } = await inside();
    const { li, wang, stranger } = world.people;
    const own = await sendFile(world.as(wang), id, file(pdf('team')));
    const forAll = await sendFile(world.as(li), id, file(pdf('all'), 'all'));
    const { messages } = await readConsult(world.as(li), id);
    expect(messages.map((one) => one.file)).toEqual([
      { name: '报告.pdf', size: pdf('team').length, type: 'application/pdf', scanned: false },
      { name: '报告.pdf', size: pdf('all').length, type: 'application/pdf', scanned: false }
    ]);
    const read = await readChatFile(world.as(li), id, own.id);
    expect(await bytesOf(read.bytes)).toEqual(Buffer.from(pdf('team')));
    await bytesOf((await readChatFile(world.as(visitor), id, forAll.id)).bytes);
    expect(await refusal(readChatFile(world.as(visitor), id, own.id))).toBe('not_found');
    expect(await refusal(readChatFile(world.as(stranger), id, forAll.id))).toBe('not_found');

    const [hashes] = await owner`select array_agg(sha256) as all from erasure_hashes(
      ${li.organisationId}, ${world.patientId}, array[${id}]::uuid[])`;
    const rows = await owner`select file_sha256 from consult_message where consult_id = ${id}`;
    for (const row of rows) expect((hashes as { all: string[] }).all).toContain(row['file_sha256']);
  });

  test('are refused by what they hold, whatever they are called, and nothing of them stays', async () => {
    const { id } = await invited(world);
    const { li } = world.people;
    const send = (bytes: Uint8Array) => refusal(sendFile(world.as(li), id, file(bytes)));
    expect(await send(new Uint8Array())).toBe('file_empty');
    expect(await send(new TextEncoder().encode('<html><script>'))).toBe('chat_file_kind');
    expect(await send(fixtureDicom())).toBe('chat_file_kind');
    expect(await send(pdf('<< /OpenAction << /S /JavaScript >> >>'))).toBe('file_disguised');
    expect(await send(Buffer.concat([pdf(), Buffer.from('504b0506' + '00'.repeat(18), 'hex')]))).toBe(
      'file_disguised'
    );
    expect(
      await refusal(sendFile(world.as(li), id, { ...file(pdf()), declaredBytes: 26 * 1024 * 1024 }))
    ).toBe('file_too_large');
    const scanner = {
      configured: true,
      scan: async (source: AsyncIterable<Uint8Array>) =>
        (await bytesOf(source)).includes(eicar)
          ? ({ outcome: 'infected', signature: 'Eicar' } as const)
          : ({ outcome: 'clean' } as const)
    };
    expect(await refusal(sendFile({ ...world.as(li), scanner }, id, file(pdf(eicar))))).toBe('file_infected');
    expect((await readConsult(world.as(li), id)).messages).toEqual([]);
    await sendFile({ ...world.as(li), scanner }, id, file(pdf()));
    expect((await readConsult(world.as(li), id)).messages[0]?.file?.scanned).toBe(true);
  });
});

test('[CN-45] a host calls in a colleague who may enter anyway, and nobody else', async () => {
  const { li, nurse, reception, wang, stranger } = world.people;
  const { id } = await invited(world);
  const offered = (await colleaguesFor(world.as(li), id)).map(({ userId }) => userId);
  expect(offered).toContain(nurse.userId);
  for (const other of [li, reception, wang, stranger]) expect(offered).not.toContain(other.userId);
  expect(await colleaguesFor(world.as(wang), id)).toEqual([]);
  await callColleague(world.as(li), id, nurse.userId);
  const [event] = await owner`select payload from outbox where topic = 'room.called' and subject = ${id}`;
  expect((event as { payload: { userIds: string[] } }).payload.userIds).toEqual([nurse.userId]);
  for (const userId of [reception.userId, stranger.userId])
    expect(await refusal(callColleague(world.as(li), id, userId))).toBe('not_found');
  expect(await refusal(callColleague(world.as(nurse), id, li.userId))).toBe('forbidden');
});

test('[PA-9] an interpreter has a seat by a link of their own, and no more than what is said', async () => {
  const { li } = world.people;
  const interpreter = {
    ...{ id: newId(), patientId: world.patientId, name: '阿依古丽', relation: 'interpreter' as const },
    ...{ phone: '13900005678', basis: '患者要求' }
  };
  expect(await refusal(addDelegate(world.as(li), { ...interpreter, scopes: ['join', 'times'] }))).toBe(
    'invalid_input'
  );
  const { id: delegateId, speaksFor } = await addDelegate(world.as(li), { ...interpreter, scopes: ['join'] });
  expect(speaksFor).toBe(false);
  const { id } = await invited(world);
  const { path } = await invitePatient(world.as(li), id, delegateId);
  const visitor = await entered(world, path.slice('/v/'.length), { digits: '5678' });
  await waitInLobby(world.as(visitor));
  expect((await readConsult(world.as(li), id)).seats[0]).toMatchObject({
    role: 'delegate',
    relation: 'interpreter'
  });
});

describe('[CN-42] hosts', () => {
  test('silence, take hands down and show out; who was shown out has no door until let back', async () => {
    const { li, wang, nurse, boss } = world.people;
    const { id } = await invited(world);
    await enterRoom(as(nurse), id);
    const identity = `m:${nurse.userId}`;
    await quieten(as(wang), id, { act: 'mute', identity });
    await quieten(as(li), id, { act: 'lower-hand', identity });
    await showOut(as(wang), id, identity);
    expect(asked).toEqual([`mute ${identity}`, `sign ${identity} hand`, `remove ${identity}`]);
    expect(await refusal(enterRoom(as(nurse), id))).toBe('call_removed');
    expect(await refusal(takeSeat(as(nurse), id))).toBe('call_removed');
    expect(await refusal(letBack(as(nurse), id, identity))).toBe('forbidden');
    await letBack(as(li), id, identity);
    await enterRoom(as(nurse), id);

    expect(await refusal(showOut(as(boss), id, `m:${li.userId}`))).toBe('forbidden');
    expect(await refusal(quieten(as(nurse), id, { act: 'mute', identity: `m:${li.userId}` }))).toBe(
      'forbidden'
    );
    expect(await refusal(quieten(as(world.people.strangerBoss), id, { act: 'mute', identity }))).toBe(
      'not_found'
    );
    const trail = await owner`select action from audit_event
      where consult_id = ${id} and action in ('room.mute', 'room.lower-hand', 'room.remove', 'room.let-back')`;
    expect(trail).toHaveLength(4);
  });

  test('[CN-43] lock the call for whoever is not in it, and end it for all', async () => {
    const { id, visitor } = await inside();
    const { li, wang, nurse } = world.people;
    const patient = `p:${visitor.inviteId}`;
    await enterRoom(as(wang), id);
    await enterRoom(as(nurse), id);
    there = [`m:${wang.userId}`];
    await owner`update consult_seat set state = 'in-room', changed_at = now()
      where consult_id = ${id} and identity = ${`m:${wang.userId}`}`;
    await lockCall(as(li), id, true);
    // The doors of who had a ticket and did not go through it are shut.
    expect(asked.toSorted()).toEqual([`remove m:${nurse.userId}`, `remove ${patient}`].toSorted());
    expect(await refusal(enterRoom(as(nurse), id))).toBe('call_locked');
    expect(await refusal(enterRoom(as(visitor), id))).toBe('call_locked');
    await enterRoom(as(wang), id);
    // A host lets somebody in all the same.
    await owner`update consult_seat set state = 'waiting' where consult_id = ${id} and identity = ${patient}`;
    await admitPatient(as(li), id, patient);
    await enterRoom(as(visitor), id);
    expect((await readConsult(as(wang), id)).lock?.byName).toBe('李明');
    expect(await refusal(lockCall(as(nurse), id, false))).toBe('forbidden');
    await lockCall(as(wang), id, false);
    await enterRoom(as(nurse), id);
    expect(await refusal(endCall(as(nurse), id))).toBe('forbidden');
    await endCall(as(li), id);
    expect(asked.at(-1)).toBe('close');
    expect((await readConsult(as(li), id)).status).toBe('accepted');
  });

  test('[CN-44] a sign is one’s own: the identity is the session’s, never asked for', async () => {
    const { id, visitor } = await inside();
    await showSign(as(world.people.nurse), id, { hand: true });
    await showSign(as(visitor), id, { away: true });
    expect(asked).toEqual([`sign m:${world.people.nurse.userId} hand`, `sign p:${visitor.inviteId} away`]);
    expect(await refusal(showSign(as(world.people.stranger), id, { hand: true }))).toBe('not_found');
  });
});
