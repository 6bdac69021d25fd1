import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestEvent } from '@sveltejs/kit';
import { afterAll, beforeAll } from 'vitest';
import { WebSocket } from 'ws';
import { watchGrants } from '#lib/features/consults/grant-watch.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { createLiveFeed } from '../../server/adapters/live-feed.ts';
import { createAuthorise } from '../../server/collab/board-access.ts';
import { postgresPersistence } from '../../server/collab/postgres-persistence.ts';
import { createCollab } from '../../server/collab/server.ts';
import { followAccess } from '../../server/follow-access.ts';
import { GET } from '../../src/routes/api/events/+server.ts';
import { silent } from './silent.ts';
import type { World } from './world.ts';

/**
 * What hangs on a right while it lasts: boards' sockets, event streams and, as the media server would be asked for
 * them, seats; followed as the app follows them.
 */
export function useLiveAccess(world: World) {
  let live: Awaited<ReturnType<typeof createLiveFeed>>;
  let services: Services;
  let http: Server;
  let stop: () => Promise<void>;
  const removed: string[] = [];

  beforeAll(async () => {
    live = await createLiveFeed({ url: world.database.systemUrl, log: silent });
    const whoIs = (headers: Headers) =>
      /who=(\w+)/.exec(headers.get('cookie') ?? '')?.[1] as keyof World['people'];
    services = {
      ...world.services,
      live,
      media: {
        ...world.services.media,
        remove: async (room: string, identity: string) => void removed.push(`${room} ${identity}`)
      },
      auth: {
        ...world.services.auth,
        session: async (headers: Headers) => {
          const { userId, memberId, name } = world.people[whoIs(headers)];
          const later = new Date(Date.now() + 60_000);
          const email = `${name}@test.invalid`;
          return {
            ...{ sessionId: 's', userId, memberId, name, email, expiresAt: later },
            ...{ lastSeenAt: new Date(), confirmedAt: null }
          };
        }
      }
    };
    const collab = createCollab({
      authorise: createAuthorise(services),
      persistence: postgresPersistence(services.db),
      origin: 'https://consult.test',
      log: silent
    });
    const unsubscribe = live.subscribe('access', (event) => void followAccess(services, collab, event));
    const endWatch = watchGrants(services);
    http = createServer();
    http.on('upgrade', (request, socket, head) => void collab.handleUpgrade(request, socket, head));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    stop = async () => {
      endWatch();
      unsubscribe();
      await collab.close();
      await live.close();
      http.close();
    };
  });
  afterAll(() => stop());

  function board(who: string, documentId: string) {
    const { port } = http.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/collab/${documentId}`, {
      headers: { origin: 'https://consult.test', cookie: `who=${who}` }
    });
    const closed = { at: 0, code: 0 };
    socket.once('close', (code) => Object.assign(closed, { at: Date.now(), code }));
    return { socket, closed, opened: new Promise((resolve) => socket.once('message', resolve)) };
  }

  async function stream(who: string, consultId: string) {
    const request = new Request(`http://localhost/api/events?consult=${consultId}`, {
      headers: { cookie: `who=${who}` }
    });
    const response = await GET({
      url: new URL(request.url),
      request,
      cookies: { get: () => undefined },
      locals: { services, request: { id: 'test', ip: '127.0.0.1' } }
    } as unknown as RequestEvent as Parameters<typeof GET>[0]);
    const source = response.body!.getReader();
    const ended = { at: 0 };
    const pump = (async () => {
      while (!(await source.read()).done);
      ended.at = Date.now();
    })();
    return { ended, close: () => Promise.all([source.cancel(), pump]) };
  }

  return { board, stream, removed };
}
