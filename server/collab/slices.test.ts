import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { build } from './build.ts';
import { sliced } from './slices.ts';

/** Several people who build on each other's work, list and map, and delete. */
function drawnByMany(people: number, turns: number): Y.Doc {
  const docs = Array.from({ length: people }, () => new Y.Doc());
  for (let i = 0; i < turns; i++) {
    const doc = docs[i % people]!;
    const records = doc.getMap<Y.Map<unknown>>('records');
    const list = doc.getArray<number>('list');
    const id = `shape:${(i * 7) % 30}`;
    const record = records.get(id);
    if (i % 13 === 12) records.delete(id);
    else if (record) record.set(i % 2 ? 'x' : 'y', i);
    else records.set(id, new Y.Map([['x', i]]));
    list.insert((i * 5) % (list.length + 1), [i, i]);
    if (i % 9 === 8) list.delete(i % list.length, 1);
    if (i % 3 === 0) {
      const from = docs[(i * 11) % people]!;
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(from, Y.encodeStateVector(doc)));
    }
  }
  const whole = new Y.Doc();
  for (const doc of docs) Y.applyUpdate(whole, Y.encodeStateAsUpdate(doc));
  return whole;
}

test('[CO-4] slices give the same document, and none builds on a later one', () => {
  for (const people of [1, 4]) {
    const whole = drawnByMany(people, 400);
    const state = Y.encodeStateAsUpdate(whole);
    for (const most of [1, 50, 100_000]) {
      const doc = new Y.Doc();
      for (const slice of sliced(state, most)) {
        Y.applyUpdate(doc, slice);
        expect(doc.store.pendingStructs).toBeNull();
        expect(doc.store.pendingDs).toBeNull();
      }
      expect(Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(whole))).toBe(true);
      expect(doc.getMap('records').toJSON()).toEqual(whole.getMap('records').toJSON());
      expect(doc.getArray('list').toJSON()).toEqual(whole.getArray('list').toJSON());
    }
  }
});

test('[CO-4] a large document is built in steps between which others are served', async () => {
  const doc = new Y.Doc();
  const records = doc.getMap('records');
  doc.transact(() => {
    for (let i = 0; i < 30_000; i++) records.set(`shape:${(i * 7_919) % 3_000}`, i);
  });
  const snapshot = Y.encodeStateAsUpdate(doc);
  let turns = 0;
  const counter = setInterval(() => turns++, 1);
  const failed: unknown[] = [];
  const built = await build({ snapshot, updates: [] }, (error) => failed.push(error));
  clearInterval(counter);
  expect(failed).toEqual([]);
  expect(turns).toBeGreaterThan(5);
  expect(Y.equalSnapshots(Y.snapshot(built), Y.snapshot(doc))).toBe(true);
});

test('[CO-4] what is not whole in itself cannot be cut, and is built in one go', async () => {
  const doc = new Y.Doc();
  const list = doc.getArray('list');
  for (let i = 0; i < 100; i++) list.push([i]);
  const early = Y.encodeStateVector(doc);
  for (let i = 0; i < 12_000; i++) list.insert(0, [i]);
  const torn = Y.encodeStateAsUpdate(doc, early);
  expect(() => sliced(torn, 100)).toThrow(RangeError);
  const failed: unknown[] = [];
  const built = await build({ snapshot: torn, updates: [] }, (error) => failed.push(error));
  expect(failed).toHaveLength(1);
  expect(built.store.pendingStructs).not.toBeNull();
});
