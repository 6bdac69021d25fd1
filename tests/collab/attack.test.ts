// Attacks on the board's sockets: each is refused by name, costs the server no memory to speak of, and a legal client
// goes on being served. The server is a process of its own; the limits are those of the app unless named.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import * as encoding from 'lib0/encoding';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import { closeCodes } from '../../server/collab/close-codes.ts';
import { encodeStep2, encodeUpdate } from '../../server/collab/protocol.ts';
import { until } from './support/collab-server.ts';

const documentId = newId();
const origin = 'https://consult.test';
const MiB = 1024 * 1024;
/** What the server may hold more than before once an attack is over, and may take in its course. */
const keptBytes = 16 * MiB;
const peakBytes = 96 * MiB;

let server: ChildProcess;
let port = 0;
let legal: Person[] = [];

interface Memory {
  rss: number;
  peak: number;
  live: number;
  rows: number;
  /** TCP connections of any kind. */
  open: number;
  connections: number;
}

interface Person {
  doc: Y.Doc;
  provider: WebsocketProvider;
  closes: number[];
}

beforeAll(async () => {
  server = spawn(
    process.execPath,
    [
      '--expose-gc',
      new URL('./support/collab-process.ts', import.meta.url).pathname,
      ...[
        documentId,
        origin,
        JSON.stringify({ floodMs: 1_500, slowReaderMs: 1_500, careMs: 500, bytesASecond: 64 * MiB })
      ]
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] }
  );
  port = await new Promise<number>((done, failed) => {
    server.once('exit', (code) => failed(new Error(`the server ended with ${String(code)}`)));
    server.stdout!.once('data', (text: Buffer) =>
      done((JSON.parse(text.toString()) as { port: number }).port)
    );
  });
  legal = [person('li'), person('wang')];
  await until(() => legal.every(({ provider }) => provider.synced));
});
afterAll(async () => {
  for (const { provider, doc } of legal) {
    provider.destroy();
    provider.awareness.destroy();
    doc.destroy();
  }
  const gone = new Promise((done) => server.once('exit', done));
  server.kill('SIGKILL');
  await gone;
});

function person(name: string): Person {
  const doc = new Y.Doc();
  class Own extends WebSocket {
    constructor(url: string) {
      super(url, { headers: { origin, cookie: `who=${name}` } });
    }
  }
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/collab`, documentId, doc, {
    WebSocketPolyfill: Own as unknown as typeof globalThis.WebSocket,
    disableBc: true
  });
  const closes: number[] = [];
  provider.on('connection-close', (event) => closes.push(event?.code ?? 0));
  return { doc, provider, closes };
}

async function memory(): Promise<Memory> {
  const answer = await fetch(`http://127.0.0.1:${port}/memory`);
  return (await answer.json()) as Memory;
}

let said = 0;
/** What one legal client writes now is seen by the other, neither having lost its socket. */
async function isServed(): Promise<void> {
  const [li, wang] = legal as [Person, Person];
  const key = `said ${said++}`;
  li.doc.getMap('records').set(key, 1);
  await until(() => wang.doc.getMap('records').has(key), 10_000);
  expect([li.closes, wang.closes]).toEqual([[], []]);
}

/** Runs an attack beside a legal client at work, and looks at what it leaves in memory. */
async function whileServing(attack: () => Promise<void>): Promise<void> {
  await isServed();
  const before = await memory();
  let over = false;
  const attacked = attack().finally(() => (over = true));
  while (!over) {
    await isServed();
    await Promise.race([attacked, wait(100)]);
  }
  await attacked;
  await isServed();
  const after = await memory();
  expect(after.live - before.live).toBeLessThan(keptBytes);
  expect(after.peak - Math.max(before.peak, before.rss)).toBeLessThan(peakBytes);
}

interface Knock {
  socket: WebSocket;
  /** HTTP status before the upgrade, or the close code after it. */
  answer: Promise<number>;
  opened: Promise<void>;
}

/** A client of no library's making. */
function knock(who: string | null, { from = origin, at = documentId } = {}): Knock {
  const headers = { ...(from ? { origin: from } : {}), ...(who ? { cookie: `who=${who}` } : {}) };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/collab/${at}`, { headers });
  const answer = new Promise<number>((done) => {
    socket.once('unexpected-response', (request, response) => {
      done(response.statusCode ?? 0);
      response.resume();
      request.destroy();
    });
    socket.once('close', (code) => done(code));
  });
  socket.on('error', () => {});
  const opened = new Promise<void>((done) => socket.once('open', done));
  return { socket, answer, opened };
}

const nothing = new Uint8Array([0, 0]);
const presence = encoding.encode((encoder) => {
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint8Array(
    encoder,
    encoding.encode((inner) => {
      encoding.writeVarUint(inner, 0);
    })
  );
});

test('[CO-1] a forged origin, or none, gets HTTP 403; what is no id gets 404', async () => {
  await whileServing(async () => {
    for (const from of ['https://evil.test', 'null', '', `${origin}.evil.test`, 'http://consult.test'])
      expect([from, await knock('li', { from }).answer]).toEqual([from, 403]);
    expect(await knock('li', { at: 'nothing' }).answer).toBe(404);
    expect(await knock('li', { at: '..%2f..%2fetc' }).answer).toBe(404);
  });
});

test('[CO-2] no session, a foreign document and an unknown one are closed by name', async () => {
  await whileServing(async () => {
    expect(await knock(null).answer).toBe(closeCodes.noSession);
    expect(await knock('foreign').answer).toBe(closeCodes.forbidden);
    expect(await knock('li', { at: newId() }).answer).toBe(closeCodes.unknownDocument);
  });
});

test('[CO-10] a reader who writes changes nothing', async () => {
  await whileServing(async () => {
    const { socket, opened } = knock('reader');
    await opened;
    const doc = new Y.Doc();
    doc.getMap('records').set('forged', 1);
    socket.send(encodeStep2(nothing));
    for (let i = 0; i < 100; i++) socket.send(encodeUpdate(Y.encodeStateAsUpdate(doc)));
    await wait(500);
    for (const one of legal) expect(one.doc.getMap('records').has('forged')).toBe(false);
    socket.terminate();
  });
});

test("[CO-11] forged presences of others' client ids and in others' names reach nobody", async () => {
  await whileServing(async () => {
    const [li, wang] = legal as [Person, Person];
    li.provider.awareness.setLocalState({ user: { name: 'li' } });
    await until(() => wang.provider.awareness.states.has(li.doc.clientID));
    const { socket, opened } = knock('mallory');
    await opened;
    const forge = (clientId: number, state: object) =>
      encoding.encode((encoder) => {
        encoding.writeVarUint(encoder, 1);
        encoding.writeVarUint8Array(
          encoder,
          encoding.encode((inner) => {
            encoding.writeVarUint(inner, 1);
            encoding.writeVarUint(inner, clientId);
            encoding.writeVarUint(inner, 1_000);
            encoding.writeVarString(inner, JSON.stringify(state));
          })
        );
      });
    socket.send(forge(li.doc.clientID, { user: { name: 'forged' } }));
    for (let id = 1; id <= 200; id++)
      socket.send(forge(id, { user: { id: 'm:li', name: 'li', role: 'owner' } }));
    await until(() => wang.provider.awareness.states.has(1));
    await wait(300);
    const names = [...wang.provider.awareness.states].map(
      ([id, state]) => [id, (state['user'] as { name?: string } | undefined)?.name] as const
    );
    expect(names.filter(([id]) => id === li.doc.clientID)).toEqual([[li.doc.clientID, 'li']]);
    const forged = names.filter(([id]) => id <= 200);
    expect(forged.length).toBeLessThanOrEqual(4);
    for (const [, name] of forged) expect(name).toBe('mallory');
    socket.terminate();
  });
});

/** A socket spoken by hand: the handshake is done, frames are ours. */
async function bare(): Promise<{ socket: Socket; closed: Promise<number> }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `GET /collab/${documentId} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
      `Origin: ${origin}\r\nCookie: who=mallory\r\n\r\n`
  );
  await new Promise((done) => socket.once('data', done));
  let got = Buffer.alloc(0);
  const closed = new Promise<number>((done) => {
    const look = () => {
      // The close frame is the last thing sent: 0x88, length, code.
      const at = got.lastIndexOf(0x88);
      done(at >= 0 && got.length >= at + 4 ? got.readUInt16BE(at + 2) : 0);
    };
    socket.on('data', (part: Buffer) => (got = Buffer.concat([got, part])));
    socket.once('close', look);
  });
  return { socket, closed };
}

/** The head of a masked frame of `length` bytes. */
function head(first: number, length: number): Buffer {
  const bytes = Buffer.alloc(14);
  bytes[0] = first;
  bytes[1] = 0x80 | 127;
  bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}

test('[CO-13] a frame of 100 MB is refused by its head, one in pieces when it is too much', async () => {
  await whileServing(async () => {
    const piece = Buffer.alloc(256 * 1024);
    const whole = await bare();
    whole.socket.write(head(0x82, 100 * MiB));
    for (let i = 0; i < 400 && !whole.socket.destroyed; i++) {
      whole.socket.write(piece);
      await wait(0);
    }
    expect(await whole.closed).toBe(closeCodes.tooLarge);
    const pieces = await bare();
    for (let i = 0; i < 400 && !pieces.socket.destroyed; i++) {
      pieces.socket.write(head(i === 0 ? 0x02 : 0x00, piece.length));
      pieces.socket.write(piece);
      await wait(0);
    }
    expect(await pieces.closed).toBe(closeCodes.tooLarge);
  });
}, 60_000);

test('[CO-13] [CO-21] who sends thousands of messages a second is read slowly, then closed by name', async () => {
  await whileServing(async () => {
    const flooders = Array.from({ length: 4 }, () => knock('mallory'));
    const answers = flooders.map(async ({ socket, opened, answer }) => {
      await opened;
      const timer = setInterval(() => {
        if (socket.readyState !== WebSocket.OPEN) return;
        for (let i = 0; i < 20; i++) socket.send(presence);
      }, 10);
      const code = await answer;
      clearInterval(timer);
      return code;
    });
    expect(await Promise.all(answers)).toEqual(Array(4).fill(closeCodes.flood));
  });
}, 60_000);

test('[CO-20] of 500 sockets without a session at once, few wait and the others get HTTP 429', async () => {
  await whileServing(async () => {
    await wait(4_000);
    const all = Array.from({ length: 500 }, () => knock('slow'));
    const most: number[] = [];
    const looking = setInterval(() => void memory().then(({ connections }) => most.push(connections)), 300);
    const answers = await Promise.all(all.map(({ answer }) => answer));
    clearInterval(looking);
    const of = (code: number) => answers.filter((answer) => answer === code).length;
    expect(of(429) + of(closeCodes.noSession)).toBe(500);
    expect(of(closeCodes.noSession)).toBeLessThanOrEqual(64);
    expect(of(closeCodes.noSession)).toBeGreaterThan(0);
    expect(Math.max(...most)).toBeLessThanOrEqual(64 + legal.length);
  });
}, 60_000);

test('[CO-14] readers that read nothing are cut, and cost no memory', async () => {
  await wait(4_000);
  await whileServing(async () => {
    const readers = Array.from({ length: 16 }, () => knock('reader'));
    await Promise.all(readers.map(({ opened }) => opened));
    for (const { socket } of readers) {
      // They ask for the document, as every client does.
      socket.send(Uint8Array.of(0, 0, 1, 0));
      socket.pause();
    }
    const [li] = legal as [Person, Person];
    // The same key again and again: 20 MB to send to each, more than the kernel takes; 100 kB to have in the end.
    for (let i = 0; i < 200; i++) {
      li.doc.getMap('records').set('big', `${'x'.repeat(100_000)}${i}`);
      await wait(20);
    }
    while ((await memory()).connections > legal.length) await wait(200);
    for (const { socket } of readers) socket.resume();
    const codes = new Set(await Promise.all(readers.map(({ answer }) => answer)));
    // Cut while it did not read: it may find the connection gone before the code.
    for (const code of codes) expect([closeCodes.slowReader, 1006]).toContain(code);
    li.doc.getMap('records').delete('big');
  });
}, 60_000);

test('handshakes that never end, and refused ones that never hang up, are ended', async () => {
  const sockets: Socket[] = [];
  await whileServing(async () => {
    for (let i = 0; i < 500; i++) {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket);
      socket.on('error', () => {});
      // Half of them a request without its end, half of them whole, with an origin that is refused.
      const half = `GET /collab/${documentId} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
      socket.write(i % 2 === 0 ? half : `${half}Origin: https://evil.test\r\n\r\n`);
      socket.resume();
    }
    while ((await memory()).open < 250) await wait(20);
    // Theirs and the one that asks.
    while ((await memory()).open > legal.length + 2) await wait(200);
  });
  for (const socket of sockets) socket.destroy();
}, 30_000);
