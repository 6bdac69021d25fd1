import { createHash } from 'node:crypto';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dispose, type Room } from '@livekit/rtc-node';
import { EgressStatus } from 'livekit-server-sdk';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { concat, once } from '#lib/kernel/bytes.ts';
import { newId } from '#lib/kernel/ids.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { recordOnServer } from '#lib/features/consults/egress.server.ts';
import { watchEgress } from '#lib/features/consults/egress-watch.server.ts';
import { chooseEncryption } from '#lib/features/consults/encryption.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { keepPiece, startRecording, steerRecording } from '#lib/features/consults/record.server.ts';
import { lateMs, lostMs } from '#lib/features/consults/recording.ts';
import { closeRecordings } from '#lib/features/consults/recording-close.server.ts';
import { deleteRecording } from '#lib/features/consults/recording-delete.server.ts';
import { playRecording, readRecording } from '#lib/features/consults/recording-play.server.ts';
import { answerInRoom } from '#lib/features/consults/recording.server.ts';
import { watchRecordings } from '#lib/features/consults/recording-watch.server.ts';
import { applyRoomNews, enterRoom } from '#lib/features/consults/room.server.ts';
import { answerOnVisit, readVisit } from '#lib/features/consults/visit.server.ts';
import { exportRecord } from '#lib/features/rights/export.server.ts';
import { createLiveFeed } from '../../server/adapters/live-feed.ts';
import { readConfig } from '../../server/config.ts';
import { recording as doctorOnRecording } from '../../server/doctor-recording.ts';
import { refusalOfEgress } from '../../server/sfu/egress.ts';
import type { RoomEvent } from '../../server/sfu/index.ts';
import { resolveBinary } from '../../server/sfu/resolve.ts';
import { supervise, type SupervisedServer } from '../../server/sfu/supervise.ts';
import { answers } from '../support/consent.ts';
import { openEgressPeer, type EgressPeer } from '../support/egress-peer.ts';
import { enter, mediaDefaults, openMediaSite, type MediaSite } from '../support/media.ts';
import { TestRedis } from '../support/redis.ts';
import { refusal } from '../support/refusal.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';
import { entered, invited } from '../support/visitor.ts';
import { unzip } from '../support/unzip.ts';
import { testPassword, useWorld, type World } from '../support/world.ts';

/**
 * A real media server with its Redis; before it a peer that speaks for the egress service, which cannot run here. The real
 * server's own answers without that service are looked at too.
 */
const world = useWorld();
const { owner } = world.database;
const keys = { apiKey: 'APIelsewhere', apiSecret: 'of the other machine, at least 32 long' };
let redis: TestRedis;
let real: SupervisedServer;
let realUrl: string;
let peer: EgressPeer;
let site: MediaSite;
let folder: string;
let live: Awaited<ReturnType<typeof createLiveFeed>>;
let stopWatches: (() => void)[] = [];
/** What the watches take for now. */
let later = 0;
let rooms: Room[] = [];

beforeAll(async () => {
  redis = await TestRedis.start();
  folder = join(world.folder, 'egress');
  await mkdir(folder);
  const binary = await resolveBinary({ dataDir: world.folder, log: silent, onProgress: () => undefined });
  real = supervise({
    binary,
    folder: join(world.folder, 'elsewhere'),
    config: {
      ...mediaDefaults,
      egress: { folder, redisUrl: redis.url }
    },
    keys,
    appPort: () => site?.port ?? 9,
    log: silent
  });
  await real.settled;
  realUrl = `http://127.0.0.1:${real.ports()!.signal}`;
  peer = await openEgressPeer({ target: () => realUrl, keys, webhook: () => `${site.origin}/sfu/webhook` });
  live = await createLiveFeed({ url: world.database.systemUrl, log: silent });
  site = await openMediaSite({
    dataDir: world.folder,
    config: configFor(peer.url),
    onRoomEvent: write,
    onEgressNews: () => live.publish({ topic: 'recordings', name: 'recording.egress' })
  });
  await site.media.settled();
  // The real server was told of this site's port before there was one.
  const services = { ...world.services, ...late(), live, egress: site.media.egress };
  stopWatches = [watchRecordings(services), watchEgress(services)];
}, 600_000);

afterEach(async () => {
  for (const room of rooms) await room.disconnect();
  rooms = [];
  peer.refuses = null;
  peer.answersAfterMs = { start: 0, stop: 0 };
  peer.stopsAfter = Promise.resolve();
  peer.losesNews = false;
  later = 0;
});
afterAll(async () => {
  for (const stop of stopWatches) stop();
  await site?.close();
  await peer?.close();
  await real?.stop();
  await live?.close();
  await redis?.stop();
  await dispose();
});

const late = () => ({ clock: { now: () => new Date(Date.now() + later) } });
function configFor(url: string) {
  const env = { LIVEKIT_URL: url, LIVEKIT_API_KEY: keys.apiKey, LIVEKIT_API_SECRET: keys.apiSecret };
  return readConfig([], { ...env, EGRESS: folder }).media!;
}
/** As server/compose.ts does it. */
async function write({ room, identity, kind, at }: RoomEvent): Promise<void> {
  if (identity === null || kind === 'room_finished') return;
  const actor = { kind: 'system' as const, organisationId: '', reason: 'media server' };
  await applyRoomNews(world.as(actor), { room, identity, kind, at });
}
const as = (who: keyof typeof world.people) => ({
  ...world.as(world.people[who]),
  media: site.media.media,
  egress: site.media.egress
});

/** Li sits in the call, which the media server can read; Li and the patient have said yes. */
async function inCall() {
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  await answerOnVisit(world.as(visitor), answers({ video: true, recording: true }));
  await chooseEncryption(as('li'), id, false);
  const room = await enter(site, (await enterRoom(as('li'), id)).token);
  rooms.push(room);
  await site.media.reconcile();
  await until(async () => (await seats(id))['李明'] === 'in-room', { what: 'the seat' });
  await answerInRoom(as('li'), id, answers({ recording: true }));
  return { id, visitor, room };
}
async function recorded() {
  const call = await inCall();
  const recording = newId();
  await recordOnServer(as('li'), call.id, { id: recording });
  const work = peer.works.at(-1)!;
  await until(() => work.info.status === EgressStatus.EGRESS_ACTIVE, { what: 'the recording' });
  return { ...call, recording, work };
}
const seats = async (id: string) =>
  Object.fromEntries((await readConsult(as('li'), id)).seats.map(({ name, state }) => [name, state]));
const view = async (id: string) => (await readConsult(as('li'), id)).recordings[0]!;
const stop = (id: string, recording: string) =>
  steerRecording(as('li'), id, { recording, act: 'stop', reason: 'stopped' });
const closer = (): World['services'] => ({ ...world.services, egress: site.media.egress });
const close = (after = 0, services = closer()) => closeRecordings(services, new Date(Date.now() + after));
const done = (recording: string) =>
  until(
    async () => {
      const [row] = await owner`select pieces from consult_recording where id = ${recording}`;
      return row!['pieces'] === 0;
    },
    { what: 'the end of the egress' }
  );
const ends = async (id: string, reason: string, withinMs = 1_000) => {
  await expect.poll(async () => (await view(id)).end, { timeout: withinMs, interval: 20 }).toBe(reason);
};
async function whole(id: string, recording: string) {
  const { bytes } = await readRecording(as('li'), id, { recordingId: recording, token: null, range: null });
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return concat(parts);
}
const lying = async () => (await readdir(folder)).filter((name) => name.includes('-'));

test('[RC-15] the media server records once everybody agrees; what records is nobody in the room', async () => {
  const { id, visitor, room } = await inCall();
  const start = (who: 'li' | 'nurse' | 'stranger' | 'boss', recording = newId()) =>
    recordOnServer(as(who), id, { id: recording });
  await answerInRoom(as('li'), id, answers({ recording: false }));
  expect(await refusal(start('li'))).toBe('recording_not_agreed');
  await answerInRoom(as('li'), id, answers({ recording: true }));
  expect(await refusal(start('nurse'))).toBe('forbidden');
  expect(await refusal(start('stranger'))).toBe('not_found');
  expect(await refusal(start('boss'))).toBe('recording_not_in_call');
  expect(peer.works).toHaveLength(0);

  const recording = newId();
  await Promise.all([start('li', recording), start('li', recording)]);
  expect(await refusal(start('li'))).toBe('recording_runs');
  const { request } = peer.works[0]!;
  expect(peer.works).toHaveLength(1);
  expect(request).toMatchObject({ roomName: id, layout: 'speaker', audioOnly: false, videoOnly: false });
  expect(request.fileOutputs).toMatchObject([
    { filepath: join(folder, `${recording}.mp4`), disableManifest: true }
  ]);
  expect(await view(id)).toMatchObject({ state: 'recording', maker: 'server', type: 'video/mp4' });
  expect((await readVisit(world.as(visitor))).recording).toMatchObject({ byName: '李明', paused: false });

  // It sits in the real room by now: no page is told of it, it has no seat, and it did not come in unasked.
  await until(() => peer.works[0]!.info.status === EgressStatus.EGRESS_ACTIVE);
  await site.media.reconcile();
  expect(await site.media.media.participants(id)).toEqual([`m:${world.people.li.userId}`]);
  expect([...room.remoteParticipants.keys()]).toEqual([]);
  expect(Object.keys(await seats(id))).toEqual(['李明']);
  expect((await view(id)).state).toBe('recording');

  const say = (act: Parameters<typeof steerRecording>[2]) => steerRecording(as('li'), id, act);
  expect(await refusal(say({ recording, act: 'pause' }))).toBe('recording_no_pause');
  expect(await refusal(say({ recording, act: 'alive' }))).toBe('forbidden');
  const piece = { recording, number: 0, until: 0, source: once(new Uint8Array(8)) };
  expect(await refusal(keepPiece(as('li'), id, piece))).toBe('forbidden');
  await stop(id, recording);
  await done(recording);
});

test('[RC-16] [RC-17] stopped by a host it is taken in, encrypted; nothing stays in the clear; it plays by ranges', async () => {
  const { id, recording, work } = await recorded();
  const asked = Date.now();
  await stop(id, recording);
  await until(() => work.stoppedAt !== null);
  expect(work.stoppedAt! - asked).toBeLessThan(1_000);
  await done(recording);
  expect(await lying()).toContain(`${recording}.mp4`);
  await close();
  expect(await lying()).toEqual([]);
  const film = await view(id);
  expect(film).toMatchObject({ state: 'ready', end: 'stopped', bytes: peer.film.length, cut: false });
  expect(film.spans).toHaveLength(1);
  expect(film.durationMs).toBe(Date.parse(film.spans[0]!.to!) - Date.parse(film.spans[0]!.from));
  expect(Buffer.from(await whole(id, recording)).equals(peer.film)).toBe(true);
  const [row] = await owner`select sha256 from consult_recording where id = ${recording}`;
  expect(row!['sha256']).toBe(createHash('sha256').update(peer.film).digest('hex'));

  const { token } = await playRecording(as('li'), id, recording);
  const range = 'bytes=4194300-4194310';
  const some = await readRecording(as('li'), id, { recordingId: recording, token, range });
  const parts = await Array.fromAsync(some.bytes);
  expect(Buffer.concat(parts)).toEqual(peer.film.subarray(4_194_300, 4_194_311));

  const archive = await exportRecord(as('li'), { patientId: world.patientId, password: testPassword });
  const files = unzip(Buffer.from(concat(await Array.fromAsync(archive.bytes))));
  const name = [...files.keys()].find((one) => one.endsWith(`${recording}.mp4`));
  expect(files.get(name!)?.equals(peer.film)).toBe(true);

  await deleteRecording(as('li'), id, { recording, reason: '患者要求删除' });
  expect((await view(id)).state).toBe('deleted');
});

test('[RC-4] [RC-16] a withdrawal and the close stop it within a second; what was taken before is kept', async () => {
  const one = await recorded();
  const asked = Date.now();
  await answerOnVisit(world.as(one.visitor), answers({ video: true, recording: false }));
  await until(() => one.work.stoppedAt !== null);
  expect(one.work.stoppedAt! - asked).toBeLessThan(1_000);
  await ends(one.id, 'withdrawn');
  await done(one.recording);
  await close();
  expect(await view(one.id)).toMatchObject({ state: 'ready', end: 'withdrawn' });

  const other = await recorded();
  const closed = Date.now();
  await closeConsult(as('li'), other.id, null);
  await until(() => other.work.stoppedAt !== null);
  expect(other.work.stoppedAt! - closed).toBeLessThan(1_000);
  await ends(other.id, 'closed');
});

test('[RC-4] [RC-16] what could not be stopped within a second is not kept at all', async () => {
  const { id, recording, visitor, work } = await recorded();
  const held = Promise.withResolvers<void>();
  peer.stopsAfter = held.promise;
  await answerOnVisit(world.as(visitor), answers({ video: true, recording: false }));
  await ends(id, 'withdrawn');
  setTimeout(held.resolve, 1_500);
  await until(() => work.stoppedAt !== null);
  await done(recording);
  await close();
  expect(await view(id)).toMatchObject({ state: 'empty', bytes: null });
  expect(await lying()).toEqual([]);
  expect(await owner`select id from consult_recording_piece where recording_id = ${recording}`).toEqual([]);
});

test('[RC-16] encrypted, it is refused, and ends where it becomes so', async () => {
  const { id, recording, work } = await recorded();
  await owner`delete from call_encryption where consult_id = ${id}`;
  await chooseEncryption(as('li'), id, false);
  await owner`update call_encryption set cannot = '[]' where consult_id = ${id}`;
  await chooseEncryption(as('li'), id, true);
  await ends(id, 'encrypted');
  await until(() => work.stoppedAt !== null);
  await done(recording);
  const before = peer.works.length;
  expect(await refusal(recordOnServer(as('li'), id, { id: newId() }))).toBe('recording_encrypted');
  expect(peer.works).toHaveLength(before);
  // A browser may: nothing stands in its way.
  const own = newId();
  await startRecording(as('li'), id, { id: own, type: 'video/webm' });
  await stop(id, own);
});

test('[RC-15] where the media server refuses, that is said, and a browser may', async () => {
  const { id } = await inCall();
  peer.refuses = { code: 'unavailable', status: 503 };
  const refused = newId();
  expect(await refusal(recordOnServer(as('li'), id, { id: refused }))).toBe('recording_server_refused');
  expect(await view(id)).toMatchObject({ id: refused, state: 'ended', end: 'refused' });
  const own = newId();
  await startRecording(as('li'), id, { id: own, type: 'video/webm' });
  expect(await view(id)).toMatchObject({ id: own, maker: 'browser', state: 'recording' });
  await stop(id, own);
  later = 40_000;
  await live.publish({ topic: 'recordings', name: 'test' });
  await done(refused);
  await close();
  const rows = (await readConsult(as('li'), id)).recordings;
  expect(rows.find((row) => row.id === refused)).toMatchObject({ state: 'empty' });
  const trail =
    await owner`select action, detail from audit_event where subject_id = ${refused} order by number`;
  expect(trail.map(({ action, detail }) => [action, detail['maker'] ?? detail['reason']])).toEqual([
    ['recording.start', 'server'],
    ['recording.stop', 'refused'],
    ['recording.close', undefined]
  ]);
});

test('[RC-15] [RC-16] a real media server without the service, or without Redis, refuses in time', async () => {
  const { id } = await inCall();
  const bare = supervise({
    binary: await resolveBinary({ dataDir: world.folder, log: silent, onProgress: () => undefined }),
    folder: join(world.folder, 'bare'),
    config: mediaDefaults,
    keys,
    appPort: () => site.port,
    log: silent
  });
  await bare.settled;
  const bareUrl = `http://127.0.0.1:${bare.ports()!.signal}`;
  expect(await refusalOfEgress(bareUrl, keys)).toBe(
    'it has no Redis, over which the egress service gets its work'
  );
  expect(await refusalOfEgress(realUrl, keys)).toBeNull();
  for (const url of [realUrl, bareUrl]) {
    const own = await openMediaSite({ dataDir: world.folder, config: configFor(url) });
    const call = { ...as('li'), egress: own.media.egress };
    expect(await refusal(recordOnServer(call, id, { id: newId() }))).toBe('recording_server_refused');
    expect((await view(id)).end).toBe('refused');
    await own.close();
  }
  await bare.stop();

  const look = async (wanted: string, at = realUrl) =>
    (
      await doctorOnRecording(
        { media: { ...configFor(at), egress: { folder: wanted, redisUrl: null } }, dataDir: '' },
        null
      )
    )
      .map(({ mark }) => mark)
      .join('');
  expect(await look(folder)).toBe('✓✓');
  expect(await look(join(folder, 'none'))).toBe('✗✓');
  expect(await look(folder, 'http://127.0.0.1:9')).toBe('✓✗');
}, 60_000);

test('[RC-16] one that began although its answer was lost is found by its file, stopped, and not kept', async () => {
  const { id } = await inCall();
  peer.answersAfterMs = { start: 12_000, stop: 0 };
  const recording = newId();
  const before = peer.works.length;
  expect(await refusal(recordOnServer(as('li'), id, { id: recording }))).toBe('recording_server_refused');
  const work = peer.works[before]!;
  await until(() => work.stoppedAt !== null, { withinMs: 8_000 });
  await done(recording);
  await close();
  expect(await view(id)).toMatchObject({ state: 'empty', end: 'refused' });
  expect(await lying()).toEqual([]);
}, 60_000);

test('[RC-16] without webhooks: one that ends, fails or dies is noticed, told, and what there is is taken in', async () => {
  peer.losesNews = true;
  const one = await recorded();
  await peer.ends(one.work);
  await ends(one.id, 'lost', 8_000);
  await done(one.recording);
  await close();
  expect(await view(one.id)).toMatchObject({ state: 'ready', bytes: peer.film.length });

  const failed = await recorded();
  await peer.ends(failed.work, EgressStatus.EGRESS_FAILED);
  await ends(failed.id, 'broken', 8_000);

  const dead = await recorded();
  await peer.dies(dead.work);
  later = 16_000;
  await expect.poll(async () => (await view(dead.id)).state, { timeout: 500 }).toBe('recording');
  later = lostMs + 1_000;
  await live.publish({ topic: 'recordings', name: 'test' });
  await ends(dead.id, 'lost', 8_000);
  later = lateMs * 2;
  await close(lateMs * 2);
}, 60_000);

test('[RC-16] it ends when nobody is left in the room', async () => {
  const { id, recording, room } = await recorded();
  await room.disconnect();
  await until(async () => (await site.media.media.participants(id)).length === 0);
  await site.media.reconcile();
  await until(async () => (await seats(id))['李明'] === 'left', { what: 'the empty seat' });
  // It is looked at once, and goes on: whoever was there may come back.
  const from = new Date();
  await live.publish({ topic: 'recordings', name: 'test' });
  const heard = () => owner`select heard_at from consult_recording where id = ${recording}`;
  await until(async () => (await heard())[0]!['heard_at'] > from, { what: 'a look' });
  expect(await view(id)).toMatchObject({ state: 'recording' });
  later = 13_000;
  await ends(id, 'left', 12_000);
  await done(recording);
}, 60_000);

test('[RC-17] killed at any point nothing is lost, and nothing stays in the clear after the next run', async () => {
  await close(lateMs * 2);
  const { id, recording } = await recorded();
  await stop(id, recording);
  await done(recording);
  // The store is full after the first part.
  let puts = 0;
  const { files } = world.services;
  const full = {
    ...files,
    put: (...args: Parameters<typeof files.put>) =>
      puts++ === 1 ? Promise.reject(new Error('killed')) : files.put(...args)
  };
  await expect(close(0, { ...closer(), files: full })).rejects.toThrow('killed');
  expect(await lying()).toEqual([`${recording}.mp4`]);
  expect(await view(id)).toMatchObject({ state: 'ended' });
  // All is named, and the file cannot be taken away yet.
  const egress = { ...site.media.egress, remove: () => Promise.reject(new Error('killed')) };
  await expect(close(0, { ...closer(), egress })).rejects.toThrow('killed');
  expect(await view(id)).toMatchObject({ state: 'ready' });
  expect(await lying()).toEqual([`${recording}.mp4`]);
  await close();
  expect(await lying()).toEqual([]);
  expect(Buffer.from(await whole(id, recording)).equals(peer.film)).toBe(true);
  const pieces = await owner`select number from consult_recording_piece where recording_id = ${recording}`;
  expect(pieces).toHaveLength(3);

  // Of nobody's recording: only once it is old. What is not ours is not touched.
  const [young, old] = [`${newId()}.mp4`, `${newId()}.mp4`];
  for (const name of [young, old, 'other-film.mp4']) await writeFile(join(folder, name), 'x');
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(join(folder, old), hourAgo, hourAgo);
  await close();
  expect((await lying()).sort()).toEqual([young, 'other-film.mp4'].sort());
});

test('[RC-17] the database lets nobody add to what the media server records', async () => {
  const { id, recording } = await recorded();
  const { li } = world.people;
  const app = postgres(world.database.appUrl, { max: 1 });
  const add = (actor: string) =>
    app.begin(async (sql) => {
      await sql`select set_config('app.organisation', ${li.organisationId}, true), set_config('app.actor', ${actor}, true),
                       set_config('app.consult', '', true)`;
      return sql.unsafe(`insert into consult_recording_piece
        (id, organisation_id, consult_id, recording_id, number, file_sha256, size, until_ms)
        values (gen_random_uuid(), '${li.organisationId}', '${id}', '${recording}', 7, 'x', 1, 1)`);
    });
  await expect(add(li.userId)).rejects.toMatchObject({ code: '42501' });
  const maker = app.begin(async (sql) => {
    await sql`select set_config('app.organisation', ${li.organisationId}, true), set_config('app.actor', ${li.userId}, true)`;
    return sql.unsafe(`update consult_recording set maker = 'browser'`);
  });
  await expect(maker).rejects.toMatchObject({ code: '42501' });
  await app.end();
  await stop(id, recording);
});
