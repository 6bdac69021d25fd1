import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import postgres from 'postgres';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { attachSaved, type SavedState } from '#lib/features/board/saved.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Access } from '../../server/collab/access.ts';
import type { Limits } from '../../server/collab/limits.ts';
import type { DocumentKey } from '../../server/collab/persistence.ts';
import { postgresPersistence } from '../../server/collab/postgres-persistence.ts';
import { openPool, type DatabasePool } from '../../server/db/pool.ts';
import { makeBoard } from '../collab/support/board.ts';
import { silent } from '../support/silent.ts';
import {
  accessCookie,
  provingOrigin,
  type EngineSettings,
  type FromEngine,
  type ToEngine
} from './engine.ts';

/** A real engine process on a real database, at an address that outlives it. */
export class ProvingSite {
  readonly #settings: EngineSettings;
  readonly #pool: DatabasePool;
  readonly #owner: postgres.Sql;
  #engine: ChildProcess | null = null;
  /** Started already, so that a killed one is replaced at once. */
  #spare: Promise<ChildProcess> | null = null;
  #port = 0;
  readonly #clients = new Set<ProvingClient>();

  constructor(urls: { ownerUrl: string; appUrl: string }, limits: Partial<Limits>) {
    this.#settings = { databaseUrl: urls.appUrl, limits, watchesStalls: true };
    this.#pool = openPool({ url: urls.appUrl, max: 2, log: silent });
    this.#owner = postgres(urls.ownerUrl, { max: 1, onnotice: () => {} });
  }

  board(): Promise<DocumentKey> {
    return makeBoard(this.#owner);
  }

  async start(): Promise<void> {
    this.#engine = await (this.#spare ?? this.#fork());
    this.#spare = null;
    const { listening } = await ask(this.#engine, { listen: this.#port }, 'listening');
    this.#port = listening;
  }

  /** Have the next engine ready. */
  prepare(): void {
    this.#spare ??= this.#fork();
  }

  async kill(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    if (!engine || engine.exitCode !== null || engine.signalCode !== null) return;
    const ended = once(engine, 'exit');
    engine.kill('SIGKILL');
    await ended;
  }

  async memory(): Promise<{ heap: number; documents: number; stalledMs: number }> {
    if (!this.#engine) throw new Error('no engine');
    return ask(this.#engine, { memory: true }, 'heap');
  }

  connect(name: string, key: DocumentKey): ProvingClient {
    const client = new ProvingClient(`ws://127.0.0.1:${this.#port}/collab`, name, key);
    this.#clients.add(client);
    return client;
  }

  disconnect(client: ProvingClient): void {
    this.#clients.delete(client);
    client.destroy();
  }

  /** Lay this state on an empty board, as its snapshot. */
  async fill(key: DocumentKey, state: Uint8Array): Promise<void> {
    const persistence = postgresPersistence(this.#pool.db);
    const at = new Date();
    const upTo = await persistence.append(key, [{ bytes: state, author: 'system', at }]);
    await persistence.snapshot(key, { upTo, state, at });
  }

  /** The document as it lies on the disk: from the log alone, and as it would be loaded. */
  async stored(key: DocumentKey): Promise<{ log: Y.Doc; loaded: Y.Doc; rows: number; snapshotUpTo: number }> {
    const persistence = postgresPersistence(this.#pool.db);
    const stored = await persistence.load(key);
    if (!stored) throw new Error('no such board');
    const [log, loaded] = [new Y.Doc(), new Y.Doc()];
    const rows = await persistence.since(key, 0, Number.MAX_SAFE_INTEGER);
    for (const row of rows) Y.applyUpdate(log, row);
    if (stored.snapshot) Y.applyUpdate(loaded, stored.snapshot);
    for (const update of stored.updates) Y.applyUpdate(loaded, update);
    return { log, loaded, rows: rows.length, snapshotUpTo: stored.upTo };
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.kill();
    (await this.#spare)?.kill('SIGKILL');
    await Promise.all([this.#pool.end(), this.#owner.end({ timeout: 1 })]);
  }

  async #fork(): Promise<ChildProcess> {
    const child = fork(join(import.meta.dirname, 'engine.ts'), [JSON.stringify(this.#settings)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc']
    });
    await answer(child, 'ready');
    return child;
  }
}

type Answer<K extends string> = Extract<FromEngine, Record<K, unknown>>;

function ask<K extends 'listening' | 'heap'>(
  child: ChildProcess,
  message: ToEngine,
  key: K
): Promise<Answer<K>> {
  const answered = answer(child, key);
  child.send(message);
  return answered;
}

function answer<K extends 'ready' | 'listening' | 'heap'>(child: ChildProcess, key: K): Promise<Answer<K>> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`engine ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message: FromEngine) => {
      child.off('exit', ended);
      if (key in message) resolve(message as Answer<K>);
      else reject(new Error(`engine answered ${JSON.stringify(message)}`));
    });
  });
}

/** A stock y-websocket client that keeps what it was told. */
export class ProvingClient {
  readonly doc = new Y.Doc();
  readonly provider: WebsocketProvider;
  state: SavedState = 'offline';
  onSaved: () => void = () => {};

  constructor(url: string, name: string, { organisationId, consultId, documentId }: DocumentKey) {
    const who = { identity: name, name, role: 'member', userId: newId(), inviteId: null };
    const access: Access = { mode: 'write', organisationId, consultId, ...who };
    const headers = { origin: provingOrigin, cookie: accessCookie(access) };
    class Socket extends WebSocket {
      constructor(address: string) {
        super(address, { headers });
      }
    }
    this.provider = new WebsocketProvider(url, documentId, this.doc, {
      WebSocketPolyfill: Socket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      maxBackoffTime: 50
    });
    attachSaved(this.provider, this.doc).subscribe((state) => {
      this.state = state;
      if (state === 'saved') this.onSaved();
    });
  }

  get records(): Y.Map<number> {
    return this.doc.getMap('records');
  }

  destroy(): void {
    this.provider.destroy();
    this.provider.awareness.destroy();
    this.doc.destroy();
  }
}
