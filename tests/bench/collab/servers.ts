import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import postgres from 'postgres';
import { newId } from '#lib/kernel/ids.ts';
import { makeBoard } from '../../collab/support/board.ts';
import { accessCookie, provingOrigin } from '../../prove/engine.ts';
import type { Door } from './client.ts';

/** One of the servers that are compared, in a process of its own. */
export interface Subject {
  name: string;
  /** Writes documents down and lets go of them. */
  keeps: boolean;
  /** A new document's door. */
  open(): Promise<Door & { documentId: string }>;
  memory(): Promise<{ heap: number; documents: number }>;
  /** Bytes in the database for a document: all, and of it what is read to load it. */
  stored(documentId: string): Promise<{ all: number; toLoad: number }>;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..', '..');
const peers = join(import.meta.dirname, '..', 'peers', 'collab');

/** What one machine with many clients would be refused or slowed for is lifted; everything else is as it ships. */
const limits = {
  messagesASecond: 1e6,
  bytesASecond: 1e9,
  knocksASecond: 1e5,
  waitingAnAddress: 1e5,
  waiting: 1e5,
  idleMs: 1_000
};

export async function startOurs(urls: { ownerUrl: string; appUrl: string }): Promise<Subject> {
  const settings = JSON.stringify({ databaseUrl: urls.appUrl, limits });
  const server = await start(join(root, 'tests', 'prove', 'engine.ts'), [settings], { listen: 0 });
  const owner = postgres(urls.ownerUrl, { max: 1, onnotice: () => {} });
  return {
    ...server,
    name: 'ours',
    keeps: true,
    async open() {
      const key = await makeBoard(owner);
      const who = { identity: 'x', name: 'x', role: 'member', userId: newId(), inviteId: null };
      const cookie = accessCookie({ mode: 'write', ...key, ...who });
      const url = `ws://127.0.0.1:${server.port}/collab/${key.documentId}`;
      const headers = { origin: provingOrigin, cookie };
      return { url, name: null, speaksOurs: true, headers, documentId: key.documentId };
    },
    async stored(documentId) {
      const [row] = await owner<[{ log: number; tail: number; snapshot: number }]>`
        with s as (select up_to, octet_length(state) as bytes from board_snapshot where document_id = ${documentId}),
             u as (select number, octet_length(bytes) as bytes from board_update where document_id = ${documentId}),
             p as (select octet_length(bytes) as bytes from board_segment where document_id = ${documentId})
        select (coalesce((select sum(bytes) from u), 0) + coalesce((select sum(bytes) from p), 0))::float8 as log,
               coalesce((select sum(bytes) from u where number > coalesce((select up_to from s), 0)), 0)::float8 as tail,
               coalesce((select bytes from s), 0)::float8 as snapshot`;
      return { all: row.log + row.snapshot, toLoad: row.tail + row.snapshot };
    },
    async stop() {
      await server.stop();
      await owner.end({ timeout: 1 });
    }
  };
}

export async function startPeer(
  kind: 'y-websocket' | 'hocuspocus' | 'bare',
  ownerUrl: string
): Promise<Subject> {
  const file = join(peers, kind === 'bare' ? 'y-websocket.js' : `${kind}.js`);
  const server = await start(file, kind === 'bare' ? [] : [ownerUrl], null);
  const owner = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  return {
    ...server,
    name: kind,
    keeps: kind !== 'bare',
    open() {
      const documentId = newId();
      const url = `ws://127.0.0.1:${server.port}/${documentId}`;
      return Promise.resolve({
        url,
        headers: {},
        documentId,
        speaksOurs: false,
        name: kind === 'hocuspocus' ? documentId : null
      });
    },
    async stored(documentId) {
      if (kind === 'bare') return { all: 0, toLoad: 0 };
      const table = owner(kind === 'hocuspocus' ? 'peer_state' : 'peer_update');
      const [row] = await owner<[{ bytes: number }]>`
        select coalesce(sum(octet_length(bytes)), 0)::float8 as bytes from ${table} where name = ${documentId}`;
      return { all: row.bytes, toLoad: row.bytes };
    },
    async stop() {
      await server.stop();
      await owner.end({ timeout: 1 });
    }
  };
}

interface Answer {
  listening: number;
  heap: number;
  documents: number;
}

async function start(file: string, args: string[], first: object | null) {
  const child = fork(file, args, {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  });
  if (first) {
    await answerOf(child);
    child.send(first);
  }
  const { listening } = await answerOf(child);
  return {
    port: listening,
    memory() {
      child.send({ memory: true });
      return answerOf(child);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await ended;
    }
  };
}

function answerOf(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a server ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message: Answer) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}
