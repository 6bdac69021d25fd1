import { join } from 'node:path';
import { dispose, RoomEvent as PeerEvent } from '@livekit/rtc-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MemberActor, SystemActor } from '#lib/kernel/actor.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { applyRoomNews, enterRoom, takeSeat } from '#lib/features/consults/room.server.ts';
import { readConfig } from '../../server/config.ts';
import { resolveBinary } from '../../server/sfu/resolve.ts';
import { supervise, type SupervisedServer } from '../../server/sfu/supervise.ts';
import { startMediaServer, type RoomEvent } from '../../server/sfu/index.ts';
import { askDoor, enter, mediaDefaults, openMediaSite, type MediaSite } from '../support/media.ts';
import { lastingPort } from '../support/ports.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';
import { useWorld } from '../support/world.ts';

/** A LiveKit of the site's own, on ports and with keys of its own, found by the settings a site would make. */
const world = useWorld();
const keys = { apiKey: 'APIelsewhere', apiSecret: 'of the other machine, at least 32 long' };
let elsewhere: SupervisedServer;
let site: MediaSite;
let settings: Record<string, string>;

beforeAll(async () => {
  const signal = await lastingPort();
  settings = {
    LIVEKIT_URL: `http://127.0.0.1:${signal}`,
    LIVEKIT_API_KEY: keys.apiKey,
    LIVEKIT_API_SECRET: keys.apiSecret
  };
  site = await openMediaSite({
    dataDir: world.folder,
    config: readConfig([], settings).media!,
    onRoomEvent: write
  });
  // Not up yet: that is said, and nothing waits for it.
  expect(await site.media.settled()).toEqual({
    state: 'unavailable',
    detail: `LIVEKIT_URL (127.0.0.1:${signal}): it does not answer`
  });
  const binary = await resolveBinary({ dataDir: world.folder, log: silent, onProgress: () => undefined });
  elsewhere = supervise({
    binary,
    folder: join(world.folder, 'elsewhere'),
    config: { ...mediaDefaults, ports: { signal, udp: 0, tcp: 0 } },
    keys,
    // Its webhook, as docs/deploy/deploy.md has it.
    appPort: () => site.port,
    log: silent
  });
  await elsewhere.settled;
  await site.media.reconcile();
  expect(site.media.health()).toMatchObject({ state: 'ready' });
}, 600_000);

afterAll(async () => {
  await site?.close();
  await elsewhere?.stop();
  await dispose();
});

/** As server/compose.ts does it. */
async function write({ room, identity, kind, at }: RoomEvent): Promise<void> {
  if (identity === null || kind === 'room_finished') return;
  const actor: SystemActor = { kind: 'system', organisationId: '', reason: 'media server' };
  await applyRoomNews(world.as(actor), { room, identity, kind, at });
}

const inApp = (person: MemberActor) => ({ ...world.as(person), media: site.media.media });

async function acceptedConsult(): Promise<string> {
  const { li, wang } = world.people;
  const { id } = await askExpert(world.as(li), {
    patientId: world.patientId,
    teeth: ['36'],
    question: '?',
    target: { kind: 'expert', expertId: wang.userId },
    urgency: 'soon',
    mode: 'live',
    slotAt: null,
    share: {
      imageIds: [],
      noteIds: [],
      allergies: false,
      conditions: false,
      medications: false,
      chart: false,
      plan: false
    }
  });
  await acceptConsult(world.as(wang), id);
  return id;
}

/** Who sits where, as the pages of the consult show it. */
async function seats(consultId: string): Promise<Record<string, string>> {
  const { seats: all } = await readConsult(world.as(world.people.li), consultId);
  return Object.fromEntries(all.map(({ name, state }) => [name, state]));
}

async function seatsBecome(consultId: string, wanted: Record<string, string>): Promise<void> {
  const wantedText = JSON.stringify(wanted);
  const state = async () =>
    JSON.stringify(Object.fromEntries(Object.entries(await seats(consultId)).sort())) === wantedText;
  await until(state, { withinMs: 5_000, what: wantedText });
}

test('[SFU-10] people join through the app, and its webhooks set the seats', async () => {
  const { li, wang } = world.people;
  const consultId = await acceptedConsult();
  const ticket = await enterRoom(inApp(li), consultId);
  // The servers for their connections come from that LiveKit.
  expect(ticket).toMatchObject({ url: '/sfu', iceServers: null, held: false });
  const dentist = await enter(site, ticket.token);
  await seatsBecome(consultId, { 李明: 'in-room' });

  const held = await enterRoom(inApp(wang), consultId, { held: true });
  const expert = await enter(site, held.token);
  const met = new Promise((done) => dentist.once(PeerEvent.ParticipantConnected, done));
  await takeSeat(inApp(wang), consultId);
  await met;
  await seatsBecome(consultId, { 李明: 'in-room', 王志远: 'in-room' });

  const cut = new Promise((done) => expert.once(PeerEvent.Disconnected, done));
  await site.media.media.remove(consultId, `m:${wang.userId}`);
  await cut;
  expect(await askDoor(site, held.token)).toBe(401);
  await dentist.disconnect();
  await seatsBecome(consultId, { 李明: 'left', 王志远: 'left' });
});

test('[SFU-10] without its webhooks, asking it sets the seats', async () => {
  const consultId = await acceptedConsult();
  site.losesNews = true;
  try {
    const dentist = await enter(site, (await enterRoom(inApp(world.people.li), consultId)).token);
    await site.media.reconcile();
    await seatsBecome(consultId, { 李明: 'in-room' });
    await dentist.disconnect();
    await until(async () => (await site.media.media.participants(consultId)).length === 0);
    await site.media.reconcile();
    await seatsBecome(consultId, { 李明: 'left' });
  } finally {
    site.losesNews = false;
  }
});

test('[SFU-10] keys it does not know are told as such', async () => {
  const { media } = readConfig([], { ...settings, LIVEKIT_API_SECRET: 'another one of at least 32 signs' });
  const mistaken = await startMediaServer({
    config: media!,
    dataDir: world.folder,
    appPort: site.port,
    log: silent
  });
  expect(await mistaken.settled()).toMatchObject({
    state: 'unavailable',
    detail: expect.stringContaining('it refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET')
  });
  await mistaken.stop();
});
