// `npm run bench:collab`: our collaboration engine beside @y/websocket-server (each update a row) and
// @hocuspocus/server (its database extension) on the same Postgres, and beside a bare @y/websocket-server that keeps
// nothing, for information. The same clients, in turn.
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as Y from 'yjs';
import { startPostgres } from '../../server/db/embedded.ts';
import { migrate } from '../../server/db/migrate.ts';
import { makeDataDir, removeDataDir } from '../support/data-folder.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';
import { LoadClient } from './collab/client.ts';
import { startOurs, startPeer, type Subject } from './collab/servers.ts';
import { createCleanUp, median, percentile, report, type Figure } from './figures.ts';
import { installPeer } from './install-peer.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '10' },
    documents: { type: 'string', default: '200' },
    'idle-seconds': { type: 'string', default: '40' }
  }
});
const pairs = Math.max(1, Number(values.pairs));
const documents = Math.max(1, Number(values.documents));
const idleMs = Math.max(1, Number(values['idle-seconds'])) * 1_000;
/** Who draws, how often: a consult or two, a busy hour, and more than people do. */
const loads = {
  quiet: { documents: 2, people: 3, perSecond: 20, seconds: 3 },
  busy: { documents: 4, people: 8, perSecond: 20, seconds: 3 },
  full: { documents: 4, people: 8, perSecond: 100, seconds: 3 }
};
type Load = (typeof loads)[keyof typeof loads];
const cursors = { clients: 30, perSecond: 20, ms: 2_000 };
const cleanUp = createCleanUp();

type Measured = Record<
  | 'updatesPerSecond'
  | 'p99Ms'
  | 'p99BusyMs'
  | 'p99FullMs'
  | 'memoryPerDocument'
  | 'cursorMessages'
  | 'storedAll'
  | 'storedToLoad',
  number
>;

async function main(): Promise<void> {
  await installPeer('collab', join('@hocuspocus', 'server'));
  const dataDir = await makeDataDir();
  cleanUp.add(() => removeDataDir(dataDir));
  const database = await startPostgres({ dataDir, log: silent });
  cleanUp.add(() => database.stop());
  const { appUrl } = await migrate(database.ownerUrl);
  const { ownerUrl } = database;
  const makers: (() => Promise<Subject>)[] = [
    () => startOurs({ ownerUrl, appUrl }),
    () => startPeer('y-websocket', ownerUrl),
    () => startPeer('hocuspocus', ownerUrl),
    () => startPeer('bare', ownerUrl)
  ];
  const idle = await idleBytes(makers);
  const runs: Record<string, Measured[]> = {};
  for (let pair = 0; pair < pairs; pair++)
    for (const make of makers) {
      const subject = await make();
      cleanUp.add(() => subject.stop());
      const measured = await measure(subject);
      await subject.stop();
      (runs[subject.name] ??= []).push(measured);
      const told = Object.entries(measured).map(([name, value]) => `${name} ${value.toFixed(2)}`);
      console.log(`pair ${pair + 1}/${pairs} ${subject.name}: ${told.join(', ')}`);
    }
  await tell(runs, idle);
}

async function measure(subject: Subject): Promise<Measured> {
  await updates(subject, 100);
  const { all, toLoad } = await storedRatio(subject);
  return {
    updatesPerSecond: await updates(subject, 400),
    p99Ms: percentile(await latencies(subject, loads.quiet), 99),
    p99BusyMs: percentile(await latencies(subject, loads.busy), 99),
    p99FullMs: percentile(await latencies(subject, loads.full), 99),
    memoryPerDocument: await memory(subject),
    cursorMessages: await cursorMessages(subject),
    storedAll: all,
    storedToLoad: toLoad
  };
}

async function enter(subject: Subject, count: number, isStock = false) {
  const opened = await subject.open();
  const door = isStock ? { ...opened, speaksOurs: false } : opened;
  const clients = Array.from({ length: count }, () => new LoadClient(door));
  await Promise.all(clients.map((client) => client.synced));
  const leave = (): void => clients.forEach((client) => client.close());
  return { clients, leave, documentId: door.documentId };
}

/** Four documents of four people who all write at once, until everyone has everything. @returns updates a second */
async function updates(subject: Subject, each: number): Promise<number> {
  const rooms = await Promise.all([4, 4, 4, 4].map((count) => enter(subject, count)));
  const began = performance.now();
  for (let i = 0; i < each; i++) {
    for (const { clients } of rooms) clients.forEach((client, who) => client.records.set(`${who}-${i}`, i));
    // As people do, not all before the first answer.
    if (i % 10 === 9) await wait(0);
  }
  await until(() => rooms.every(({ clients }) => clients.every(({ records }) => records.size === 4 * each)), {
    everyMs: 1
  });
  const seconds = (performance.now() - began) / 1_000;
  for (const { leave } of rooms) leave();
  return (16 * each) / seconds;
}

/** All of them in turn, evenly spread over the time. @returns sent → seen, milliseconds */
async function latencies(subject: Subject, load: Load): Promise<number[]> {
  const rooms = await Promise.all(Array.from({ length: load.documents }, () => enter(subject, load.people)));
  const seen: number[] = [];
  const sentAt = new Map<string, number>();
  for (const { clients, documentId } of rooms)
    for (const { records } of clients)
      records.observe((event, transaction) => {
        if (transaction.local) return;
        const now = performance.now();
        for (const key of event.keysChanged) seen.push(now - sentAt.get(`${documentId} ${key}`)!);
      });
  const people = rooms.flatMap(({ clients, documentId }) =>
    clients.map(({ records }, who) => ({ records, who, documentId }))
  );
  const total = people.length * load.perSecond * load.seconds;
  const began = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, ((performance.now() - began) / 1_000) * people.length * load.perSecond);
    for (; sent < due; sent++) {
      const { records, who, documentId } = people[sent % people.length]!;
      const key = `${who}-${Math.floor(sent / people.length)}`;
      sentAt.set(`${documentId} ${key}`, performance.now());
      records.set(key, sent);
    }
    await wait(1);
  }
  await until(() => seen.length === total * (load.people - 1));
  for (const { leave } of rooms) leave();
  return seen;
}

/** Heap and buffers for each open document with one person and 200 fields, bytes; what the first few take once is left out. */
async function memory(subject: Subject): Promise<number> {
  await openMany(subject, Math.ceil(documents / 4));
  return openMany(subject, documents);
}

async function openMany(subject: Subject, count: number): Promise<number> {
  if (subject.keeps) await until(async () => (await subject.memory()).documents === 0, { withinMs: 60_000 });
  const { heap } = await subject.memory();
  const rooms = [];
  for (let i = 0; i < count; i++) {
    const room = await enter(subject, 1);
    for (let field = 0; field < 200; field++) room.clients[0]!.records.set(`f${field}`, field);
    rooms.push(room);
  }
  // What waits to be written is no part of a document at rest; ours rests after 5 to 10 s.
  await wait(11_000);
  const after = await subject.memory();
  for (const { leave } of rooms) leave();
  return (after.heap - heap) / count;
}

/** Thirty people move their cursors. @returns messages the server sends, all together, a second */
async function cursorMessages(subject: Subject): Promise<number> {
  const { clients, leave } = await enter(subject, cursors.clients);
  const sum = (): number => clients.reduce((all, { messages }) => all + messages, 0);
  const turns = (cursors.ms / 1_000) * cursors.perSecond;
  await wait(200);
  const before = sum();
  for (let turn = 0; turn < turns; turn++) {
    clients.forEach(({ awareness }, who) => awareness.setLocalState({ cursor: { x: turn, y: who } }));
    await wait(1_000 / cursors.perSecond);
  }
  await wait(300);
  const messages = sum() - before;
  leave();
  return messages / (cursors.ms / 1_000);
}

/** A session of drawing and erasing, then all leave. @returns bytes in the database ÷ bytes of the document */
async function storedRatio(subject: Subject): Promise<{ all: number; toLoad: number }> {
  const { clients, leave, documentId } = await enter(subject, 3);
  for (let i = 0; i < 1_500; i++) {
    const { records, doc } = clients[i % 3]!;
    const key = `s${i % 120}`;
    const shape = records.get(key);
    if (i % 11 === 10) records.delete(key);
    else if (shape instanceof Y.Map) shape.set('x', i);
    else
      doc.transact(() =>
        records.set(
          key,
          new Y.Map<unknown>([
            ['x', i],
            ['y', i],
            ['text', '远中邻面']
          ])
        )
      );
    if (i % 5 === 0) await wait(1);
  }
  await until(() =>
    clients.every(({ doc }) => Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(clients[0]!.doc)))
  );
  const state = Y.encodeStateAsUpdate(clients[0]!.doc).byteLength;
  leave();
  if (!subject.keeps) return { all: 0, toLoad: 0 };
  await until(async () => (await subject.memory()).documents === 0, { withinMs: 60_000 });
  // Some let go of a document before it is written.
  let stored = await subject.stored(documentId);
  for (let settled = false; !settled;) {
    await wait(1_000);
    const now = await subject.stored(documentId);
    settled = now.all > 0 && now.all === stored.all;
    stored = now;
  }
  const { all, toLoad } = stored;
  return { all: all / state, toLoad: toLoad / state };
}

/**
 * Thirty people who are there and do nothing; all servers side by side, ours also with clients that speak y-websocket's
 * protocol only. @returns bytes a second, both ways, by name
 */
async function idleBytes(makers: readonly (() => Promise<Subject>)[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const subjects = await Promise.all(makers.map((make) => make()));
  for (const subject of subjects) cleanUp.add(() => subject.stop());
  const runs = subjects.map((subject) => ({ subject, name: subject.name, isStock: false }));
  const ours = subjects.find(({ name }) => name === 'ours')!;
  runs.push({ subject: ours, name: 'ours, stock client', isStock: true });
  await Promise.all(
    runs.map(async ({ subject, name, isStock }) => {
      const { clients, leave } = await enter(subject, cursors.clients, isStock);
      for (const { awareness } of clients)
        awareness.setLocalState({ cursor: { x: 1, y: 1 }, user: { name: '王' } });
      await wait(2_000);
      const sum = (): number => clients.reduce((all, { bytesIn, bytesOut }) => all + bytesIn + bytesOut, 0);
      const before = sum();
      await wait(idleMs);
      found[name] = (sum() - before) / (idleMs / 1_000);
      leave();
    })
  );
  for (const subject of subjects) await subject.stop();
  console.log('idle, bytes a second:', found);
  return found;
}

async function tell(runs: Record<string, Measured[]>, idle: Record<string, number>): Promise<void> {
  const ours = runs['ours']!;
  const names = ['y-websocket', 'hocuspocus'] as const;
  const figures: Figure[] = [];
  const ratio = (name: string, of: keyof Measured, best: (...values: number[]) => number): void => {
    const each = (peer: string) => ours.map((one, i) => one[of] / runs[peer]![i]![of]);
    // Against the better of the two, pair by pair.
    figures.push({
      name,
      value: median(ours.map((one, i) => one[of] / best(...names.map((peer) => runs[peer]![i]![of])))),
      unit: 'ratio'
    });
    for (const peer of [...names, 'bare'])
      figures.push({ name: `${name}_${peer}`, value: median(each(peer)), unit: 'ratio' });
  };
  ratio('updates_ratio', 'updatesPerSecond', Math.max);
  ratio('p99_ratio', 'p99Ms', Math.min);
  ratio('p99_busy_ratio', 'p99BusyMs', Math.min);
  ratio('p99_full_ratio', 'p99FullMs', Math.min);
  ratio('memory_per_doc_ratio', 'memoryPerDocument', Math.min);
  ratio('cursor_messages_ratio', 'cursorMessages', Math.min);
  const idleBest = Math.min(...names.map((peer) => idle[peer]!));
  figures.push({ name: 'idle_bytes_ratio', value: idle['ours']! / idleBest, unit: 'ratio' });
  figures.push({
    name: 'idle_bytes_ratio_stock_client',
    value: idle['ours, stock client']! / idleBest,
    unit: 'ratio'
  });
  for (const subject of ['ours', ...names]) {
    const all = runs[subject]!;
    figures.push({
      name: `stored_ratio_${subject}`,
      value: median(all.map((one) => one.storedAll)),
      unit: 'ratio'
    });
    figures.push({
      name: `stored_to_load_ratio_${subject}`,
      value: median(all.map((one) => one.storedToLoad)),
      unit: 'ratio'
    });
  }
  const rows = Object.entries(runs).flatMap(([subject, all]) =>
    (Object.keys(all[0]!) as (keyof Measured)[]).map((name) => ({
      name: `${name}, ${subject}`,
      samples: all.map((one) => one[name])
    }))
  );
  await report({ bench: 'collab', runs: pairs, rows, figures });
}

await main().finally(() => cleanUp.run());
