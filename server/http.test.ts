import { connect } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { portError, startHttp, type HttpOptions, type RunningHttp } from './http.ts';
import { StopError } from './launch/stop-error.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
let http: RunningHttp | null = null;
let seen: IncomingHttpHeaders = {};

async function start(options: Partial<HttpOptions> = {}): Promise<string> {
  http = await startHttp({
    host: '127.0.0.1',
    port: 0,
    trustProxy: false,
    upgrades: [],
    requests: [],
    pages: (request, response) => {
      seen = request.headers;
      request.resume().on('end', () => response.end('page'));
    },
    readiness: async () => ({ ready: true, parts: { database: 'ready' } }),
    log,
    ...options
  });
  return `http://127.0.0.1:${http.port}`;
}

/** Bytes as they are, for what fetch does not send. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((done, failed) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => done(answer));
    socket.on('error', failed);
  });
}

afterEach(async () => {
  await http?.drain();
  await http?.close();
  http = null;
});

it('is alive before it is ready', async () => {
  const origin = await start({ readiness: () => Promise.reject(new Error('no database')) });
  expect((await fetch(`${origin}/healthz`)).status).toBe(200);
  const ready = await fetch(`${origin}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.text()).not.toContain('database');
});

it('tells of its parts once it is ready, uncached and without asking a page', async () => {
  const origin = await start({ pages: (_, response) => response.writeHead(500).end() });
  const alive = await fetch(`${origin}/healthz?from=probe`);
  expect([alive.status, await alive.text()]).toEqual([200, 'ok\n']);
  expect(alive.headers.get('cache-control')).toBe('no-store');
  const ready = await fetch(`${origin}/readyz`);
  expect(ready.status).toBe(200);
  expect(ready.headers.get('content-type')).toBe('application/json');
  expect(ready.headers.get('cache-control')).toBe('no-store');
  expect(await ready.json()).toEqual({ ready: true, parts: { database: 'ready' } });
});

it('is not ready while a part is not, and says which', async () => {
  const state = { ready: false, parts: { database: 'ready', media: 'starting' } } as const;
  const origin = await start({ readiness: async () => state });
  const answer = await fetch(`${origin}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual(state);
  expect((await fetch(`${origin}/healthz`)).status).toBe(200);
  // Only these two: what looks alike is a page's business.
  expect(await (await fetch(`${origin}/readyz/`)).text()).toBe('page');
});

it('does not believe what a client says of itself', async () => {
  const origin = await start();
  const headers = {
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-proto': 'https',
    'x-consilium-address': '6.6.6.6'
  };
  await fetch(origin, { headers });
  expect(seen['x-consilium-address']).toBe('127.0.0.1');
  expect(seen['x-consilium-proto']).toBe('http');
});

it('believes the last hop behind a proxy of ours', async () => {
  const origin = await start({ trustProxy: true });
  await fetch(origin, {
    headers: { 'x-forwarded-for': '6.6.6.6, 203.0.113.9', 'x-forwarded-proto': 'https' }
  });
  expect(seen['x-consilium-address']).toBe('203.0.113.9');
  expect(seen['x-consilium-proto']).toBe('https');
});

it('refuses a form too large to be one, and lets an upload through', async () => {
  const origin = await start();
  const body = new Uint8Array(9 * 1024 * 1024);
  const post = (type: string) => fetch(origin, { method: 'POST', body, headers: { 'content-type': type } });
  // The server may close before all is sent; either way the page never sees it.
  const form = await post('application/json').catch(() => null);
  expect(form === null || form.status === 413).toBe(true);
  expect((await post('application/octet-stream')).status).toBe(200);
});

it('offers an upgrade to each in turn and refuses what nobody takes', async () => {
  const tried: string[] = [];
  await start({
    upgrades: [
      (request) => {
        tried.push(`first ${request.url}`);
        return false;
      },
      (request, socket) => {
        if (request.url !== '/mine') return false;
        socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
        return true;
      }
    ]
  });
  const upgrade = (path: string) =>
    raw(
      http?.port ?? 0,
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
    );
  expect(await upgrade('/mine')).toContain('101');
  expect(await upgrade('/other')).toContain('404');
  expect(tried).toEqual(['first /mine', 'first /other']);
});

it('draining waits for an answer under way, not for news', async () => {
  let finish = () => {};
  const origin = await start({
    pages: (request, response) => {
      if (request.url === '/news')
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hi\n\n');
      else finish = () => response.end('late');
    }
  });
  await fetch(`${origin}/news`);
  const slow = fetch(`${origin}/slow`).then((response) => response.text());
  await new Promise((done) => setTimeout(done, 100));
  const drained = http?.drain();
  setTimeout(() => finish(), 200);
  expect(await slow).toBe('late');
  await drained;
});

it('says in one sentence why a port cannot be had', async () => {
  await start();
  const taken = await startHttp({
    host: '127.0.0.1',
    port: http?.port ?? 0,
    trustProxy: false,
    upgrades: [],
    requests: [],
    pages: () => {},
    readiness: async () => ({ ready: true, parts: {} }),
    log
  }).catch((error: unknown) => error);
  expect(taken).toBeInstanceOf(StopError);
  expect(String(taken)).toMatch(/is taken by another program.*--port/);
  const denied = portError(Object.assign(new Error(), { code: 'EACCES' }), '127.0.0.1', 80);
  expect(String(denied)).toMatch(/above 1023/);
});
