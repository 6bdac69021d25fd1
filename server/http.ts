import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#lib/kernel/ports.ts';
import { handlerHeaders } from './config.ts';
import { refuseConnection } from './refuse.ts';
import { StopError, systemCode } from './launch/stop-error.ts';

/** Takes an upgrade and returns true, or leaves it untouched and returns false. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
/** Answers a request and returns true, or leaves it untouched and returns false. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface Readiness {
  ready: boolean;
  parts: Record<string, string>;
}

export interface HttpOptions {
  host: string;
  port: number;
  trustProxy: boolean;
  upgrades: UpgradeHandler[];
  /** Tried in order before `pages`. */
  requests: RequestHandler[];
  pages: (request: IncomingMessage, response: ServerResponse) => void;
  readiness: () => Promise<Readiness>;
  log: Logger;
  /** For the head of a request to arrive; default 20 s. */
  headersWithinMs?: number;
}

export interface RunningHttp {
  port: number;
  server: Server;
  /** No new connections; waits for the answers under way, within a grace. Sockets and news stay open. */
  drain(): Promise<void>;
  /** Ends whatever is still connected. */
  close(): Promise<void>;
}

/** An upload over a slow line takes its time; headers do not. */
const requestTimeoutMs = 60 * 60_000;
const usualHeadersMs = 20_000;
/** Above what a proxy in front waits, so that it is the proxy that closes. */
const keepAliveMs = 65_000;
const drainMs = 2_000;
/** Forms and JSON are read whole into memory: far above any form, far below memory. Uploads are neither. */
const largestFormBytes = 8 * 1024 * 1024;
const formTypes = /^(application\/(x-www-form-urlencoded|json)|multipart\/form-data|text\/plain)\b/i;

/** The one HTTP server: health, media signalling, then SvelteKit; board and media sockets by path. */
export async function startHttp(options: HttpOptions): Promise<RunningHttp> {
  const headersTimeout = options.headersWithinMs ?? usualHeadersMs;
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout,
    // How often Node looks.
    connectionsCheckingInterval: Math.min(5_000, headersTimeout),
    keepAliveTimeout: keepAliveMs
  });
  const sockets = new Set<Duplex>();
  const answering = new Set<ServerResponse>();
  server.on('request', (request, response) => {
    answering.add(response);
    response.once('close', () => answering.delete(response));
    answer(options, request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    setTrusted(request, options.trustProxy);
    socket.on('error', (error) => options.log.debug({ code: systemCode(error) }, 'socket error'));
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (options.upgrades.some((take) => take(request, socket, head))) return;
    refuseConnection(socket, 404);
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) refuseConnection(socket, 400);
    else socket.destroy();
  });
  await listen(server, options);
  return {
    server,
    port: (server.address() as AddressInfo).port,
    drain: async () => {
      server.close();
      server.closeIdleConnections();
      const end = Date.now() + drainMs;
      while (Date.now() < end && [...answering].some((response) => !isEventStream(response))) await sleep(25);
    },
    close: async () => {
      const closed = new Promise((done) =>
        server.listening ? server.close(done) : server.once('close', done)
      );
      const nothingOpen = sockets.size === 0 && answering.size === 0;
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      if (!nothingOpen || server.listening) await Promise.race([closed, sleep(1_000)]);
    }
  };
}

/** News to a browser: open until somebody ends it; the browser comes back by itself. */
function isEventStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type') ?? '').startsWith('text/event-stream');
}

async function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host }, resolve);
    });
  } catch (error) {
    throw portError(error, host, port);
  }
}

/** One sentence for why `port` cannot be had. */
export function portError(error: unknown, host: string, port: number): unknown {
  const options = { cause: error };
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new StopError(
        `Port ${port} is taken by another program: stop that one, or choose another with --port ${port + 1}.`,
        options
      );
    case 'EACCES':
      return new StopError(
        `Port ${port} needs more rights than we have: choose one above 1023 with --port.`,
        options
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StopError(`${host} is no address of this machine: choose another with --host.`, options);
    default:
      return error;
  }
}

function answer(options: HttpOptions, request: IncomingMessage, response: ServerResponse): void {
  setTrusted(request, options.trustProxy);
  response.setHeader('x-content-type-options', 'nosniff');
  const path = request.url?.split('?', 1)[0];
  if (path === '/healthz') return text(response, 200, 'ok\n');
  if (path === '/readyz') return void sendReadiness(options, response);
  if (options.requests.some((take) => take(request, response))) return;
  if (isTooLargeAForm(request)) {
    response.setHeader('connection', 'close');
    return text(response, 413, 'too large\n');
  }
  options.pages(request, response);
}

function isTooLargeAForm({ headers }: IncomingMessage): boolean {
  if (!formTypes.test(headers['content-type'] ?? '')) return false;
  if (headers['transfer-encoding'] !== undefined) return true;
  return Number(headers['content-length'] ?? 0) > largestFormBytes;
}

async function sendReadiness({ readiness, log }: HttpOptions, response: ServerResponse): Promise<void> {
  try {
    const state = await readiness();
    response.setHeader('content-type', 'application/json');
    text(response, state.ready ? 200 : 503, `${JSON.stringify(state)}\n`);
  } catch (error) {
    log.error({ err: error }, 'readiness could not be told');
    text(response, 503, '{"ready":false}\n');
  }
}

function text(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  response.setHeader('cache-control', 'no-store');
  response.end(body);
}

/** Protocol and address as we know them, in headers of our own; what a client sent under those names is gone. */
function setTrusted(request: IncomingMessage, trustProxy: boolean): void {
  const last = (name: string) => {
    const value = request.headers[name];
    return trustProxy && typeof value === 'string' ? value.split(',').at(-1)?.trim() : undefined;
  };
  request.headers[handlerHeaders.protocol] = last('x-forwarded-proto') === 'https' ? 'https' : 'http';
  request.headers[handlerHeaders.address] =
    last('x-forwarded-for') || (request.socket.remoteAddress ?? 'unknown');
}
