// The collaboration engine in a process of its own, on a real database, to be killed. Told what to do by messages:
// {listen: port}, {memory: true} (answers with bytes after a garbage collection, and the longest stall of the event loop since it was last asked). Who connects says in a cookie who
// they are: nothing here is about rights.
import { createServer, type IncomingMessage } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Access } from '../../server/collab/access.ts';
import type { Limits } from '../../server/collab/limits.ts';
import { postgresPersistence } from '../../server/collab/postgres-persistence.ts';
import { createCollab } from '../../server/collab/server.ts';
import { openPool } from '../../server/db/pool.ts';
import { silent } from '../support/silent.ts';

export interface EngineSettings {
  databaseUrl: string;
  limits: Partial<Limits>;
  /** Watch the event loop for stalls: it wakes the process each millisecond. */
  watchesStalls?: boolean;
}
export type ToEngine = { listen: number } | { memory: true };
export type FromEngine =
  { ready: true } | { listening: number } | { heap: number; documents: number; stalledMs: number };

export const provingOrigin = 'http://proving.test';
export const accessCookie = (access: Access): string =>
  `access=${Buffer.from(JSON.stringify(access)).toString('base64url')}`;

function accessOf(request: IncomingMessage): Access {
  const text = /access=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Access;
}

function serve({ databaseUrl, limits, watchesStalls }: EngineSettings): void {
  const pool = openPool({ url: databaseUrl, max: 4, log: silent });
  const collab = createCollab({
    authorise: (request) => Promise.resolve({ ok: true, access: accessOf(request) }),
    persistence: postgresPersistence(pool.db),
    origin: provingOrigin,
    limits,
    log: silent
  });
  const http = createServer();
  const stalls = monitorEventLoopDelay({ resolution: 1 });
  if (watchesStalls) stalls.enable();
  http.on('upgrade', (request, socket, head) => {
    if (!collab.handleUpgrade(request, socket, head)) socket.destroy();
  });
  const tell = (message: FromEngine): void => void process.send?.(message);
  process.on('message', (message: ToEngine) => {
    if ('listen' in message)
      http.listen(message.listen, '127.0.0.1', () => {
        const address = http.address();
        tell({ listening: typeof address === 'object' && address ? address.port : 0 });
      });
    else {
      const stalledMs = stalls.max / 1e6;
      globalThis.gc?.();
      const { heapUsed, arrayBuffers, external } = process.memoryUsage();
      tell({ heap: heapUsed + arrayBuffers + external, documents: collab.stats().documents, stalledMs });
      setImmediate(() => stalls.reset());
    }
  });
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit());
  tell({ ready: true });
}

const settings = process.argv[2];
if (import.meta.main && settings) serve(JSON.parse(settings) as EngineSettings);
