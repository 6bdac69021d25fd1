import { createHash } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { concat, once } from '#lib/kernel/bytes.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { keepPiece, startRecording, steerRecording } from '#lib/features/consults/record.server.ts';
import { lateMs, lostMs, type ByteRange } from '#lib/features/consults/recording.ts';
import { closeRecordings } from '#lib/features/consults/recording-close.server.ts';
import {
  deletedRecordingTask,
  deleteRecording,
  recordingDeletedHandler
} from '#lib/features/consults/recording-delete.server.ts';
import { playRecording, readRecording } from '#lib/features/consults/recording-play.server.ts';
import { answerInRoom } from '#lib/features/consults/recording.server.ts';
import { watchRecordings } from '#lib/features/consults/recording-watch.server.ts';
import { admitPatient, applyRoomNews, waitInLobby } from '#lib/features/consults/room.server.ts';
import { answerOnVisit, readVisit } from '#lib/features/consults/visit.server.ts';
import { liftHold, setHold } from '#lib/features/rights/deletion.server.ts';
import { exportRecord } from '#lib/features/rights/export.server.ts';
import { answers } from '../support/consent.ts';
import { refusal } from '../support/refusal.ts';
import { silent } from '../support/silent.ts';
import { unzip } from '../support/unzip.ts';
import { entered, invited } from '../support/visitor.ts';
import { piecesOf, webmStream } from '../support/webm.ts';
import { testPassword, useWorld } from '../support/world.ts';
import { createLiveFeed } from '../../server/adapters/live-feed.ts';
import { GET } from '../../src/routes/api/consults/[id]/recording/+server.ts';

const world = useWorld();
const { owner } = world.database;
let live: Awaited<ReturnType<typeof createLiveFeed>>;
let stopWatch: () => void;
/** What the watch takes for now. */
let later = 0;
const watched = () => ({
  ...world.services,
  live,
  clock: { now: () => new Date(Date.now() + later) }
});

beforeAll(async () => {
  live = await createLiveFeed({ url: world.database.systemUrl, log: silent });
  stopWatch = watchRecordings(watched());
});
afterAll(async () => {
  stopWatch();
  await live.close();
});

const as = (who: keyof typeof world.people) => world.as(world.people[who]);
const stream = webmStream(6);
const comesIn = (room: string, identity: string) =>
  applyRoomNews(world.as({ kind: 'system', organisationId: '', reason: 'media server' }), {
    ...{ room, identity, kind: 'joined' },
    at: new Date(Date.now() + 1000)
  });

/** Li and the patient are in the room, and both have said yes. */
async function inCall() {
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  await waitInLobby(world.as(visitor));
  await admitPatient(as('li'), id, `p:${visitor.inviteId}`);
  await comesIn(id, `p:${visitor.inviteId}`);
  await comesIn(id, `m:${world.people.li.userId}`);
  const agree = () => answerOnVisit(world.as(visitor), answers({ video: true, recording: true }));
  await agree();
  await answerInRoom(as('li'), id, answers({ recording: true }));
  return { id, visitor, agree };
}
async function recorded() {
  const call = await inCall();
  const recording = newId();
  await startRecording(as('li'), call.id, { id: recording, type: 'video/webm' });
  return { ...call, recording };
}
const piece = (id: string, recording: string, number: number, bytes: Uint8Array, until = 0) =>
  keepPiece(as('li'), id, { recording, number, until, source: once(bytes) });
const say = (id: string, act: Parameters<typeof steerRecording>[2], who: keyof typeof world.people = 'li') =>
  steerRecording(as(who), id, act);
const stop = (id: string, recording: string) => say(id, { recording, act: 'stop', reason: 'stopped' });
const view = async (id: string, who: keyof typeof world.people = 'li') =>
  (await readConsult(as(who), id)).recordings[0]!;
const close = (after = 0) => closeRecordings(world.services, new Date(Date.now() + after));
const trail = async (recording: string) =>
  (
    await owner<{ action: string; detail: Record<string, unknown> }[]>`
      select action, detail from audit_event where subject_id = ${recording} order by number`
  ).map(({ action, detail }) => (detail?.['reason'] ? `${action}:${detail['reason']}` : action));
/** Within a second, and told to the page of the consult. */
const ends = async (id: string, reason: string) => {
  await expect.poll(async () => (await view(id)).end, { timeout: 1000, interval: 20 }).toBe(reason);
};
async function whole(id: string, recording: string, who: keyof typeof world.people = 'li') {
  const { bytes, size } = await readRecording(as(who), id, {
    recordingId: recording,
    token: null,
    range: null
  });
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  const all = concat(parts);
  expect(all.length).toBe(size);
  return all;
}

test('[RC-1] [RC-2] nothing records until everybody in the room has said yes, and then once', async () => {
  const { id, visitor } = await inCall();
  const start = (who: keyof typeof world.people = 'li', recording = newId()) =>
    startRecording(as(who), id, { id: recording, type: 'video/webm' });
  await answerInRoom(as('li'), id, answers({ recording: false }));
  expect(await refusal(start())).toBe('recording_not_agreed');
  await answerInRoom(as('li'), id, answers({ recording: true }));
  expect(await refusal(start('nurse'))).toBe('forbidden');
  expect(await refusal(start('stranger'))).toBe('not_found');
  expect(await refusal(start('boss'))).toBe('recording_not_in_call');
  expect((await readVisit(world.as(visitor))).recording).toBeNull();

  const recording = newId();
  await start('li', recording);
  await start('li', recording);
  expect(await refusal(start())).toBe('recording_runs');
  expect(await view(id)).toMatchObject({ state: 'recording', byName: world.people.li.name, silent: false });
  expect((await view(id)).agreed).toHaveLength(2);
  // The sign, on the patient's page too.
  expect((await readVisit(world.as(visitor))).recording).toMatchObject({ paused: false });
  await say(id, { recording, act: 'pause' }, 'boss');
  expect((await readVisit(world.as(visitor))).recording).toMatchObject({ paused: true });
  expect(await refusal(say(id, { recording, act: 'resume' }, 'nurse'))).toBe('forbidden');
  await say(id, { recording, act: 'resume' });
  expect((await view(id)).spans).toHaveLength(2);
  await stop(id, recording);
  expect((await readVisit(world.as(visitor))).recording).toBeNull();
  expect(await refusal(say(id, { recording, act: 'resume' }))).toBe('recording_over');
  expect(await trail(recording)).toEqual([
    'recording.start',
    'recording.pause',
    'recording.resume',
    'recording.stop:stopped'
  ]);
  await close(lateMs + 1000);
  expect((await view(id)).state).toBe('empty');
});

test('[RC-4] it ends within a second: of a withdrawal, of somebody who comes in unasked, of the close', async () => {
  const one = await recorded();
  await answerOnVisit(world.as(one.visitor), answers({ video: true, recording: false }));
  await ends(one.id, 'withdrawn');
  // What was taken of the room later is not kept, what was taken before and is late is.
  expect(await refusal(piece(one.id, one.recording, 1, stream, 60_000))).toBe('recording_over');
  await piece(one.id, one.recording, 0, stream, 1);
  expect(
    await owner`select number from consult_recording_piece where recording_id = ${one.recording}`
  ).toHaveLength(1);

  await one.agree();
  const again = newId();
  await startRecording(as('li'), one.id, { id: again, type: 'video/webm' });
  await comesIn(one.id, `m:${world.people.wang.userId}`);
  await ends(one.id, 'unasked');

  const other = await recorded();
  await closeConsult(as('li'), other.id, null);
  await ends(other.id, 'closed');
  expect(await trail(other.recording)).toEqual(['recording.start', 'recording.stop:closed']);
});

test('[RC-5] a piece sent again is the same piece; pieces come in any order; a gap ends what is played', async () => {
  const { id, recording } = await recorded();
  const pieces = piecesOf(stream, 6);
  for (const number of [2, 0, 0, 1, 5, 4]) await piece(id, recording, number, pieces[number]!);
  expect(await refusal(piece(id, recording, 0, pieces[3]!))).toBe('conflict');
  expect(await refusal(piece(id, recording, 3, new Uint8Array(0)))).toBe('file_empty');
  await stop(id, recording);
  await say(id, { recording, act: 'finish', pieces: 6 });
  await close();
  // One is still on its way.
  expect((await view(id)).state).toBe('ended');
  await close(lateMs + 1000);
  const gap = await view(id);
  expect(gap).toMatchObject({ state: 'ready', cut: true });
  expect(gap.durationMs).toBeGreaterThan(1_500);
  expect(gap.durationMs).toBeLessThan(3_500);
  expect(await refusal(piece(id, recording, 3, pieces[3]!))).toBe('recording_over');

  const full = await recorded();
  for (const number of [5, 4, 3, 2, 1, 0]) await piece(full.id, full.recording, number, pieces[number]!);
  await stop(full.id, full.recording);
  await say(full.id, { recording: full.recording, act: 'finish', pieces: 6 });
  await Promise.all([close(), close()]);
  expect(await view(full.id)).toMatchObject({ state: 'ready', cut: false, durationMs: 5_920 });
  const bytes = await whole(full.id, full.recording);
  expect(Buffer.from(bytes).includes(Buffer.from(stream.subarray(200)))).toBe(true);
  const [row] = await owner`select sha256 from consult_recording where id = ${full.recording}`;
  expect(row!['sha256']).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect((await trail(full.recording)).filter((action) => action === 'recording.close')).toHaveLength(1);
});

test('[RC-5] a piece that came too late is not kept; nothing that something else names goes with it', async () => {
  const own = webmStream(5, { groups: true });
  const unnamed = webmStream(7, { groups: true });
  for (const bytes of [own, unnamed]) {
    const { id, recording } = await recorded();
    await piece(id, recording, 0, own);
    await stop(id, recording);
    // Closed while the piece is on its way.
    const late = async function* () {
      await close(lateMs + 1000);
      yield bytes;
    };
    const comes = keepPiece(as('li'), id, { recording, number: 1, until: 0, source: late() });
    expect(await refusal(comes)).toBe('recording_over');
    expect((await whole(id, recording)).length).toBeGreaterThan(own.length / 2);
  }
  const sha256 = createHash('sha256').update(unnamed).digest('hex');
  const gone = world.services.files.get(world.people.li.organisationId, sha256);
  await expect(gone).rejects.toMatchObject({ code: 'not_found' });
});

test('[RC-6] of a browser that is gone everybody is told; it ends, is closed, and plays up to the last piece', async () => {
  const { id, recording } = await recorded();
  for (const [number, part] of piecesOf(stream, 6).slice(0, 5).entries())
    await piece(id, recording, number, part);
  later = lostMs + 1000;
  try {
    // A process that starts anew finds it, too.
    const stopAnother = watchRecordings(watched());
    await expect.poll(async () => (await view(id)).end).toBe('lost');
    stopAnother();
  } finally {
    later = 0;
  }
  await close();
  expect((await view(id)).state).toBe('ended');
  await close(lateMs + lostMs);
  expect(await view(id)).toMatchObject({ state: 'ready', cut: false });
  expect((await view(id)).durationMs).toBeGreaterThan(4_000);
  expect((await whole(id, recording)).length).toBeGreaterThan(stream.length / 2);
});

test('[RC-8] [RC-9] who reads the consult plays it by ranges, each play and download in the trail; nobody else', async () => {
  const { id, recording, visitor } = await recorded();
  for (const [number, part] of piecesOf(stream, 4).entries()) await piece(id, recording, number, part);
  await stop(id, recording);
  await say(id, { recording, act: 'finish', pieces: 4 });
  await close();
  const all = await whole(id, recording, 'nurse');
  const { token } = await playRecording(as('wang'), id, recording);
  const get = async (range: string | null, who: keyof typeof world.people = 'wang', play = token) => {
    const { people, services } = world;
    const event = {
      params: { id },
      url: new URL(`http://localhost/?recording=${recording}&play=${play}`),
      request: new Request('http://localhost/', { headers: range ? { range } : {} }),
      locals: { services, member: people[who], request: { id: 'test', ip: '127.0.0.1' } }
    };
    const answer = await GET(event as unknown as Parameters<typeof GET>[0]);
    return { answer, body: new Uint8Array(await answer.arrayBuffer()) };
  };
  const bytes = ({ from, to }: ByteRange) => all.slice(from, to + 1);
  const size = all.length;
  expect((await get(null)).body).toEqual(all);
  // From the first byte, over the end of the head, over the seam of two pieces, the last bytes, one byte.
  const seam = Math.ceil(stream.length / 4) + 100;
  for (const range of [
    { from: 0, to: 9 },
    { from: 50, to: 900 },
    { from: seam - 500, to: seam + 500 },
    { from: size - 3, to: size - 1 },
    { from: 777, to: 777 }
  ]) {
    const { answer, body } = await get(`bytes=${range.from}-${range.to}`);
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes ${range.from}-${range.to}/${size}`);
    expect(body).toEqual(bytes(range));
  }
  const behind = await get(`bytes=${size}-`);
  expect([behind.answer.status, behind.answer.headers.get('content-range')]).toEqual([
    416,
    `bytes */${size}`
  ]);
  // A play is one person's.
  expect((await get(null, 'li')).answer.status).toBe(404);
  expect((await get(null, 'wang', 'x.y')).answer.status).toBe(404);
  for (const who of ['stranger', 'liu', 'reception'] as const) {
    expect(await refusal(playRecording(as(who), id, recording))).toBe('not_found');
    expect((await get(null, who)).answer.status).toBe(404);
  }
  const seen = await owner<{ action: string; actor_id: string }[]>`
    select action, actor_id from audit_event where subject_id = ${recording} and action ~ 'play|download' order by number`;
  const { nurse, wang } = world.people;
  expect(seen.map(({ action, actor_id }) => [action, actor_id])).toEqual([
    ['recording.download', nurse.userId],
    ['recording.play', wang.userId]
  ]);
  // The expert's grant ends with the consult; the asking side goes on playing it.
  await closeConsult(as('li'), id, null);
  expect((await get(null)).answer.status).toBe(404);
  expect((await whole(id, recording)).length).toBe(size);
  expect(visitor.consultId).toBe(id);
});

test('[RC-3] the database itself lets nobody record, add a piece or read one who may not', async () => {
  const { id, recording, visitor } = await recorded();
  await piece(id, recording, 0, stream);
  const { li, nurse, stranger } = world.people;
  const app = postgres(world.database.appUrl, { max: 1 });
  const run = (who: { organisationId: string }, actor: string, text: string, consult = '') =>
    app.begin(async (sql) => {
      await sql`select set_config('app.organisation', ${who.organisationId}, true), set_config('app.actor', ${actor}, true),
                       set_config('app.consult', ${consult}, true)`;
      return sql.unsafe(text);
    });
  const another = `insert into consult_recording_piece (id, organisation_id, consult_id, recording_id, number, file_sha256, size, until_ms)
    values (gen_random_uuid(), '${li.organisationId}', '${id}', '${recording}', 7, 'x', 1, 1)`;
  await expect(run(nurse, nurse.userId, another)).rejects.toMatchObject({ code: '42501' });
  await expect(run(stranger, stranger.userId, another)).rejects.toMatchObject({ code: '42501' });
  const count = (table: string) => `select id from ${table}`;
  expect(await run(stranger, stranger.userId, count('consult_recording'))).toHaveLength(0);
  expect(await run(visitor, visitor.inviteId, count('consult_recording'), id)).toHaveLength(1);
  expect(await run(visitor, visitor.inviteId, count('consult_recording_piece'), id)).toHaveLength(0);
  await expect(run(li, li.userId, 'update consult_recording_piece set size = 2')).rejects.toMatchObject({
    code: '42501'
  });
  await expect(
    run(li, li.userId, `update consult_recording set started_by_name = 'x'`)
  ).rejects.toMatchObject({
    code: '42501'
  });
  await stop(id, recording);
  await close(lateMs + 1000);
  expect(await run(visitor, visitor.inviteId, count('consult_recording'), id)).toHaveLength(0);
  const changed = await run(
    li,
    li.userId,
    `update consult_recording set cut = true where id = '${recording}' returning id`
  );
  expect(changed).toHaveLength(0);
  await app.end();
});

test('[RC-10] it is part of the record: in its copy, and erased with it, files and all', async () => {
  const { id, recording } = await recorded();
  // Of other bytes than the other tests': contents are kept once.
  const own = webmStream(4, { groups: true });
  for (const [number, part] of piecesOf(own, 3).entries()) await piece(id, recording, number, part);
  await stop(id, recording);
  await say(id, { recording, act: 'finish', pieces: 3 });
  await close();
  const archive = await exportRecord(as('li'), { patientId: world.patientId, password: testPassword });
  const parts: Uint8Array[] = [];
  for await (const part of archive.bytes) parts.push(part);
  const files = unzip(Buffer.from(concat(parts)));
  const name = [...files.keys()].find((path) => path.endsWith(`${recording}.webm`))!;
  expect(name).toMatch(/^recordings\//);
  expect(new Uint8Array(files.get(name)!)).toEqual(await whole(id, recording));

  const { organisationId } = world.people.li;
  const [row] = await owner`select head_sha256 from consult_recording where id = ${recording}`;
  const stored = await owner<{ file_sha256: string }[]>`
    select file_sha256 from consult_recording_piece where recording_id = ${recording}`;
  const hashes = [row!['head_sha256'] as string, ...stored.map(({ file_sha256 }) => file_sha256)];
  const gone = await owner<{ sha256: string }[]>`
    select sha256 from erasure_hashes(${organisationId}, ${world.patientId}, array[${id}]::uuid[])`;
  expect(gone.map(({ sha256 }) => sha256)).toEqual(expect.arrayContaining(hashes));
  const used = async (consults: string[]) => {
    const answers = await owner<{ used: boolean }[]>`
      select file_in_use(${organisationId}, h, null, ${consults}::uuid[]) as used from unnest(${hashes}::text[]) h`;
    return answers.map((answer) => answer.used);
  };
  expect(new Set(await used([]))).toEqual(new Set([true]));
  expect(new Set(await used([id]))).toEqual(new Set([false]));
});

test('[RC-14] one recording alone is deleted: files and all but what something else names; that it was stays said', async () => {
  const { id, recording } = await recorded();
  const { li } = world.people;
  const own = piecesOf(webmStream(8, { groups: true }), 2);
  for (const [number, part] of own.entries()) await piece(id, recording, number, part);
  const remove = (who: keyof typeof world.people = 'li', reason = '患者要求删除') =>
    deleteRecording(as(who), id, { recording, reason });
  expect(await refusal(remove())).toBe('not_found');
  await stop(id, recording);
  await say(id, { recording, act: 'finish', pieces: 2 });
  await close();
  for (const who of ['nurse', 'wang'] as const) expect(await refusal(remove(who))).toBe('forbidden');
  expect(await refusal(remove('stranger'))).toBe('not_found');
  const held = { patientId: world.patientId, reason: '诉讼' };
  await setHold(as('boss'), held);
  expect(await refusal(remove())).toBe('record_held');
  expect((await whole(id, recording)).length).toBeGreaterThan(0);
  await liftHold(as('boss'), held);

  const [row] = await owner`select head_sha256 from consult_recording where id = ${recording}`;
  const [kept, gone] = own.map((part) => createHash('sha256').update(part).digest('hex'));
  // Another recording holds the same first piece.
  const other = await recorded();
  await piece(other.id, other.recording, 0, own[0]!);
  await remove();
  expect(await view(id)).toMatchObject({
    ...{ state: 'deleted', bytes: null, end: 'stopped' },
    deleted: { byName: li.name, reason: '患者要求删除' }
  });
  expect((await view(id)).durationMs).toBeGreaterThan(0);
  expect(await refusal(remove())).toBe('not_found');
  expect(await refusal(whole(id, recording))).toBe('not_found');
  expect(await refusal(playRecording(as('li'), id, recording))).toBe('not_found');
  expect((await trail(recording)).at(-1)).toBe('recording.delete');

  const [event] =
    await owner`select * from outbox where topic = ${recordingDeletedHandler.topic} and subject = ${recording}`;
  await deletedRecordingTask.run(event!['payload'], {
    services: world.services,
    now: new Date(),
    lastTry: true
  });
  const has = async (sha256: string) => {
    try {
      await Array.fromAsync(await world.services.files.get(li.organisationId, sha256));
      return true;
    } catch (error) {
      expect(asAppError(error)?.code).toBe('not_found');
      return false;
    }
  };
  expect(await Promise.all([kept!, gone!, row!['head_sha256'] as string].map(has))).toEqual([
    true,
    false,
    false
  ]);
});
