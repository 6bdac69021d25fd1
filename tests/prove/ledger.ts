import { setTimeout as wait } from 'node:timers/promises';
import * as Y from 'yjs';
import { until } from '../support/until.ts';
import type { ProvingClient, ProvingSite } from './site.ts';

export interface LedgerResult {
  kills: number;
  /** Entries that somebody was told to be saved, and of them those the disk had not. */
  told: number;
  lost: number;
  /** Rows written; kills after which the newest snapshot was another than before. */
  rows: number;
  compactions: number;
}

interface Entry {
  version: number;
  isDeleted: boolean;
}

/** What one client did to its own keys, and what of it it was told to be saved. */
class Ledger {
  readonly client: ProvingClient;
  readonly #name: string;
  #done = new Map<string, Entry>();
  #told = new Map<string, Entry>();
  /** When each key was last deleted: it may have been set again since, and only the deletion be on the disk. */
  readonly #deleted = new Map<string, number>();
  #version = 0;

  constructor(client: ProvingClient, name: string) {
    this.client = client;
    this.#name = name;
    client.onSaved = () => (this.#told = new Map(this.#done));
  }

  write(pick: (below: number) => number): void {
    const key = `${this.#name}-${pick(40)}`;
    const isDeleted = this.#done.get(key)?.isDeleted === false && pick(4) === 0;
    this.#done.set(key, { version: ++this.#version, isDeleted });
    if (isDeleted) this.#deleted.set(key, this.#version);
    if (isDeleted) this.client.records.delete(key);
    else this.client.records.set(key, this.#version);
  }

  get told(): number {
    return this.#told.size;
  }

  /** Keys that the disk should have at least as new as was told, and has not. */
  lostIn(disk: Y.Doc): string[] {
    const records = disk.getMap<number>('records');
    return [...this.#told].flatMap(([key, told]) => {
      const found = records.get(key);
      const isLost =
        found === undefined
          ? !told.isDeleted && (this.#deleted.get(key) ?? 0) < told.version
          : found < told.version;
      return isLost ? [key] : [];
    });
  }
}

/**
 * Kill the engine again and again while three people draw, and compare what they were told to be saved with what the
 * disk has: at once after each kill, before anybody could bring it again.
 *
 * @param site its engine is started and killed here; its limits should make snapshots frequent
 */
export async function proveLedger(
  site: ProvingSite,
  options: {
    kills: number;
    pick: (below: number) => number;
    /** Called between a kill and the next start. */
    afterKill?: (kill: number) => Promise<void>;
  }
): Promise<LedgerResult> {
  const { kills, pick, afterKill } = options;
  const key = await site.board();
  await site.start();
  const ledgers = ['a', 'b', 'c'].map((name) => new Ledger(site.connect(name, key), name));
  const result: LedgerResult = { kills, told: 0, lost: 0, rows: 0, compactions: 0 };
  let upTo = 0;
  for (let kill = 1; kill <= kills; kill++) {
    site.prepare();
    await until(() => ledgers.every(({ client }) => client.state === 'saved'), { withinMs: 60_000 });
    // Some of it is told to be saved, some is under way, some is not sent yet.
    const turns = 20 + pick(60);
    for (let turn = 0; turn < turns; turn++) {
      ledgers[pick(3)]!.write(pick);
      if (pick(3) === 0) await wait(pick(8));
      if (pick(12) === 0)
        await until(() => ledgers.some(({ client }) => client.state === 'saved'), { withinMs: 60_000 });
    }
    await site.kill();
    await afterKill?.(kill);
    const { log, loaded, rows, snapshotUpTo } = await site.stored(key);
    for (const ledger of ledgers) {
      result.told += ledger.told;
      const lost = [...ledger.lostIn(log), ...ledger.lostIn(loaded)];
      result.lost += lost.length;
      if (lost.length > 0) process.stderr.write(`kill ${kill}: lost ${lost.join(' ')}\n`);
    }
    if (
      !Y.equalSnapshots(Y.snapshot(log), Y.snapshot(loaded)) ||
      log.store.pendingStructs ||
      log.store.pendingDs
    )
      throw new Error(`kill ${kill}: log and snapshot differ, or something is pending`);
    result.rows = rows;
    if (snapshotUpTo !== upTo) result.compactions++;
    upTo = snapshotUpTo;
    await site.start();
  }
  await until(() => ledgers.every(({ client }) => client.state === 'saved'), { withinMs: 60_000 });
  const snapshots = ledgers.map(({ client }) => Y.snapshot(client.doc));
  const { loaded } = await site.stored(key);
  await until(() => snapshots.every((each) => Y.equalSnapshots(each, Y.snapshot(ledgers[0]!.client.doc))), {
    withinMs: 60_000
  });
  if (!Y.equalSnapshots(Y.snapshot(loaded), Y.snapshot(ledgers[0]!.client.doc)))
    throw new Error('in the end the disk is not what everybody has');
  return result;
}
