import * as Y from 'yjs';
import { createRecord, recordsOf, type YRecord } from '#lib/features/board/format.ts';
import { until } from '../support/until.ts';
import type { ProvingSite } from './site.ts';

export interface LargeResult {
  tombstones: number;
  shapes: number;
  /** Of the state as it lies on the disk and as a newcomer is sent it. */
  stateBytes: number;
  /** From the socket's opening to the first sync: the first client waits for the load, the second does not. */
  firstMs: number;
  nextMs: number;
  /** Longest time in which the server did nothing else, while each of the two came. */
  firstStallMs: number;
  nextStallMs: number;
  /** What the document takes in the server's memory. */
  memoryBytes: number;
  /** One change, from a client to another. */
  changeMs: number;
}

/** A board on which so many fields were overwritten. A board's own layout; `set` in no order that would merge well. */
export function largeBoard(shapes: number, tombstones: number): Uint8Array {
  const doc = new Y.Doc();
  const records = recordsOf(doc);
  const all: YRecord[] = [];
  doc.transact(() => {
    for (let i = 0; i < shapes; i++) {
      const props = { w: 120, h: 80, color: 'blue', text: '远中邻面' };
      all.push(
        createRecord(records, { id: `shape:${i}`, typeName: 'shape', type: 'geo', x: i, y: i, props })
      );
    }
  });
  for (let done = 0; done < tombstones; done += 1_000)
    doc.transact(() => {
      for (let i = done; i < done + 1_000; i++) all[(i * 7_919) % shapes]!.set(i % 2 ? 'x' : 'y', i);
    });
  return Y.encodeStateAsUpdate(doc);
}

export async function loadLarge(
  site: ProvingSite,
  { shapes, tombstones }: { shapes: number; tombstones: number }
): Promise<LargeResult> {
  const state = largeBoard(shapes, tombstones);
  const key = await site.board();
  await site.fill(key, state);
  await site.start();
  const { heap } = await site.memory();
  const open = async (name: string) => {
    const began = performance.now();
    const client = site.connect(name, key);
    await until(() => client.provider.synced, { withinMs: 120_000, everyMs: 1 });
    return { client, ms: performance.now() - began };
  };
  const first = await open('first');
  const firstStallMs = (await site.memory()).stalledMs;
  const next = await open('next');
  const { heap: heapAfter, stalledMs: nextStallMs } = await site.memory();
  const memoryBytes = heapAfter - heap;
  const began = performance.now();
  first.client.records.set('new', 1);
  await until(() => next.client.records.has('new'), { everyMs: 1 });
  const changeMs = performance.now() - began;
  const stateBytes = state.byteLength;
  const times = { firstMs: first.ms, nextMs: next.ms, firstStallMs, nextStallMs, changeMs };
  return { tombstones, shapes, stateBytes, memoryBytes, ...times };
}
