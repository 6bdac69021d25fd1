// `npm run bench:abuse`: how long a change to the board takes from one legal client to another, with the socket attacks
// of tests/bench/abuse/attacker.ts and without, in turn; the real server process, over loopback.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { createRecord, recordsOf } from '#lib/features/board/format.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createCleanUp, median, percentile, report } from './figures.ts';

const { values } = parseArgs({ options: { pairs: { type: 'string' }, samples: { type: 'string' } } });
const pairs = Math.max(1, Number(values.pairs ?? 12));
/** Changes in one half of a pair, one every `everyMs`. */
const samples = Math.max(10, Number(values.samples ?? 200));
const everyMs = 15;
const settleMs = 1_000;
const startWithinMs = 900_000;
const demoPassword = 'consilium-demo';
const cleanUp = createCleanUp();

interface Client {
  doc: Y.Doc;
  provider: WebsocketProvider;
  closes: number;
}

async function main(): Promise<void> {
  const app = await startApp({ args: ['--no-sfu'], env: { TRUST_PROXY: '' }, withinMs: startWithinMs });
  cleanUp.add(() => app.stop());
  const li = await signIn(app, 'li@qinghe.demo');
  const zhao = await signIn(app, 'zhao@hospital.demo');
  const documentId = await openBoard(app, li, zhao);
  const [from, to] = [await enter(app, documentId, li), await enter(app, documentId, zhao)];
  const attacker = attack(app, documentId, zhao);

  const record = from.doc.transact(() =>
    createRecord(recordsOf(from.doc), {
      ...{ id: 'shape:bench', typeName: 'shape', type: 'geo', x: 0, y: 0, props: { w: 10, h: 10 }, meta: {} }
    })
  );
  await measure(record, from, to, samples);
  const calm: number[] = [];
  const attacked: number[] = [];
  const ratios: number[] = [];
  const memory: { calm: number[]; attacked: number[] } = { calm: [], attacked: [] };
  for (let pair = 0; pair < pairs; pair++) {
    const a = await measure(record, from, to, samples);
    memory.calm.push(await residentMiB(app.pid));
    attacker.say('on');
    await wait(settleMs);
    const b = await measure(record, from, to, samples);
    memory.attacked.push(await residentMiB(app.pid));
    attacker.say('off');
    await wait(settleMs);
    calm.push(...a);
    attacked.push(...b);
    ratios.push(percentile(b, 99) / percentile(a, 99));
    process.stderr.write(
      `pair ${pair + 1}/${pairs}: p99 ${percentile(a, 99).toFixed(1)} ms, attacked ${percentile(b, 99).toFixed(1)} ms\n`
    );
  }
  process.stderr.write(`attacks made: ${await attacker.counts()}\n`);
  if (from.closes + to.closes > 0) throw new Error('a legal client lost its socket');
  await report({
    bench: 'abuse',
    runs: pairs,
    rows: [
      { name: 'sent → seen, calm (µs)', samples: calm.map((ms) => ms * 1_000) },
      { name: 'sent → seen, attacked (µs)', samples: attacked.map((ms) => ms * 1_000) },
      { name: 'resident memory, calm (MiB)', samples: memory.calm },
      { name: 'resident memory, attacked (MiB)', samples: memory.attacked }
    ],
    figures: [
      { name: 'legal_client_p99_ratio', value: median(ratios), unit: 'ratio' },
      { name: 'legal_client_p99_calm_ms', value: percentile(calm, 99), unit: 'ms' },
      { name: 'legal_client_p99_attacked_ms', value: percentile(attacked, 99), unit: 'ms' }
    ]
  });
}

/** @returns the cookie header of a session */
async function signIn({ origin }: TestApp, email: string): Promise<string> {
  const answer = await fetch(`${origin}/sign-in`, {
    method: 'POST',
    body: new URLSearchParams({ email, password: demoPassword }),
    headers: { origin },
    redirect: 'manual'
  });
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  if (cookies.length === 0) throw new Error(`${email} was not signed in: ${answer.status}`);
  return cookies.join('; ');
}

/** The demo's waiting question, accepted by its expert. @returns its board */
async function openBoard({ origin }: TestApp, li: string, zhao: string): Promise<string> {
  const page = async (path: string, cookie: string) =>
    (await fetch(origin + path, { headers: { cookie } })).text();
  const id = /\/consults\/([0-9a-f-]{36})/.exec(await page('/consults', zhao))?.[1];
  if (!id) throw new Error('the demo world has no consult for this expert');
  await fetch(`${origin}/consults/${id}?/accept`, {
    method: 'POST',
    body: new URLSearchParams(),
    headers: { origin, cookie: zhao },
    redirect: 'manual'
  });
  const board = /boardId:"([0-9a-f-]{36})"/.exec(await page(`/room/${id}`, li))?.[1];
  if (!board) throw new Error('the consult has no board');
  return board;
}

async function enter({ origin }: TestApp, documentId: string, cookie: string): Promise<Client> {
  class Own extends WebSocket {
    constructor(url: string) {
      super(url, { headers: { origin, cookie } });
      this.on('open', () => (this as unknown as { _socket: { setNoDelay(): void } })._socket.setNoDelay());
    }
  }
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(origin.replace('http', 'ws') + '/collab', documentId, doc, {
    WebSocketPolyfill: Own as unknown as typeof globalThis.WebSocket,
    disableBc: true
  });
  const client: Client = { doc, provider, closes: 0 };
  provider.on('connection-close', () => client.closes++);
  await new Promise<void>((done) => provider.once('sync', () => done()));
  cleanUp.add(async () => {
    provider.destroy();
    provider.awareness.destroy();
  });
  return client;
}

/** Milliseconds from a change made in one document to its being in the other, one for each change. */
async function measure(record: Y.Map<unknown>, from: Client, to: Client, count: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < count; i++) {
    const x = Math.random() * 1_000;
    const began = performance.now();
    const seen = new Promise<void>((done, failed) => {
      const timer = setTimeout(() => failed(new Error('a change was not seen within 10 s')), 10_000);
      const look = () => {
        if ((to.doc.getMap('records').get('shape:bench') as Y.Map<unknown> | undefined)?.get('x') !== x)
          return;
        clearTimeout(timer);
        to.doc.off('update', look);
        done();
      };
      to.doc.on('update', look);
    });
    from.doc.transact(() => record.set('x', x));
    await seen;
    took.push(performance.now() - began);
    await wait(everyMs);
  }
  return took;
}

function attack({ origin }: TestApp, documentId: string, cookie: string) {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'abuse', 'attacker.ts'), origin, documentId, cookie],
    { stdio: ['pipe', 'pipe', 'inherit'] }
  );
  let said = '';
  child.stdout?.on('data', (part: Buffer) => (said += part.toString()));
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  cleanUp.add(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  return {
    say: (word: 'on' | 'off') => void child.stdin?.write(`${word}\n`),
    counts: async () => {
      child.stdin?.end();
      await gone;
      return said.trim();
    }
  };
}

/** Resident memory of a process on Linux; 0 elsewhere. */
async function residentMiB(pid: number): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const kB = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kB ?? 0) / 1024;
}

try {
  await main();
} finally {
  await cleanUp.run();
}
