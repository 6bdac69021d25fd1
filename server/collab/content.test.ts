import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { Content, saysNothing } from './content.ts';

function drawn(count: number): Y.Doc {
  const doc = new Y.Doc();
  const records = doc.getMap<Y.Map<unknown>>('records');
  for (let i = 0; i < count; i++) {
    const id = `shape:${i % 40}`;
    const record = records.get(id);
    if (i % 7 === 6) records.delete(id);
    else if (record) record.set('x', i);
    else records.set(id, new Y.Map([['x', i]]));
  }
  return doc;
}

function start(doc: Y.Doc) {
  const changes: Uint8Array[] = [];
  const stored = new Y.Doc();
  Y.applyUpdate(stored, Y.encodeStateAsUpdate(doc));
  const content = new Content(stored, (update) => changes.push(update));
  return { content, changes };
}

test('[CO-29] a document at rest answers as it does awake, to who has nothing, some or all of it', () => {
  const doc = drawn(200);
  const { content } = start(doc);
  const early = drawn(0);
  Y.applyUpdate(early, Y.encodeStateAsUpdate(doc));
  doc.getMap('records').set('shape:late', new Y.Map([['x', 1]]));
  doc.getMap('records').delete('shape:1');
  content.apply([Y.encodeStateAsUpdate(doc)]);
  for (const client of [new Y.Doc(), early, doc]) {
    content.rest();
    expect(content.isResting).toBe(true);
    expect(content.stateVector).toEqual(Y.encodeStateVector(doc));
    Y.applyUpdate(client, content.difference(Y.encodeStateVector(client)));
    expect(content.isResting).toBe(true);
    expect(Y.equalSnapshots(Y.snapshot(client), Y.snapshot(doc))).toBe(true);
    expect(Y.equalSnapshots(Y.snapshot(content.doc), Y.snapshot(doc))).toBe(true);
  }
});

test('[CO-29] the first change wakes it and is told as every other', () => {
  const { content, changes } = start(drawn(50));
  content.rest();
  content.doc.getMap('records').set('shape:new', new Y.Map());
  expect(content.isResting).toBe(false);
  expect(changes).toHaveLength(1);
  content.rest();
  const newcomer = new Y.Doc();
  Y.applyUpdate(newcomer, content.state);
  expect(newcomer.getMap('records').has('shape:new')).toBe(true);
});

test('[CO-29] a large one stays awake: whoever writes next would wait for it', () => {
  const doc = new Y.Doc();
  for (let i = 0; i < 6_000; i++) doc.getMap('records').set(`f${i}`, i);
  const { content } = start(doc);
  content.rest();
  expect(content.isResting).toBe(false);
});

test('only the answer of a client that has nothing says nothing', () => {
  expect(saysNothing(Y.encodeStateAsUpdate(new Y.Doc()))).toBe(true);
  expect(saysNothing(Y.encodeStateAsUpdate(drawn(1)))).toBe(false);
});
