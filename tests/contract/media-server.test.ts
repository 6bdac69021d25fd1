import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispose, Room, RoomEvent as PeerEvent } from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Logger, MediaGrant } from '#lib/kernel/ports.ts';
import { isAlive } from '../../server/launch/processes.ts';
import { startMediaServer, type RoomEvent, type RunningMediaServer } from '../../server/sfu/index.ts';

const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined
};
const ports = { signal: 0, udp: 0, tcp: 0 };

let folder: string;
let web: Server;
let origin: string;
let server: RunningMediaServer;
let losesWebhooks = false;
const events: RoomEvent[] = [];

async function start(dataDir: string): Promise<RunningMediaServer> {
  return startMediaServer({
    config: { origin, outside: null, ports, nodeIp: null, turn: null },
    dataDir,
    appPort: () => portOf(web),
    log: quiet,
    onRoomEvent: (event) => void events.push(event)
  });
}

function portOf(listening: Server): number {
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return address.port;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-sfu-'));
  web = createServer((request, response) => {
    if (losesWebhooks && request.url === '/sfu/webhook') {
      request.resume();
      response.writeHead(200).end();
      return;
    }
    if (!server.handleRequest(request, response)) response.writeHead(418).end();
  });
  web.on('upgrade', (request, socket, head) => {
    if (!server.handleUpgrade(request, socket, head)) socket.destroy();
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  origin = `http://127.0.0.1:${portOf(web)}`;
  server = await start(join(folder, 'data'));
  // The first build of the media server takes minutes; later runs find it in the cache.
  expect(await server.settled()).toMatchObject({ state: 'ready' });
}, 600_000);

afterAll(async () => {
  await server.stop();
  web.closeAllConnections();
  web.close();
  await dispose();
  await rm(folder, { recursive: true, force: true });
});

function grant(room: string, identity: string, more: Partial<MediaGrant> = {}): MediaGrant {
  return {
    room,
    identity,
    name: '李医生',
    role: 'requester',
    canPublish: true,
    canPublishData: true,
    ...more
  };
}

const sfu = () => `${origin.replace('http', 'ws')}/sfu`;

async function enter(token: string): Promise<Room> {
  const room = new Room();
  await room.connect(sfu(), token, { autoSubscribe: true, dynacast: false });
  return room;
}

/** What the door says to this token: the status of LiveKit's own check, through our proxy. */
async function door(token: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`${origin}/sfu/rtc/validate?access_token=${token}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

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
  it('[SFU-5] open the room they name and say who comes', async () => {
    const room = await enter(await server.media.token(grant('consult-1', 'm:1')));
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
    const token = await server.media.token(grant('consult-a', 'm:1'));
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: 'm:1', video: { roomJoin: true, room: 'consult-a' } });
    for (const right of ['roomCreate', 'roomList', 'roomRecord', 'roomAdmin', 'ingressAdmin'])
      expect(claims).not.toHaveProperty(['video', right]);

    // Whatever room the address asks for, the token's own is the one entered.
    const room = new Room();
    await room.connect(`${sfu()}?room=consult-b`, token, { autoSubscribe: true, dynacast: false });
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
    expect(await door(await made(keys.apiSecret ?? '', 60))).toBe(200);
    expect(await door(await made(keys.apiSecret ?? '', -120))).toBe(401);
    expect(await door(await made('0'.repeat(64), 60))).toBe(401);
    expect(await door('not.a.token')).toBe(401);
    const ours = await server.media.token(grant('consult-x', 'm:9'));
    const claims = JSON.parse(Buffer.from(ours.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      number
    >;
    expect((claims.exp ?? 0) - (claims.nbf ?? 0)).toBe(300);
  });
});

describe('the proxy', () => {
  it('[SFU-4] refuses a foreign origin', async () => {
    const token = await server.media.token(grant('consult-1', 'm:1'));
    expect(await door(token, { origin })).toBe(200);
    expect(await door(token, { origin: 'https://evil.example' })).toBe(403);
  });

  it('[SFU-4] does not show the API, nor anything but signalling', async () => {
    const token = await server.media.token(grant('consult-1', 'm:1'));
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
    const token = await server.media.token(grant('consult-r', 'm:2'));
    const room = await enter(token);
    const cut = new Promise<void>((resolve) => room.once(PeerEvent.Disconnected, () => resolve()));
    const from = performance.now();
    await server.media.remove('consult-r', 'm:2');
    await cut;
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(await server.media.participants('consult-r')).toEqual([]);
    expect(await door(token)).toBe(401);
    // Let in again by a person: the new token counts.
    expect(await door(await server.media.token(grant('consult-r', 'm:2')))).toBe(200);
    await room.disconnect();
  });

  it('[SFU-7] is quiet when the person or the room is not there', async () => {
    await server.media.remove('consult-none', 'm:2');
    await server.media.closeRoom('consult-none');
  });
});

describe('a held seat', () => {
  it('[SFU-8] is unseen and without rights until taken, then a full one', async () => {
    const there = await enter(await server.media.token(grant('consult-h', 'm:there')));
    const seen: string[] = [];
    there.on(PeerEvent.ParticipantConnected, (participant) => void seen.push(participant.identity));

    const waiting = await enter(await server.media.token(grant('consult-h', 'm:waiting', { hidden: true })));
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

    await server.media.takeSeat(grant('consult-h', 'm:waiting'));
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
    await expect(server.media.takeSeat(grant('consult-h', 'm:nobody'))).rejects.toMatchObject({
      code: 'not_found'
    });
  });
});

describe('presence', () => {
  const kinds = (identity: string) =>
    events.filter((event) => event.identity === identity).map((event) => event.kind);

  it('[SFU-6] comes by webhook', async () => {
    const room = await enter(await server.media.token(grant('consult-p', 'm:p')));
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
    losesWebhooks = true;
    try {
      const room = await enter(await server.media.token(grant('consult-p', 'm:lost')));
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
      losesWebhooks = false;
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
    const room = await enter(await server.media.token(grant('consult-again', 'm:1')));
    await room.disconnect();
  });

  it('[SFU-2] [SFU-3] is ready within a second the second time, ends an orphan, and stops for good', async () => {
    const dataDir = join(folder, 'second');
    const script = `
      import { startMediaServer } from ${JSON.stringify(join(import.meta.dirname, '../../server/sfu/index.ts'))};
      const quiet = { debug() {}, info() {}, warn() {}, error() {} };
      const running = await startMediaServer({
        config: { origin: null, outside: null, ports: ${JSON.stringify(ports)}, nodeIp: null, turn: null },
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
    const second = await start(dataDir);
    expect(await second.settled()).toMatchObject({ state: 'ready' });
    // Under half a second on a quiet machine; the rest is for whatever else the tests run beside it.
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(await isAlive(orphan)).toBe(false);
    const own = await pidOf(dataDir);
    await second.stop();
    await second.stop();
    expect(await isAlive(own)).toBe(false);
    await expect(second.media.token(grant('r', 'm:1'))).rejects.toMatchObject({ code: 'sfu_unavailable' });
  });
});

async function pidOf(dataDir: string): Promise<number> {
  const file = JSON.parse(await readFile(join(dataDir, 'sfu', 'livekit.pid'), 'utf8')) as { pid: number };
  return file.pid;
}
