import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import { attachNotices, attachSaved } from '#lib/features/board/saved.ts';
import { closeCodes } from '../../server/collab/close-codes.ts';
import type { Limits } from '../../server/collab/limits.ts';
import { type TestClient, TestServer, contentOf, gate, until } from './support/collab-server.ts';
import { MemoryPersistence } from './support/memory-persistence.ts';

async function start(limits: Partial<Limits> = {}) {
  const persistence = new MemoryPersistence();
  const documentId = newId();
  persistence.create(documentId);
  const server = await TestServer.start({ persistence, limits: { retryMs: 10, ...limits } });
  for (const name of ['li', 'wang', 'zhao']) server.admit(name);
  return { persistence, documentId, server };
}

function savedOf(client: TestClient): { now: () => string; all: string[] } {
  const all: string[] = [];
  attachSaved(client.provider, client.doc).subscribe((state) => all.push(state));
  return { now: () => all.at(-1)!, all };
}

test('[CO-4] the load is awaited before the first sync: nobody ever sees an empty board', async () => {
  const { server, documentId, persistence } = await start();
  const full = new Y.Doc();
  full.getMap('records').set('a', 1);
  persistence.of(documentId).rows.push({ bytes: Y.encodeStateAsUpdate(full), author: 'x', at: new Date() });
  const door = gate();
  persistence.beforeLoad = door.pass;
  const li = server.connect('li', documentId);
  const wang = server.connect('wang', documentId);
  await until(() => li.provider.wsconnected && wang.provider.wsconnected);
  await wait(50);
  expect(li.provider.synced).toBe(false);
  door.open();
  await Promise.all([li.synced(), wang.synced()]);
  expect([li.records.get('a'), wang.records.get('a')]).toEqual([1, 1]);
  expect(persistence.loads).toBe(1);
});

test('[CO-4] no change comes before the first sync: nobody holds what builds on something they have not got', async () => {
  const { server, documentId } = await start();
  const li = await server.connect('li', documentId).synced();
  li.records.set('a', new Y.Map([['x', 1]]));
  const raw = await server.raw('wang', documentId);
  // The server's own question: from here on this socket is open.
  await until(() => raw.messages.length > 0);
  const zhao = await server.connect('zhao', documentId).synced();
  (li.records.get('a') as Y.Map<number>).set('x', 2);
  await until(() => (zhao.records.get('a') as Y.Map<number>).get('x') === 2);
  const syncs = () => raw.messages.filter((message) => message[0] === 0).map((message) => message[1]);
  expect(syncs()).toEqual([0]);
  // An empty state vector; then the answer, then what happens.
  raw.socket.send(Uint8Array.of(0, 0, 1, 0));
  await until(() => syncs().length === 2);
  (li.records.get('a') as Y.Map<number>).set('x', 3);
  await until(() => syncs().length === 3);
  expect(syncs()).toEqual([0, 1, 2]);
});

test('[CO-3] what a client sends before its document is open is kept', async () => {
  const { server, documentId, persistence } = await start();
  const door = gate();
  persistence.beforeLoad = door.pass;
  const li = server.connect('li', documentId);
  await until(() => li.provider.wsconnected);
  for (let i = 0; i < 600; i++) li.records.set(`k${i}`, i);
  door.open();
  await li.synced();
  await until(() => server.collab.stats().unsavedBytes === 0 && persistence.of(documentId).rows.length > 0);
  const wang = await server.connect('wang', documentId).synced();
  expect(wang.records.size).toBe(600);
});

test('[CO-6] "saved" is said only after the commit, deletions included', async () => {
  const { server, documentId, persistence } = await start();
  const li = server.connect('li', documentId);
  const saved = savedOf(li);
  expect(saved.now()).toBe('offline');
  await until(() => saved.now() === 'saved');
  const door = gate();
  persistence.beforeAppend = door.pass;
  li.records.set('a', 1);
  expect(saved.now()).toBe('saving');
  await until(() => door.waiting() === 1);
  await wait(200);
  expect(saved.now()).toBe('saving');
  door.open();
  await until(() => saved.now() === 'saved');

  const second = gate();
  persistence.beforeAppend = second.pass;
  li.records.delete('a');
  await until(() => second.waiting() === 1);
  await wait(200);
  expect(saved.now()).toBe('saving');
  second.open();
  await until(() => saved.now() === 'saved');
});

test('[CO-6] [BD-7] what was drawn offline is saved after the return, and called so then', async () => {
  const { server, documentId, persistence } = await start();
  const li = server.connect('li', documentId);
  const saved = savedOf(li);
  await until(() => saved.now() === 'saved');
  li.provider.disconnect();
  expect(saved.now()).toBe('offline');
  li.records.set('offline', 1);
  const door = gate();
  persistence.beforeAppend = door.pass;
  li.provider.connect();
  await until(() => door.waiting() === 1);
  expect(saved.now()).toBe('saving');
  door.open();
  await until(() => saved.now() === 'saved');
  expect(persistence.of(documentId).rows).toHaveLength(1);
});

test('[CO-7] a failed save is kept and tried again; people are told, and told when it is over', async () => {
  const { server, documentId, persistence } = await start();
  const li = server.connect('li', documentId);
  const saved = savedOf(li);
  const notices: string[] = [];
  attachNotices(li.provider, (notice) => notices.push(notice.kind));
  await until(() => saved.now() === 'saved');
  let failing = true;
  persistence.beforeAppend = async () => {
    if (failing) throw new Error('database away');
  };
  li.records.set('a', 1);
  await until(() => persistence.appends >= 2);
  li.records.set('b', 2);
  await until(() => notices.includes('save-delayed'));
  expect(saved.now()).toBe('saving');
  failing = false;
  await until(() => saved.now() === 'saved');
  expect(notices).toEqual(['save-delayed', 'save-resumed']);
  const read = new Y.Doc();
  for (const row of persistence.of(documentId).rows) Y.applyUpdate(read, row.bytes);
  expect(read.getMap('records').toJSON()).toEqual({ a: 1, b: 2 });
});

test('[CO-7] a document whose save fails stays in memory, and who comes back finds all of it', async () => {
  const { server, documentId, persistence } = await start({ idleMs: 5 });
  const li = await server.connect('li', documentId).synced();
  let failing = true;
  persistence.beforeAppend = async () => {
    if (failing) throw new Error('database away');
  };
  li.records.set('a', 1);
  await until(() => persistence.appends > 0);
  li.destroy();
  await wait(100);
  expect(server.collab.stats()).toMatchObject({ documents: 1, connections: 0 });
  const wang = await server.connect('wang', documentId).synced();
  expect(wang.records.get('a')).toBe(1);
  expect(persistence.loads).toBe(1);
  failing = false;
  wang.destroy();
  await until(() => server.collab.stats().documents === 0);
  expect(persistence.of(documentId).rows).toHaveLength(1);
});

test('[CO-8] an idle document leaves memory with a snapshot and comes back whole', async () => {
  const { server, documentId, persistence } = await start({ idleMs: 20 });
  const li = await server.connect('li', documentId).synced();
  for (let i = 0; i < 50; i++) li.records.set('same', i);
  li.records.set('gone', 1);
  li.records.delete('gone');
  const content = contentOf(li.doc);
  await until(() => server.collab.stats().unsavedBytes === 0 && persistence.of(documentId).rows.length > 0);
  li.destroy();
  await until(() => server.collab.stats().documents === 0);
  expect(persistence.of(documentId).snapshot?.upTo).toBe(persistence.of(documentId).rows.length);
  const wang = await server.connect('wang', documentId).synced();
  expect(contentOf(wang.doc)).toBe(content);
  wang.destroy();
  const { snapshots } = persistence;
  await until(() => server.collab.stats().documents === 0);
  // Nothing changed, so nothing was written.
  expect(persistence.snapshots).toBe(snapshots);
});

test('[CO-8] leaving memory waits for the save', async () => {
  const { server, documentId, persistence } = await start({ idleMs: 1 });
  const li = await server.connect('li', documentId).synced();
  const door = gate();
  persistence.beforeAppend = door.pass;
  li.records.set('a', 1);
  await until(() => door.waiting() === 1);
  li.destroy();
  await wait(50);
  expect(server.collab.stats().documents).toBe(1);
  door.open();
  await until(() => server.collab.stats().documents === 0);
});

test('[CO-9] who comes while the document is leaving memory joins the live one', async () => {
  const { server, documentId, persistence } = await start({ idleMs: 1 });
  const li = await server.connect('li', documentId).synced();
  li.records.set('a', 1);
  await until(() => persistence.of(documentId).rows.length === 1);
  const door = gate();
  persistence.beforeSnapshot = door.pass;
  li.destroy();
  await until(() => door.waiting() === 1);
  const wang = await server.connect('wang', documentId).synced();
  expect(wang.records.get('a')).toBe(1);
  wang.records.set('b', 2);
  await until(() => persistence.of(documentId).rows.length === 2);
  door.open();
  await wait(50);
  expect(wang.provider.synced).toBe(true);
  expect(persistence.loads).toBe(1);
  const zhao = await server.connect('zhao', documentId).synced();
  expect(zhao.records.toJSON()).toEqual({ a: 1, b: 2 });
});

test('[CO-9] reconnects at every moment around the unload lose nothing and never see an empty board', async () => {
  const { server, documentId, persistence } = await start({ idleMs: 4, saveMs: 1 });
  persistence.beforeAppend = () => wait(2);
  persistence.beforeSnapshot = () => wait(3);
  persistence.beforeLoad = () => wait(1);
  for (let ms = 0; ms < 40; ms++) {
    const li = await server.connect('li', documentId).synced();
    const saved = savedOf(li);
    expect(li.records.size).toBe(ms);
    li.records.set(`k${ms}`, ms);
    await until(() => saved.now() === 'saved');
    li.destroy();
    await wait(ms / 4);
  }
  expect(persistence.loads).toBeGreaterThan(1);
});

test('[CO-17] an orderly stop saves everything; clients come back to the next one by themselves', async () => {
  const { server, documentId, persistence } = await start();
  const li = await server.connect('li', documentId).synced();
  const wang = await server.connect('wang', documentId).synced();
  li.records.set('a', 1);
  await until(() => wang.records.get('a') === 1);
  await server.collab.close();
  expect(persistence.of(documentId).rows).toHaveLength(1);
  expect(persistence.of(documentId).snapshot).not.toBeNull();
  await until(() => li.closes.length > 0);
  expect(li.closes[0]).toBe(closeCodes.shuttingDown);
  wang.records.set('b', 2);
  server.restart();
  await until(() => li.records.get('b') === 2);
});

test('[CO-17] a server killed without warning loses nothing that was called saved', async () => {
  const { server, documentId, persistence } = await start({ saveMs: 1 });
  const li = server.connect('li', documentId);
  const saved = savedOf(li);
  for (let round = 0; round < 10; round++) {
    await until(() => saved.now() === 'saved');
    li.records.set(`k${round}`, round);
    li.records.delete(`k${round - 1}`);
    await until(() => saved.now() === 'saved');
    const told = contentOf(li.doc);
    persistence.beforeAppend = () => new Promise(() => {});
    li.records.set('not saved', round);
    await wait(round);
    server.kill();
    persistence.beforeAppend = async () => {};
    const disk = new Y.Doc();
    for (const row of persistence.of(documentId).rows) Y.applyUpdate(disk, row.bytes);
    expect(contentOf(disk)).toBe(told);
    await until(() => saved.now() === 'saved' && li.provider.synced);
    li.records.delete('not saved');
  }
});

test('[CO-18] rows that another process wrote meanwhile are taken in', async () => {
  const { server, documentId, persistence } = await start();
  const li = await server.connect('li', documentId).synced();
  const other = new Y.Doc();
  other.getMap('records').set('theirs', 1);
  persistence.of(documentId).rows.push({ bytes: Y.encodeStateAsUpdate(other), author: 'x', at: new Date() });
  li.records.set('ours', 1);
  await until(() => li.records.get('theirs') === 1);
});

test('[CO-19] a snapshot is written after so many rows, and holds them', async () => {
  const { server, documentId, persistence } = await start({ saveMs: 1, snapshotRows: 5 });
  const li = server.connect('li', documentId);
  const saved = savedOf(li);
  for (let i = 0; i < 8; i++) {
    await until(() => saved.now() === 'saved');
    li.records.set(`k${i}`, i);
  }
  await until(() => persistence.of(documentId).snapshot !== null);
  const { upTo, state } = persistence.of(documentId).snapshot!;
  expect(upTo).toBeGreaterThanOrEqual(5);
  const read = new Y.Doc();
  Y.applyUpdate(read, state);
  expect(read.getMap('records').size).toBeGreaterThanOrEqual(5);
});

test('[CO-19] what the log has not got is in no snapshot either', async () => {
  const { server, documentId, persistence } = await start({ saveMs: 1, snapshotRows: 1 });
  const li = server.connect('li', documentId);
  const saved = savedOf(li);
  await until(() => saved.now() === 'saved');
  // The first save succeeds and makes a snapshot due; what is drawn in that moment cannot be saved.
  const door = gate();
  const append = persistence.append.bind(persistence);
  persistence.append = async (key, rows) => {
    const last = await append(key, rows);
    li.records.set('unsaved', 1);
    await until(() => server.collab.stats().unsavedBytes > 0 && serverHas('unsaved'));
    persistence.beforeAppend = door.pass;
    return last;
  };
  const serverHas = (key: string): boolean => wang.records.has(key);
  const wang = await server.connect('wang', documentId).synced();
  li.records.set('saved', 1);
  await until(() => door.waiting() === 1);
  await wait(50);
  expect(persistence.of(documentId).snapshot).toBeNull();
  persistence.append = append;
  door.open();
  await until(() => persistence.of(documentId).snapshot !== null);
  const log = new Y.Doc();
  for (const row of persistence.of(documentId).rows) Y.applyUpdate(log, row.bytes);
  const kept = new Y.Doc();
  Y.applyUpdate(kept, persistence.of(documentId).snapshot!.state);
  expect([contentOf(kept), contentOf(log)]).toEqual([contentOf(li.doc), contentOf(li.doc)]);
});

test('[CO-5] a burst is one message and few rows, each under its author', async () => {
  const { server, documentId, persistence } = await start();
  const li = await server.connect('li', documentId).synced();
  const wang = await server.connect('wang', documentId).synced();
  const zhao = await server.connect('zhao', documentId).synced();
  let messages = 0;
  zhao.doc.on('update', () => messages++);
  for (let i = 0; i < 100; i++) {
    li.records.set(`l${i}`, i);
    wang.records.set(`w${i}`, i);
  }
  await until(() => zhao.records.size === 200);
  expect(messages).toBeLessThanOrEqual(20);
  await until(() => server.collab.stats().unsavedBytes === 0);
  const { rows } = persistence.of(documentId);
  expect(rows.length).toBeLessThanOrEqual(20);
  expect(new Set(rows.map((row) => row.author))).toEqual(
    new Set([server.people.get('li')!.userId, server.people.get('wang')!.userId])
  );
});
