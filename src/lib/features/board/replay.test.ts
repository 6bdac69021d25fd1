import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { createRecord, readBoard, recordsOf } from './format.ts';
import { momentsOf, nameMoment } from './moments.ts';
import { Replay, type ReplayStep, placesOf } from './replay.ts';

const id = '01a203fb-982d-7fc7-9e99-5fd9ac2e77a3';

/** A board with `count` marks, the third erased at the end, named after the second. */
function history(count: number): ReplayStep[] {
  const doc = new Y.Doc();
  const steps: ReplayStep[] = [];
  doc.on('update', (bytes: Uint8Array) =>
    steps.push({ number: steps.length + 1, author: 'li', at: new Date(steps.length * 1_000), bytes })
  );
  for (let i = 0; i < count; i++) {
    createRecord(recordsOf(doc), { id: `shape:${i}`, typeName: 'shape', type: 'draw', x: i, props: {} });
    if (i === 1)
      nameMoment(doc, id, { name: '治疗前', by: 'li', byName: '李', at: '2026-11-22T01:00:00.000Z' });
  }
  recordsOf(doc).delete('shape:2');
  return steps;
}
const sorted = <R extends { id: string }>(records: R[]) => records.sort((a, b) => (a.id < b.id ? -1 : 1));
const idsOf = (records: { id: string }[]) => records.map((record) => record.id);

describe('a board as it was', () => {
  it('[BD-14] is known after each of its steps, forwards and back, with what was erased later', () => {
    const replay = new Replay(history(450));
    // 450 marks, one name, one erased.
    expect(replay.steps).toHaveLength(452);
    for (const count of [452, 451, 3, 1, 200, 449, 0, 201])
      expect(replay.recordsAt(count)).toHaveLength(count === 452 ? 449 : count >= 3 ? count - 1 : count);
    expect(idsOf(replay.recordsAt(4))).toContain('shape:2');
    expect(idsOf(replay.recordsAt(452))).not.toContain('shape:2');
  });

  it('[BD-14] is shown in a document of its own, where only what differs is written', () => {
    const replay = new Replay(history(5));
    const shown = new Y.Doc();
    for (const count of [7, 2, 5, 0]) {
      replay.show(shown, count);
      expect(sorted(readBoard(shown))).toEqual(sorted(replay.recordsAt(count)));
    }
    replay.show(shown, 3);
    let bytes = 0;
    shown.on('update', (update: Uint8Array) => (bytes += update.byteLength));
    replay.show(shown, 3);
    expect(bytes).toBe(0);
  });

  it('[BD-14] a moment that was named is the board when it was named', () => {
    const replay = new Replay(history(5));
    const count = replay.moments.get(`moment:${id}`)!;
    expect(idsOf(replay.recordsAt(count))).toEqual(['shape:0', 'shape:1']);
    const doc = new Y.Doc();
    for (const { bytes } of replay.steps) Y.applyUpdate(doc, bytes);
    expect(momentsOf(doc)).toMatchObject([{ name: '治疗前', byName: '李' }]);
    doc.getMap('meta').set(`moment:${id}x`, { name: 'x' });
    expect(momentsOf(doc)).toHaveLength(1);
  });
});

describe('places on the slider', () => {
  it('[BD-14] stand where the board was when somebody came, decided or signed; before its first step at that', () => {
    const steps = [10, 20, 30].map((at) => ({ at: new Date(at) }));
    const mark = (at: number, label: string) => ({ at: new Date(at), label, kind: 'person' as const });
    const places = placesOf(steps, {
      moments: [{ count: 2, label: 'named' }],
      marks: [mark(5, 'early'), mark(25, 'between'), mark(30, 'last'), mark(90, 'late')],
      ends: { first: 'first', last: 'now' }
    });
    expect(places.map(({ count, label }) => [count, label])).toEqual([
      [1, 'first'],
      [1, 'early'],
      [2, 'named'],
      [2, 'between'],
      [3, 'last'],
      [3, 'late'],
      [3, 'now']
    ]);
    expect(placesOf([], { moments: [], marks: [], ends: { first: 'a', last: 'b' } })[0]?.count).toBe(0);
  });
});
