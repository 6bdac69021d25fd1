import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import type { Access, Authorise } from '../../../server/collab/access.ts';
import type { Persistence } from '../../../server/collab/persistence.ts';
import { type Relay, noRelay } from '../../../server/collab/relay.ts';
import { type Collab, type CollabOptions, createCollab } from '../../../server/collab/server.ts';

export const origin = 'https://consult.test';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

type TestOptions = Partial<Omit<CollabOptions, 'relay'>> &
  Pick<CollabOptions, 'persistence'> & {
    /** Makes the relay of each engine. */
    relay?: () => Relay;
  };

/** Test clients say who they are in a cookie; the server's `people` say what they may. */
export class TestServer {
  readonly #http: Server;
  collab: Collab;
  readonly #options: TestOptions;
  readonly people = new Map<string, Access>();
  /** Awaited before a person's access is looked up. */
  beforeAuthorise: () => Promise<void> = async () => {};
  authorised = 0;
  #life = { ended: false, relay: noRelay };
  readonly #sockets = new Set<Duplex>();

  private constructor(http: Server, options: TestOptions) {
    this.#http = http;
    this.#options = options;
    this.collab = this.#create();
    http.on('upgrade', (request, socket, head) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      if (!this.collab.handleUpgrade(request, socket, head)) socket.destroy();
    });
  }

  static async start(options: TestOptions): Promise<TestServer> {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const server = new TestServer(http, options);
    onTestFinished(async () => {
      await server.collab.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    });
    return server;
  }

  #create(): Collab {
    const { relay: makeRelay, ...options } = this.#options;
    const relay = makeRelay?.() ?? noRelay;
    const life = { ended: false, relay };
    this.#life = life;
    const persistence = severable(options.persistence, life);
    return createCollab({ authorise: this.#authorise, log: quiet, origin, ...options, persistence, relay });
  }

  /** As `kill -9` and a new start: sockets break off, nothing more of the old engine reaches the disk or the other nodes. */
  kill(): void {
    this.#life.ended = true;
    void this.#life.relay.close();
    for (const socket of this.#sockets) socket.destroy();
    this.collab = this.#create();
  }

  readonly #authorise: Authorise = async (request) => {
    this.authorised++;
    await this.beforeAuthorise();
    const name = /who=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    if (!name) return { ok: false, close: 'noSession' };
    const access = this.people.get(name);
    return access ? { ok: true, access } : { ok: false, close: 'forbidden' };
  };

  /** Let a person in. */
  admit(name: string, access: Partial<Access> = {}): Access {
    const whole: Access = {
      mode: 'write',
      organisationId: newId(),
      consultId: newId(),
      identity: `person-${name}`,
      name,
      role: 'expert',
      userId: newId(),
      inviteId: null,
      ...access
    };
    this.people.set(name, whole);
    return whole;
  }

  /** A new engine on the same address. */
  restart(): void {
    this.collab = this.#create();
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/collab`;
  }

  /** A stock y-websocket client. */
  connect(
    name: string | null,
    documentId: string,
    options: { doc?: Y.Doc; origin?: string } = {}
  ): TestClient {
    const client = new TestClient(this, name, documentId, options);
    onTestFinished(() => client.destroy());
    return client;
  }

  /** A bare socket, for what no honest client sends. */
  async raw(name: string, documentId: string): Promise<RawClient> {
    const socket = new WebSocket(`${this.url}/${documentId}`, { headers: headersOf(name, origin) });
    const client = new RawClient(socket);
    onTestFinished(() => socket.terminate());
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }
}

function headersOf(name: string | null, from: string): Record<string, string> {
  return name === null ? { origin: from } : { origin: from, cookie: `who=${name}` };
}

export class TestClient {
  readonly doc: Y.Doc;
  readonly provider: WebsocketProvider;
  readonly closes: number[] = [];

  constructor(
    server: TestServer,
    name: string | null,
    documentId: string,
    options: { doc?: Y.Doc; origin?: string }
  ) {
    this.doc = options.doc ?? new Y.Doc();
    const headers = headersOf(name, options.origin ?? origin);
    class Socket extends WebSocket {
      constructor(url: string) {
        super(url, { headers });
      }
    }
    this.provider = new WebsocketProvider(server.url, documentId, this.doc, {
      WebSocketPolyfill: Socket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      maxBackoffTime: 100
    });
    this.provider.on('connection-close', (event) => this.closes.push(event?.code ?? 0));
  }

  async synced(): Promise<this> {
    await until(() => this.provider.synced);
    return this;
  }

  get records(): Y.Map<unknown> {
    return this.doc.getMap('records');
  }

  destroy(): void {
    this.provider.destroy();
    this.provider.awareness.destroy();
    this.doc.destroy();
  }
}

export class RawClient {
  readonly socket: WebSocket;
  readonly messages: Uint8Array[] = [];
  code: number | null = null;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.messages.push(data as Uint8Array));
    socket.on('close', (code) => (this.code = code));
    socket.on('error', () => {});
  }

  async closed(): Promise<number> {
    await until(() => this.code !== null);
    return this.code!;
  }
}

export async function until(condition: () => boolean, withinMs = 5_000, everyMs = 2): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await wait(everyMs);
  }
}

/** A door that calls wait at until it is opened. */
export function gate(): { pass: () => Promise<void>; open: () => void; waiting: () => number } {
  let open: () => void = () => {};
  let waiting = 0;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    pass: async () => {
      waiting++;
      await opened;
    },
    open,
    waiting: () => waiting
  };
}

/** All that makes up a document, comparable. */
export function contentOf(doc: Y.Doc): string {
  const sorted = (map: Y.Map<unknown>): unknown =>
    Object.fromEntries(Object.entries(map.toJSON()).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify([
    sorted(doc.getMap('records')),
    sorted(doc.getMap('meta')),
    doc.getArray('list').toJSON()
  ]);
}

/** What a dead process asks of the disk is never answered. */
function severable(persistence: Persistence, life: { ended: boolean }): Persistence {
  const ask = <T>(work: () => Promise<T>): Promise<T> => (life.ended ? new Promise(() => {}) : work());
  return {
    load: (key) => ask(() => persistence.load(key)),
    append: (key, rows) => ask(() => persistence.append(key, rows)),
    since: (key, after, upTo) => ask(() => persistence.since(key, after, upTo)),
    snapshot: (key, snapshot) => ask(() => persistence.snapshot(key, snapshot)),
    seal: (key, upTo) => ask(() => persistence.seal(key, upTo))
  };
}
