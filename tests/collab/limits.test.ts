import { setTimeout as wait } from 'node:timers/promises';
import * as encoding from 'lib0/encoding';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import { closeCodes } from '../../server/collab/close-codes.ts';
import type { Limits } from '../../server/collab/limits.ts';
import { encodeStep2, encodeUpdate } from '../../server/collab/protocol.ts';
import { TestServer, gate, until } from './support/collab-server.ts';
import { MemoryPersistence } from './support/memory-persistence.ts';

async function start(limits: Partial<Limits> = {}) {
  const persistence = new MemoryPersistence();
  const documentId = newId();
  persistence.create(documentId);
  const server = await TestServer.start({ persistence, limits });
  for (const name of ['li', 'wang', 'zhao']) server.admit(name);
  return { documentId, server, persistence };
}

const nothing = new Uint8Array([0, 0]);

test('[CO-13] a message above the limit is final, a little above or far', async () => {
  const { server, documentId } = await start({ messageBytes: 10_000 });
  for (const size of [11_000, 500_000]) {
    const li = await server.connect('li', documentId).synced();
    li.doc.getMap('records').set('big', 'x'.repeat(size));
    await until(() => li.closes.length > 0);
    expect(li.closes).toEqual([closeCodes.tooLarge]);
    await wait(150);
    expect(li.closes).toHaveLength(1);
  }
});

test('[CO-13] what is no message of the protocol ends the socket, and only that one', async () => {
  const { server, documentId } = await start();
  const wang = await server.connect('wang', documentId).synced();
  const structs = new Y.Doc();
  structs.getMap('records').set('a', 'b');
  const cut = Y.encodeStateAsUpdate(structs).slice(0, -4);
  const bad: (string | Uint8Array)[] = [
    'text',
    new Uint8Array([]),
    new Uint8Array([9]),
    new Uint8Array([0, 7, 0]),
    new Uint8Array([0, 2, 200, 1]),
    new Uint8Array([1, 5, 255, 255, 255, 255, 1]),
    new Uint8Array([0, 0, 3, 255, 255, 255]),
    encodeUpdate(cut)
  ];
  for (const message of bad) {
    const raw = await server.raw('li', documentId);
    raw.socket.send(encodeStep2(nothing));
    raw.socket.send(message);
    expect(await raw.closed()).toBe(closeCodes.badMessage);
  }
  expect(wang.closes).toEqual([]);
});

test('[CO-13] an update that builds on what nobody has is refused, and leaves nothing behind', async () => {
  const { server, documentId, persistence } = await start();
  const doc = new Y.Doc();
  doc.getMap('records').set('a', 1);
  const before = Y.encodeStateVector(doc);
  doc.getMap('records').set('a', 2);
  const raw = await server.raw('li', documentId);
  raw.socket.send(encodeStep2(nothing));
  raw.socket.send(encodeUpdate(Y.encodeStateAsUpdate(doc, before)));
  expect(await raw.closed()).toBe(closeCodes.badMessage);
  await wait(60);
  expect(persistence.of(documentId).rows).toHaveLength(0);
});

test('[CO-13] an update crafted to break Yjs itself costs its sender the socket, others a reconnect, the disk nothing', async () => {
  const { server, documentId, persistence } = await start();
  const li = await server.connect('li', documentId).synced();
  const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');
  Y.applyUpdate(li.doc, hex('010201002101077265636f726473026b300100020101010003'));
  await until(() => persistence.of(documentId).rows.length === 1);
  const raw = await server.raw('wang', documentId);
  raw.socket.send(encodeStep2(nothing));
  raw.socket.send(
    encodeUpdate(
      hex(
        '030103000801046c697374027d087701610902000801046c697374027d067701612801077265636f726473026b32017d282701077265636f726473026b310121000203017801a10100010001a80204017d01a7020501280002080178017d050201002101077265636f726473026b30350002020201040301010003'
      )
    )
  );
  expect(await raw.closed()).toBe(closeCodes.badMessage);
  await li.synced();
  li.records.set('after', 1);
  await until(() => persistence.of(documentId).rows.length === 2);
  const late = await server.connect('zhao', documentId).synced();
  expect(late.records.toJSON()).toEqual({ after: 1 });
});

test('[CO-13] messages of later versions are passed over', async () => {
  const { server, documentId } = await start();
  const raw = await server.raw('li', documentId);
  raw.socket.send(encoding.encode((encoder) => encoding.writeVarUint(encoder, 150)));
  await wait(50);
  expect(raw.code).toBeNull();
});

test('[CO-13] who sends too fast is read more slowly, and loses nothing', async () => {
  const { server, documentId } = await start({ messagesASecond: 50 });
  const li = await server.connect('li', documentId).synced();
  const wang = await server.connect('wang', documentId).synced();
  const began = performance.now();
  for (let i = 0; i < 300; i++) {
    li.records.set(`k${i}`, i);
    if (i % 20 === 0) await wait(1);
  }
  await until(() => wang.records.size === 300, 10_000);
  expect(performance.now() - began).toBeGreaterThan(1000);
  expect(li.closes).toEqual([]);
});

test('[CO-3] [CO-13] before its right is known, little of a client is kept; the rest waits in the client', async () => {
  const { server, documentId } = await start({ heldBytes: 20_000, bytesASecond: 1e9, messagesASecond: 1e6 });
  const door = gate();
  server.beforeAuthorise = door.pass;
  const raw = await server.raw('li', documentId);
  const doc = new Y.Doc();
  doc.on('update', (update: Uint8Array) => raw.socket.send(encodeUpdate(update)));
  raw.socket.send(encodeStep2(nothing));
  for (let i = 0; i < 100; i++) doc.getMap('records').set(`k${i}`, 'x'.repeat(100_000));
  await wait(100);
  // 10 MB sent; most of it is still on the client's side of the line.
  expect(raw.socket.bufferedAmount).toBeGreaterThan(1_000_000);
  door.open();
  const wang = server.connect('wang', documentId);
  await until(() => wang.records.size === 100, 10_000);
});

test('[CO-13] a document takes so many sockets; one more is told to come back', async () => {
  const { server, documentId } = await start({ connectionsADocument: 2 });
  const li = await server.connect('li', documentId).synced();
  await server.connect('wang', documentId).synced();
  const zhao = server.connect('zhao', documentId);
  await until(() => zhao.closes.length > 0);
  expect(zhao.closes[0]).toBe(closeCodes.documentFull);
  li.destroy();
  await zhao.synced();
});

test('[CO-13] while the database is away, writers are read only up to a bound', async () => {
  const { server, documentId, persistence } = await start({
    unsavedBytes: 200_000,
    retryMs: 5,
    retryMaxMs: 20
  });
  let failing = true;
  persistence.beforeAppend = async () => {
    if (failing) throw new Error('database away');
  };
  const li = await server.connect('li', documentId).synced();
  const wang = await server.connect('wang', documentId).synced();
  for (let i = 0; i < 50; i++) {
    li.records.set(`k${i}`, 'x'.repeat(50_000));
    await wait(2);
  }
  await wait(100);
  expect(server.collab.stats().unsavedBytes).toBeLessThan(1_500_000);
  failing = false;
  await until(() => wang.records.size === 50, 10_000);
  expect(li.closes).toEqual([]);
});

test('[CO-13] a document above its size takes no more, and says so', async () => {
  const { server, documentId, persistence } = await start({ documentBytes: 50_000, snapshotBytes: 10_000 });
  const li = await server.connect('li', documentId).synced();
  for (let i = 0; i < 8; i++) {
    li.records.set(`k${i}`, 'x'.repeat(10_000));
    await wait(60);
  }
  await until(() => (persistence.of(documentId).snapshot?.state.byteLength ?? 0) > 50_000);
  const rows = persistence.of(documentId).rows.length;
  li.records.set('more', 1);
  await wait(150);
  expect(persistence.of(documentId).rows.length).toBe(rows);
});

test('[CO-14] a slow reader gets the difference once it has caught up; memory does not grow meanwhile', async () => {
  const { server, documentId } = await start({
    bufferedBytes: 100_000,
    bytesASecond: 1e9,
    messagesASecond: 1e6
  });
  const li = await server.connect('li', documentId).synced();
  const slow = await server.connect('wang', documentId).synced();
  (slow.provider.ws as unknown as { pause(): void }).pause();
  for (let i = 0; i < 200; i++) {
    // The same key again: twenty megabytes sent, a hundred kilobytes to have in the end.
    li.records.set('big', 'x'.repeat(100_000) + String(i));
    await wait(1);
  }
  await wait(100);
  (slow.provider.ws as unknown as { resume(): void }).resume();
  await until(() => slow.records.get('big') === li.records.get('big'), 10_000);
  expect(slow.closes).toEqual([]);
});

test('[CO-14] a reader that never catches up is cut, and fetches the difference when it is back', async () => {
  const { server, documentId } = await start({
    bufferedBytes: 50_000,
    slowReaderMs: 100,
    careMs: 50,
    bytesASecond: 1e9
  });
  const li = await server.connect('li', documentId).synced();
  const dead = await server.raw('wang', documentId);
  // It asks for the document, as every client does, and reads no answer.
  dead.socket.send(Uint8Array.of(0, 0, 1, 0));
  dead.socket.pause();
  for (let i = 0; i < 100; i++) li.records.set(`k${i}`, 'x'.repeat(100_000));
  await until(() => server.collab.stats().connections === 1);
  const wang = await server.connect('wang', documentId).synced();
  // What 李 sent may still be on its way to the server: the rest follows as updates.
  await until(() => wang.records.size === 100, 10_000);
});
