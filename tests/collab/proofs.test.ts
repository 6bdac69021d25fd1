import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import type { Limits } from '../../server/collab/limits.ts';
import { proveLedger } from '../prove/ledger.ts';
import { random } from '../support/random.ts';
import { ProvingSite } from '../prove/site.ts';
import { soak } from '../prove/soak.ts';
import { useDatabase } from '../support/database.ts';
import { TestServer, contentOf, gate, until } from './support/collab-server.ts';
import { MemoryPersistence } from './support/memory-persistence.ts';

/** Real engine processes, and moments that only a memory can hold still. The same in many rounds: `npm run prove:ledger`, `npm run prove:soak`. */
const database = useDatabase();

function proving(limits: Partial<Limits>): ProvingSite {
  const site = new ProvingSite(database, limits);
  onTestFinished(() => site.close());
  return site;
}

test('[CO-17] what people were told to be saved is on the disk after each kill -9, before anybody brings it again', async () => {
  const site = proving({ idleMs: 50, snapshotRows: 8, retryMs: 20 });
  const { told, lost, compactions } = await proveLedger(site, { kills: 3, pick: random(1) });
  expect(told).toBeGreaterThan(30);
  expect(compactions).toBeGreaterThan(0);
  expect(lost).toBe(0);
}, 120_000);

test('[CO-8] opening, editing and closing again and again leaves nothing behind', async () => {
  const { samples } = await soak(proving({ idleMs: 1, saveMs: 1 }), { cycles: 30, sampleEvery: 5 });
  // A document that stayed would be 100 kB each time; the code that is compiled meanwhile is less than 1 MB in all.
  expect(samples.at(-1)!.heap - samples[1]!.heap).toBeLessThan(2 * 1024 ** 2);
}, 120_000);

test('[CO-19] a crash in the middle of compaction loses nothing', async () => {
  const persistence = new MemoryPersistence();
  const documentId = newId();
  persistence.create(documentId);
  const server = await TestServer.start({ persistence, limits: { saveMs: 1, snapshotRows: 3 } });
  server.admit('li');
  const li = await server.connect('li', documentId).synced();
  for (let round = 0; round < 10; round++) {
    const door = gate();
    const written = round % 2 === 0;
    const snapshot = persistence.snapshot.bind(persistence);
    // Before the snapshot is written, or after, with its answer lost.
    persistence.snapshot = async (...args) => {
      if (written) await snapshot(...args);
      await door.pass();
    };
    for (let i = 0; door.waiting() === 0; i++) {
      li.records.set(`k${(round + i) % 9}`, round * 1_000 + i);
      if (i % 3 === 0) li.records.delete(`k${(round + i + 4) % 9}`);
      await wait(3);
    }
    await until(() => server.collab.stats().unsavedBytes === 0);
    server.kill();
    persistence.snapshot = snapshot;
    const { snapshot: kept, rows: log } = persistence.of(documentId);
    const [alone, loaded] = [new Y.Doc(), new Y.Doc()];
    for (const row of log) Y.applyUpdate(alone, row.bytes);
    if (kept) Y.applyUpdate(loaded, kept.state);
    for (const row of log.slice(kept?.upTo ?? 0)) Y.applyUpdate(loaded, row.bytes);
    expect(contentOf(loaded)).toBe(contentOf(alone));
    await until(() => li.provider.synced);
  }
}, 60_000);

test('[CO-9] who comes back at any moment around the unload finds everything, and never an empty board', async () => {
  const persistence = new MemoryPersistence();
  persistence.beforeAppend = () => wait(2);
  persistence.beforeSnapshot = () => wait(20);
  persistence.beforeLoad = () => wait(20);
  const documentId = newId();
  persistence.create(documentId);
  const server = await TestServer.start({ persistence, limits: { idleMs: 100, saveMs: 1 } });
  server.admit('li');
  // Every millisecond from 0 to 200: 1 in `step` here, all by `npm run prove:reconnects`.
  const step = Number(process.env['RECONNECT_STEP'] ?? 8);
  let written = 0;
  for (let ms = 0; ms <= 200; ms += step) {
    const li = await server.connect('li', documentId).synced();
    expect(li.records.size).toBe(written);
    li.records.set(`k${ms}`, ms);
    written++;
    await until(
      () => server.collab.stats().unsavedBytes > 0 || persistence.of(documentId).rows.length >= written
    );
    await until(() => server.collab.stats().unsavedBytes === 0);
    li.destroy();
    await wait(ms);
  }
  expect(persistence.loads).toBeGreaterThan(1);
}, 120_000);
