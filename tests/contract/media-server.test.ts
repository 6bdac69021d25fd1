import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispose, Room, RoomEvent as PeerEvent } from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive } from '../../server/launch/processes.ts';
import { startMediaServer, type RoomEvent, type RunningMediaServer } from '../../server/sfu/index.ts';
import { askDoor, enter, grantFor, mediaDefaults, openMediaSite, type MediaSite } from '../support/media.ts';
import { silent } from '../support/silent.ts';

let folder: string;
let site: MediaSite;
let server: RunningMediaServer;
let origin: string;
const events: RoomEvent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-sfu-'));
  site = await openMediaSite({
    dataDir: join(folder, 'data'),
    onRoomEvent: (event) => void events.push(event)
  });
  ({ media: server, origin } = site);
  // The first build of the media server takes minutes; later runs find it in the cache.
  expect(await server.settled()).toMatchObject({ state: 'ready' });
}, 600_000);

afterAll(async () => {
  await site.close();
  await dispose();
  await rm(folder, { recursive: true, force: true });
});

async function eventually<T>(
  look: () => T | Promise<T>,
  holds: (value: T) => boolean,
  withinMs: number
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (holds(value) || Date.now() > end) return value;
    await sleep(20);
  }
}

describe('tokens', () => {
  it('[SFU-11] for a check of the line: an empty room for two, one sends a picture, and nobody hears of it', async () => {
    const { send, receive } = await server.media.checkTokens();
    const said = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as {
        name?: string;
        metadata?: string;
        nbf: number;
        exp: number;
        video: Record<string, unknown>;
      };
    const room = String(said(send).video['room']);
    const none = { canPublishData: false, canUpdateOwnMetadata: false };
    expect([send, receive].map((token) => said(token).video)).toEqual([
      { roomJoin: true, room, canPublish: true, canPublishSources: ['camera'], canSubscribe: false, ...none },
      { roomJoin: true, room, canPublish: false, canPublishSources: ['camera'], canSubscribe: true, ...none }
    ]);
    const { name, metadata, exp, nbf } = said(send);
    expect({ name, metadata }).toEqual({ name: undefined, metadata: undefined });
    expect(exp - nbf).toBe(60);
    const both = await Promise.all([enter(site, send), enter(site, receive)]);
    await server.reconcile();
    await Promise.all(both.map((one) => one.disconnect()));
    await server.reconcile();
    expect(events.filter((event) => event.room === room)).toEqual([]);
  });

  it('[SFU-5] open the room they name and say who comes', async () => {
    const room = await enter(site, await server.media.token(grantFor('consult-1', 'm:1')));
    try {
      expect(room.name).toBe('consult-1');
      expect(room.localParticipant?.identity).toBe('m:1');
      expect(JSON.parse(room.localParticipant?.metadata ?? '')).toEqual({
        role: 'requester',
        name: '李医生'
      });
      expect(await server.media.participants('consult-1')).toEqual(['m:1']);
      expect(await server.media.participants('consult-2')).toEqual([]);
    } finally {
      await room.disconnect();
    }
  });

  it('[SFU-5] do not open another room, nor make, list or record any', async () => {
    const token = await server.media.token(grantFor('consult-a', 'm:1'));
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: 'm:1', video: { roomJoin: true, room: 'consult-a' } });
    for (const right of ['roomCreate', 'roomList', 'roomRecord', 'roomAdmin', 'ingressAdmin'])
      expect(claims).not.toHaveProperty(['video', right]);

    // Whatever room the address asks for, the token's own is the one entered.
    const room = new Room();
    await room.connect(`${origin.replace('http', 'ws')}/sfu?room=consult-b`, token, {
      autoSubscribe: true,
      dynacast: false
    });
    expect(room.name).toBe('consult-a');
    expect(await server.media.participants('consult-b')).toEqual([]);
    await room.disconnect();
  });

  it('[SFU-5] are refused when expired or signed by someone else', async () => {
    const keys = JSON.parse(await readFile(join(folder, 'data', 'sfu', 'keys.json'), 'utf8')) as Record<
      string,
      string
    >;
    const made = async (secret: string, ttl: number) => {
      const token = new AccessToken(keys.apiKey, secret, { identity: 'm:9', ttl });
      token.addGrant({ roomJoin: true, room: 'consult-x' });
      return token.toJwt();
    };
    expect(await askDoor(site, await made(keys.apiSecret ?? '', 60))).toBe(200);
    expect(await askDoor(site, await made(keys.apiSecret ?? '', -120))).toBe(401);
    expect(await askDoor(site, await made('0'.repeat(64), 60))).toBe(401);
    expect(await askDoor(site, 'not.a.token')).toBe(401);
    const ours = await server.media.token(grantFor('consult-x', 'm:9'));
    const claims = JSON.parse(Buffer.from(ours.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      number
    >;
    expect((claims.exp ?? 0) - (claims.nbf ?? 0)).toBe(300);
  });
});

describe('the proxy', () => {
  it('[SFU-4] refuses a foreign origin', async () => {
    const token = await server.media.token(grantFor('consult-1', 'm:1'));
    expect(await askDoor(site, token, { origin })).toBe(200);
    expect(await askDoor(site, token, { origin: 'https://evil.example' })).toBe(403);
  });

  it('[SFU-4] does not show the API, nor anything but signalling', async () => {
    const token = await server.media.token(grantFor('consult-1', 'm:1'));
    for (const path of [
      '/sfu/twirp/livekit.RoomService/ListRooms',
      '/sfu/rtc/../twirp/livekit.RoomService/ListRooms',
      '/sfu/rtc%2f..%2ftwirp/livekit.RoomService/ListRooms',
      '/sfu//twirp/livekit.RoomService/ListRooms',
      '/sfu/debug/rooms',
      '/sfu/agent'
    ])
      for (const method of ['GET', 'POST']) {
        const response = await fetch(`${origin}${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(method === 'POST' ? { body: '{}' } : {})
        });
        // 418: the path is not under /sfu after all, so the app answers, not the media server.
        expect([404, 418], `${method} ${path}`).toContain(response.status);
      }
  });

  it('[SFU-4] makes no tunnel where the media server wants no WebSocket', async () => {
    const token = await server.media.token(grantFor('consult-1', 'm:1'));
    const socket = connect(site.port, '127.0.0.1');
    const head = ['Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'];
    const refused = [`GET /sfu/rtc?access_token=${token} HTTP/1.1`, ...head, 'Sec-WebSocket-Version: 1'];
    // LiveKit answers "OK" there.
    const smuggled = ['GET / HTTP/1.1', 'Host: 127.0.0.1'];
    socket.write([...refused, '', ...smuggled, '\r\n'].join('\r\n'));
    let said = '';
    for await (const chunk of socket) said += String(chunk);
    expect(said).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(said.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('[SFU-4] warms a connection without a token and leaves other paths alone', async () => {
    expect((await fetch(`${origin}/sfu`, { method: 'HEAD' })).status).toBe(204);
    expect((await fetch(`${origin}/sfument`)).status).toBe(418);
  });

  it('[SFU-6] refuses webhooks that are not signed', async () => {
    const body = JSON.stringify({
      event: 'participant_joined',
      room: { name: 'consult-1' },
      participant: { identity: 'm:evil', sid: 'PA_x' }
    });
    const response = await fetch(`${origin}/sfu/webhook`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer x.y.z' }
    });
    expect(response.status).toBe(401);
    expect(events.some((event) => event.identity === 'm:evil')).toBe(false);
  });
});

describe('removal', () => {
  it('[SFU-7] cuts within one second and the old token does not open again', async () => {
    const token = await server.media.token(grantFor('consult-r', 'm:2'));
    const room = await enter(site, token);
    const cut = new Promise<void>((resolve) => room.once(PeerEvent.Disconnected, () => resolve()));
    const from = performance.now();
    await server.media.remove('consult-r', 'm:2');
    await cut;
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(await server.media.participants('consult-r')).toEqual([]);
    expect(await askDoor(site, token)).toBe(401);
    // Let in again by a person: the new token counts.
    expect(await askDoor(site, await server.media.token(grantFor('consult-r', 'm:2')))).toBe(200);
    await room.disconnect();
  });

  it('[SFU-7] is quiet when the person or the room is not there', async () => {
    await server.media.remove('consult-none', 'm:2');
    await server.media.closeRoom('consult-none');
  });
});

describe('a held seat', () => {
  it('[SFU-8] is unseen and without rights until taken, then a full one', async () => {
    const there = await enter(site, await server.media.token(grantFor('consult-h', 'm:there')));
    const seen: string[] = [];
    there.on(PeerEvent.ParticipantConnected, (participant) => void seen.push(participant.identity));

    const waiting = await enter(
      site,
      await server.media.token(grantFor('consult-h', 'm:waiting', { hidden: true }))
    );
    const heard: unknown[] = [];
    there.on(PeerEvent.DataReceived, (data) => void heard.push(data));
    await waiting.localParticipant?.publishData(new Uint8Array([1]), { reliable: true });
    await sleep(300);
    expect(seen).toEqual([]);
    expect(waiting.remoteParticipants.get('m:there')?.trackPublications.size ?? 0).toBe(0);
    expect(heard).toEqual([]);
    expect(there.remoteParticipants.size).toBe(0);
    expect(await server.media.participants('consult-h')).toEqual(['m:there']);
    expect(events.some((event) => event.identity === 'm:waiting')).toBe(false);

    await server.media.takeSeat(grantFor('consult-h', 'm:waiting'));
    await eventually(
      () => seen,
      (list) => list.length > 0,
      2_000
    );
    expect(seen).toEqual(['m:waiting']);
    expect((await server.media.participants('consult-h')).sort()).toEqual(['m:there', 'm:waiting']);
    expect(events.filter((event) => event.identity === 'm:waiting').map((event) => event.kind)).toEqual([
      'joined'
    ]);
    await waiting.disconnect();
    await eventually(
      () => events,
      (list) => list.some((event) => event.identity === 'm:waiting' && event.kind === 'left'),
      3_000
    );
    await server.reconcile();
    expect(events.filter((event) => event.identity === 'm:waiting').map((event) => event.kind)).toEqual([
      'joined',
      'left'
    ]);
    await there.disconnect();
  });

  it('[SFU-8] that is not connected cannot be taken', async () => {
    await expect(server.media.takeSeat(grantFor('consult-h', 'm:nobody'))).rejects.toMatchObject({
      code: 'not_found'
    });
  });
});

describe('presence', () => {
  const kinds = (identity: string) =>
    events.filter((event) => event.identity === identity).map((event) => event.kind);

  it('[SFU-6] comes by webhook', async () => {
    const room = await enter(site, await server.media.token(grantFor('consult-p', 'm:p')));
    await eventually(
      () => kinds('m:p'),
      (list) => list.includes('joined'),
      3_000
    );
    await room.disconnect();
    await eventually(
      () => kinds('m:p'),
      (list) => list.includes('left'),
      3_000
    );
    expect(kinds('m:p')).toEqual(['joined', 'left']);
  });

  it('[SFU-6] converges by reconciliation when webhooks are lost', async () => {
    site.losesNews = true;
    try {
      const room = await enter(site, await server.media.token(grantFor('consult-p', 'm:lost')));
      await sleep(300);
      expect(kinds('m:lost')).toEqual([]);
      await server.reconcile();
      await eventually(
        () => kinds('m:lost'),
        (list) => list.length > 0,
        500
      );
      expect(kinds('m:lost')).toEqual(['joined']);
      await room.disconnect();
      await eventually(
        () => server.media.participants('consult-p'),
        (list) => list.length === 0,
        2_000
      );
      await server.reconcile();
      await eventually(
        () => kinds('m:lost'),
        (list) => list.length > 1,
        500
      );
      expect(kinds('m:lost')).toEqual(['joined', 'left']);
    } finally {
      site.losesNews = false;
    }
  });
});

describe('supervision', () => {
  it('[SFU-3] starts it again when it dies', async () => {
    const pid = await pidOf(join(folder, 'data'));
    process.kill(pid, 'SIGKILL');
    await eventually(
      () => server.health().state,
      (state) => state !== 'ready',
      2_000
    );
    expect(
      await eventually(
        () => server.health().state,
        (state) => state === 'ready',
        5_000
      )
    ).toBe('ready');
    expect(await pidOf(join(folder, 'data'))).not.toBe(pid);
    const room = await enter(site, await server.media.token(grantFor('consult-again', 'm:1')));
    await room.disconnect();
  });

  it('[SFU-2] [SFU-3] is ready within a second the second time, ends an orphan, and stops for good', async () => {
    const dataDir = join(folder, 'second');
    const script = `
      import { startMediaServer } from ${JSON.stringify(join(import.meta.dirname, '../../server/sfu/index.ts'))};
      const quiet = { debug() {}, info() {}, warn() {}, error() {} };
      const running = await startMediaServer({
        config: ${JSON.stringify(mediaDefaults)},
        dataDir: ${JSON.stringify(dataDir)}, appPort: 9, log: quiet
      });
      console.log((await running.settled()).state);
      setInterval(() => {}, 1000);`;
    const app = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit']
    });
    const [line] = (await once(app.stdout, 'data')) as [Buffer];
    expect(line.toString().trim()).toBe('ready');
    const orphan = await pidOf(dataDir);
    app.kill('SIGKILL');
    await once(app, 'exit');
    expect(await isAlive(orphan)).toBe(true);

    const from = performance.now();
    const second = await startMediaServer({ config: mediaDefaults, dataDir, appPort: 9, log: silent });
    expect(await second.settled()).toMatchObject({ state: 'ready' });
    // Under half a second on a quiet machine; the rest is for whatever else the tests run beside it.
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(await isAlive(orphan)).toBe(false);
    const own = await pidOf(dataDir);
    await second.stop();
    await second.stop();
    expect(await isAlive(own)).toBe(false);
    await expect(second.media.token(grantFor('r', 'm:1'))).rejects.toMatchObject({ code: 'sfu_unavailable' });
  });
});

async function pidOf(dataDir: string): Promise<number> {
  const file = JSON.parse(await readFile(join(dataDir, 'sfu', 'livekit.pid'), 'utf8')) as { pid: number };
  return file.pid;
}
