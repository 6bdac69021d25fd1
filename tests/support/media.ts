import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { Room } from '@livekit/rtc-node';
import type { MediaGrant } from '#lib/kernel/ports.ts';
import {
  startMediaServer,
  type MediaConfig,
  type RoomEvent,
  type RunningMediaServer
} from '../../server/sfu/index.ts';
import { silent } from './silent.ts';

export interface MediaSite {
  origin: string;
  port: number;
  media: RunningMediaServer;
  /** True: the news of the media server get lost on their way. */
  losesNews: boolean;
  /** Where set, each piece of news goes through it: `deliver` as often, as late and in what order as it likes. */
  carryNews: ((deliver: () => Promise<void>) => void) | null;
  close(): Promise<void>;
}

/** Any free ports, loopback, no TURN, nothing fetched from elsewhere. */
export const mediaDefaults: MediaConfig = {
  origin: null,
  outside: null,
  ports: { signal: 0, udp: 0, tcp: 0 },
  nodeIp: null,
  turn: null,
  release: null
};

/** A media server behind a web server, as the app has it. */
export async function openMediaSite(options: {
  dataDir: string;
  config?: Partial<MediaConfig>;
  onRoomEvent?: (event: RoomEvent) => void | Promise<void>;
  onEgressNews?: () => void | Promise<void>;
  /** How often it looks at the rooms by itself; never where not said. */
  reconcileEveryMs?: number;
  /** Where it listens; loopback where not said. */
  host?: string;
  /** Answers what is not the media server's. */
  otherwise?: RequestListener;
}): Promise<MediaSite> {
  const {
    dataDir,
    onRoomEvent,
    onEgressNews,
    host = '127.0.0.1',
    otherwise = (_, response) => response.writeHead(418).end()
  } = options;
  const web = createServer((request, response) => {
    if (site.losesNews && request.url === '/sfu/webhook') {
      request.resume();
      response.writeHead(200).end();
    } else if (site.carryNews && request.url === '/sfu/webhook' && !request.headers[carried]) {
      const { carryNews } = site;
      readAll(request).then(
        (body) => {
          carryNews(() => post(`${origin}/sfu/webhook`, body, request.headers.authorization));
          response.writeHead(200).end();
        },
        (error: Error) => response.destroy(error)
      );
    } else if (!site.media.handleRequest(request, response)) otherwise(request, response);
  });
  web.on('upgrade', (request, socket, head) => {
    if (!site.media.handleUpgrade(request, socket, head)) socket.destroy();
  });
  web.listen(0, host);
  await once(web, 'listening');
  const address = web.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const { port } = address;
  const origin = `http://${host}:${port}`;
  const media = await startMediaServer({
    config: { ...mediaDefaults, origin, ...options.config },
    dataDir,
    appPort: port,
    log: silent,
    // Where a test wants a look, it asks for one.
    reconcileEveryMs: options.reconcileEveryMs ?? 3_600_000,
    ...(onRoomEvent ? { onRoomEvent } : {}),
    ...(onEgressNews ? { onEgressNews } : {})
  });
  const site: MediaSite = {
    origin,
    port,
    media,
    losesNews: false,
    carryNews: null,
    async close() {
      await media.stop();
      web.closeAllConnections();
      web.close();
    }
  };
  return site;
}

/** Marks news that were carried already. */
const carried = 'x-carried';

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function post(url: string, body: Buffer, authorization: string | undefined): Promise<void> {
  const headers = { [carried]: '1', ...(authorization ? { authorization } : {}) };
  const answer = await fetch(url, { method: 'POST', body: new Uint8Array(body), headers });
  if (!answer.ok) throw new Error(`news refused: ${answer.status}`);
}

/** What the app would let this person do in this room. */
export function grantFor(room: string, identity: string, more: Partial<MediaGrant> = {}): MediaGrant {
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

/** Connects as a browser does: through the site's own address. */
export async function enter(site: Pick<MediaSite, 'origin'>, token: string): Promise<Room> {
  const room = new Room();
  await room.connect(`${site.origin.replace('http', 'ws')}/sfu`, token, {
    autoSubscribe: true,
    dynacast: false
  });
  return room;
}

/** What the door says to this token: the status of LiveKit's own check, through the site. */
export async function askDoor(
  site: Pick<MediaSite, 'origin'>,
  token: string,
  headers: Record<string, string> = {}
): Promise<number> {
  const response = await fetch(`${site.origin}/sfu/rtc/validate?access_token=${token}`, { headers });
  await response.arrayBuffer();
  return response.status;
}
