import {
  request as overHttp,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse
} from 'node:http';
import { request as overTls } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '#lib/kernel/ports.ts';
import { refuseConnection } from '../refuse.ts';
import { readClaims, type TokenClaims } from './revoked.ts';

/** Where the app shows the media server's signalling. */
export const proxyPrefix = '/sfu';
/** All that livekit-client asks for. The API (`/twirp/…`) is not among it. */
const openPaths = new Set(['/rtc', '/rtc/v1', '/rtc/validate', '/rtc/v1/validate']);
const forwardedHeaders = [
  'accept',
  'accept-encoding',
  'accept-language',
  'user-agent',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'sec-websocket-protocol'
];
const answeredHeaders = [
  'content-type',
  'content-length',
  'content-encoding',
  'cache-control',
  'retry-after'
];

const answerWithinMs = 10_000;

export interface ProxyOptions {
  /** Where the media server answers, `http(s)://…`; null while there is none. */
  target: () => string | null;
  /** Null: the request's own host counts as ours. */
  origin: string | null;
  /** True where the token was made here. Others do not cost the media server a connection. */
  isOurs: (token: string) => boolean;
  /** True where this token's holder was shown out after it was made. */
  refuses: (claims: TokenClaims) => boolean;
  log: Logger;
}

/** Signalling under the app's own origin, so that a site opens one HTTPS port besides the media ports. */
export function createProxy(options: ProxyOptions) {
  const tunnels = new Set<Duplex>();

  /** The address at the media server, or the status to refuse with. */
  function admit(request: IncomingMessage): { at: URL } | { status: number } {
    const url = new URL(request.url ?? '/', 'http://internal');
    const path = url.pathname.slice(proxyPrefix.length);
    if (!openPaths.has(path)) return { status: 404 };
    if (!isOurOrigin(request, options.origin)) return { status: 403 };
    const token = tokenOf(request, url);
    const claims = token === null || !options.isOurs(token) ? null : readClaims(token);
    if (!claims) return { status: 401 };
    if (options.refuses(claims)) return { status: 401 };
    const target = options.target();
    if (target === null) return { status: 503 };
    return { at: new URL(`${target.replace(/\/$/, '')}${path}${url.search}`) };
  }

  /** Asks the media server at `at`, for as long as `caller` is there. */
  function ask(at: URL, headers: Record<string, string>, caller: Duplex | ServerResponse): ClientRequest {
    const send = at.protocol === 'https:' ? overTls : overHttp;
    const asked = send(at, { headers, agent: false, timeout: answerWithinMs });
    let left = false;
    caller.once('close', () => {
      left = true;
      asked.destroy();
    });
    asked.once('timeout', () => asked.destroy(new Error('timeout')));
    asked.on('error', (error) => {
      if (left) return;
      options.log.warn({ code: 'code' in error ? error.code : error.name }, 'media server not reached');
    });
    asked.end();
    return asked;
  }

  function handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const admitted = admit(request);
    socket.on('error', () => socket.destroy());
    if ('status' in admitted) {
      refuseConnection(socket, admitted.status);
      return;
    }
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
    const asked = ask(admitted.at, { ...headersFor(request), ...upgrade }, socket);
    asked.once('error', () => refuseConnection(socket, 503));
    // Not a WebSocket: no tunnel, or the next thing sent through it could be any request.
    asked.once('response', (answer) => {
      answer.resume();
      refuseConnection(socket, answer.statusCode ?? 502);
    });
    asked.once('upgrade', (answer, upstream, first) => {
      tunnels.add(socket);
      for (const end of [socket, upstream]) if (end instanceof Socket) end.setNoDelay(true).setTimeout(0);
      const close = () => {
        tunnels.delete(socket);
        socket.destroy();
        upstream.destroy();
      };
      upstream.on('error', close);
      upstream.once('close', close);
      socket.once('close', close);
      socket.write(headOf(answer));
      if (first.length > 0) socket.write(first);
      if (head.length > 0) upstream.write(head);
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
  }

  function handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? '/', 'http://internal').pathname;
    // livekit-client's prepareConnection: it only wants the connection open.
    if (path === proxyPrefix || path === `${proxyPrefix}/`) {
      const allowed = request.method === 'HEAD' || request.method === 'GET';
      response.writeHead(allowed ? 204 : 405, { 'cache-control': 'no-store' }).end();
      return;
    }
    if (request.method !== 'GET') {
      response.writeHead(openPaths.has(path.slice(proxyPrefix.length)) ? 405 : 404).end();
      return;
    }
    const admitted = admit(request);
    if ('status' in admitted) {
      response.writeHead(admitted.status, { 'cache-control': 'no-store' }).end();
      return;
    }
    const asked = ask(admitted.at, headersFor(request), response);
    asked.once('response', (answer) => {
      const headers = Object.fromEntries(
        answeredHeaders.flatMap((name) =>
          answer.headers[name] === undefined ? [] : [[name, answer.headers[name]]]
        )
      );
      response.writeHead(answer.statusCode ?? 502, headers);
      answer.pipe(response);
    });
    asked.once('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(503, { 'cache-control': 'no-store' }).end();
    });
  }

  return {
    handleUpgrade,
    handleRequest,
    /** Ends all open signalling connections. */
    close() {
      for (const socket of tunnels) socket.destroy();
    }
  };
}

/** True for paths under the prefix; `/sfument` is not. */
export function isUnderPrefix(url: string | undefined): boolean {
  if (!url) return false;
  return url === proxyPrefix || url.startsWith(`${proxyPrefix}/`) || url.startsWith(`${proxyPrefix}?`);
}

/**
 * Browsers name the page's origin on every WebSocket; clients that are no browser name none, and a page
 * elsewhere cannot leave it out.
 */
export function isOurOrigin(request: IncomingMessage, origin: string | null): boolean {
  const given = request.headers.origin;
  if (given === undefined) return true;
  if (origin !== null) return given === origin;
  try {
    return new URL(given).host === request.headers.host;
  } catch {
    return false;
  }
}

/** The head of the answer that makes a WebSocket of the connection, as it came. */
function headOf({ statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
  return [`HTTP/1.1 101 ${statusMessage ?? 'Switching Protocols'}`, ...lines, '\r\n'].join('\r\n');
}

function tokenOf(request: IncomingMessage, url: URL): string | null {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return bearer ?? url.searchParams.get('access_token');
}

function headersFor(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of forwardedHeaders) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const bearer = request.headers.authorization;
  if (bearer && /^Bearer \S+$/i.test(bearer)) headers.authorization = bearer;
  return headers;
}
