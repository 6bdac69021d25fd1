// The collaboration server behind the app's own HTTP server, in a process of its own, so that its memory can be told
// from that of whoever attacks it. Says `{"port":…}` on stdout; `GET /memory` collects garbage and tells.
// Cookies: `who=NAME` is a person; `reader` only reads; `slow` is looked up for long; `foreign` has no right.
import type { IncomingMessage } from 'node:http';
import type { Authorise } from '../../../server/collab/access.ts';
import { createCollab } from '../../../server/collab/server.ts';
import { startHttp } from '../../../server/http.ts';
import { MemoryPersistence } from './memory-persistence.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const [documentId = '', origin = '', limits = '{}'] = process.argv.slice(2);
const persistence = new MemoryPersistence();
persistence.create(documentId);
// A disk: what is on it is no memory of the server's.
const append = persistence.append.bind(persistence);
persistence.append = (key, rows) =>
  append(
    key,
    rows.map((row) => ({ ...row, bytes: new Uint8Array() }))
  );

const authorise: Authorise = async (request) => {
  const name = /who=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
  if (name === 'slow') await new Promise((done) => setTimeout(done, 5_000));
  if (!name || name === 'slow') return { ok: false, close: 'noSession' };
  if (name === 'foreign') return { ok: false, close: 'forbidden' };
  const mode = name === 'reader' ? ('read' as const) : ('write' as const);
  const who = { identity: `m:${name}`, name, role: 'dentist', userId: name, inviteId: null };
  return { ok: true, access: { mode, organisationId: 'o', consultId: 'c', ...who } };
};
const collab = createCollab({
  authorise,
  persistence,
  log: quiet,
  origin,
  limits: JSON.parse(limits) as object
});
const http = await startHttp({
  host: '127.0.0.1',
  port: 0,
  trustProxy: false,
  headersWithinMs: 2_000,
  upgrades: [collab.handleUpgrade],
  requests: [],
  pages: (request: IncomingMessage, response) => {
    request.resume();
    globalThis.gc?.();
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    const peak = process.resourceUsage().maxRSS * 1024;
    const rows = persistence.of(documentId).rows.length;
    http.server.getConnections((_, open) => {
      const live = heapUsed + external + arrayBuffers;
      response.end(JSON.stringify({ rss, peak, live, rows, open, ...collab.stats() }));
    });
  },
  readiness: async () => ({ ready: true, parts: {} }),
  log: quiet
});
process.stdout.write(`${JSON.stringify({ port: http.port })}\n`);
