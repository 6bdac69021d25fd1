import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { examine, isKnown } from './update.ts';

function updateOf(work: (doc: Y.Doc) => void, doc = new Y.Doc()): Uint8Array {
  const before = Y.encodeStateVector(doc);
  work(doc);
  return Y.encodeStateAsUpdate(doc, before);
}

function writesOf(update: Uint8Array, doc = new Y.Doc()): unknown[] {
  const examined = examine(update, doc);
  if (examined.kind !== 'ok') throw new Error(examined.kind);
  return examined.writes.map((write) => [write.root, ...write.path, write.content]);
}

const value = (v: unknown) => ({ kind: 'value', value: v });

describe('examine', () => {
  test('[CO-12] names root, keys and value of what is written', () => {
    const update = updateOf((doc) => {
      const record = new Y.Map<unknown>([['x', 1]]);
      doc.getMap('records').set('shape:1', record);
      const ink = new Y.Array<unknown>();
      record.set('ink', ink);
      ink.push([new Uint8Array(3), 'a']);
      doc.getText('text').insert(0, 'words');
    });
    expect(writesOf(update)).toEqual([
      ['records', 'shape:1', { kind: 'type', type: 'map' }],
      ['records', 'shape:1', 'x', value(1)],
      ['records', 'shape:1', 'ink', { kind: 'type', type: 'array' }],
      ['records', 'shape:1', 'ink', null, { kind: 'bytes', size: 3 }],
      ['records', 'shape:1', 'ink', null, value('a')],
      ['text', null, { kind: 'other' }]
    ]);
  });

  test('[CO-12] finds the place of an overwritten value in the document', () => {
    const server = new Y.Doc();
    const doc = new Y.Doc();
    doc.getMap('records').set('r', new Y.Map([['x', 1]]));
    Y.applyUpdate(server, Y.encodeStateAsUpdate(doc));
    const update = updateOf(() => (doc.getMap('records').get('r') as Y.Map<unknown>).set('x', 2), doc);
    expect(writesOf(update, server)).toEqual([['records', 'r', 'x', value(2)]]);
  });

  test('[CO-12] finds it also through many overwrites in one update', () => {
    const doc = new Y.Doc({ gc: false });
    const update = updateOf((each) => {
      for (let i = 0; i < 2000; i++) each.getMap('records').set('k', i);
    }, doc);
    const writes = writesOf(update);
    expect(writes.at(-1)).toEqual(['records', 'k', value(1999)]);
    expect(new Set(writes.map((write) => (write as unknown[]).slice(0, 2).join()))).toEqual(
      new Set(['records,k'])
    );
  });

  test('[CO-12] what goes into a deleted part is no write', () => {
    const server = new Y.Doc();
    const doc = new Y.Doc();
    doc.getMap('records').set('r', new Y.Map([['x', 1]]));
    Y.applyUpdate(server, Y.encodeStateAsUpdate(doc));
    server.getMap('records').delete('r');
    const update = updateOf(() => (doc.getMap('records').get('r') as Y.Map<unknown>).set('x', 2), doc);
    expect(writesOf(update, server)).toEqual([]);
  });

  test('[CO-13] an update whose dependencies are missing is incomplete: earlier changes, neighbours, deletions', () => {
    const doc = new Y.Doc();
    updateOf((each) => each.getMap('m').set('a', 1), doc);
    const later = updateOf((each) => each.getMap('m').set('b', 2), doc);
    expect(examine(later, new Y.Doc())).toEqual({ kind: 'incomplete' });

    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    const before = Y.encodeStateVector(other);
    other.getMap('m').set('a', 3);
    expect(examine(Y.encodeStateAsUpdate(other, before), new Y.Doc())).toEqual({ kind: 'incomplete' });

    const deleting = new Y.Doc();
    Y.applyUpdate(deleting, Y.encodeStateAsUpdate(doc));
    const state = Y.encodeStateVector(deleting);
    deleting.getMap('m').delete('a');
    expect(examine(Y.encodeStateAsUpdate(deleting, state), new Y.Doc())).toEqual({ kind: 'incomplete' });
  });

  test('[CO-13] bytes that are no update are malformed, wherever they are cut or changed', () => {
    const update = updateOf((doc) => {
      doc.getMap('records').set('shape:1', new Y.Map<unknown>([['name', 'a longer text']]));
      doc.getMap('records').set('n', { deep: [1, 2, { x: null }] });
    });
    for (let cut = 0; cut < update.length; cut++)
      expect(examine(update.slice(0, cut), new Y.Doc()).kind).not.toBe('ok');
    let taken = 0;
    for (let at = 0; at < update.length; at++)
      for (const byte of [0, 1, 127, 128, 255]) {
        const bad = update.slice();
        bad[at] = byte;
        const doc = new Y.Doc();
        if (examine(bad, doc).kind !== 'ok') continue;
        // Whatever is let through, Yjs takes without an error and without leaving anything pending.
        Y.applyUpdate(doc, bad);
        expect([doc.store.pendingStructs, doc.store.pendingDs]).toEqual([null, null]);
        taken++;
      }
    expect(taken).toBeGreaterThan(0);
  });
});

test('[CO-13] changes of many clients that build on each other are taken in whatever order they are written', () => {
  const docs = Array.from({ length: 12 }, () => new Y.Doc());
  for (let round = 0; round < 40; round++) {
    const [from, to] = [docs[(round * 5) % 12]!, docs[(round * 7 + 3) % 12]!];
    from.getArray('list').insert(Math.min(2, from.getArray('list').length), [round]);
    from.getMap('m').set(`k${round % 4}`, new Y.Map([['x', round]]));
    Y.applyUpdate(to, Y.encodeStateAsUpdate(from));
  }
  const all = Y.mergeUpdates(docs.map((doc) => Y.encodeStateAsUpdate(doc)));
  const examined = examine(all, new Y.Doc());
  expect(examined.kind).toBe('ok');
});

describe('isKnown', () => {
  test('[CO-10] is true for what says nothing new, deletions included', () => {
    const doc = new Y.Doc();
    doc.getMap('m').set('a', 1);
    const copy = new Y.Doc();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
    expect(isKnown(Y.encodeStateAsUpdate(copy), doc)).toBe(true);
    expect(isKnown(new Uint8Array([0, 0]), doc)).toBe(true);
    const state = Y.encodeStateVector(doc);
    copy.getMap('m').delete('a');
    expect(isKnown(Y.encodeStateAsUpdate(copy, state), doc)).toBe(false);
    doc.getMap('m').delete('a');
    expect(isKnown(Y.encodeStateAsUpdate(copy, state), doc)).toBe(true);
    copy.getMap('m').set('b', 1);
    expect(isKnown(Y.encodeStateAsUpdate(copy, state), doc)).toBe(false);
    expect(isKnown(new Uint8Array([5]), doc)).toBe(false);
  });
});
