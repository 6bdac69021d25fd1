import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import { checkWrite } from '#lib/features/board/document.ts';
import { type RawRecord, createRecord, metaRoot, recordsOf } from '#lib/features/board/format.ts';
import { lockKey, lockOf, patientViewKey, writeLock, writePatientView } from '#lib/features/board/hosts.ts';
import { type PatientNews, applyPatientNews } from '#lib/features/board/patient-view.ts';
import { attachNotices, attachShown } from '#lib/features/board/saved.ts';
import { closeCodes } from '../../server/collab/close-codes.ts';
import { encodeStep1 } from '../../server/collab/protocol.ts';
import { TestServer, type TestClient, until } from './support/collab-server.ts';
import { MemoryPersistence } from './support/memory-persistence.ts';

const image = newId();
const at = '2026-03-02T08:00:00.000Z';

/** Li asked and is here; Wang, the expert, is here too, and Chen, who works with Li. */
async function start() {
  const persistence = new MemoryPersistence();
  const documentId = newId();
  persistence.create(documentId);
  const server = await TestServer.start({
    persistence,
    inspect: (write, context) =>
      checkWrite(write, {
        ...context,
        allowsImage: (id) => id === image,
        allowsScale: () => false,
        allowsFrame: () => false
      })
  });
  const enter = async (name: string, role: string) => {
    const { userId } = server.admit(name, { role });
    const client = await server.connect(name, documentId).synced();
    client.provider.awareness.setLocalStateField('user', { id: 'x', presenceId: name });
    const refusals: string[] = [];
    attachNotices(client.provider, (notice) => {
      if (notice.kind === 'refused') refusals.push(notice.code);
    });
    const who = { by: userId!, byName: name, at };
    return {
      client,
      who,
      refusals,
      lock: (locked = true) => writeLock(client.doc, locked ? who : null),
      show: (shape: string | null) => writePatientView(client.doc, shape === null ? null : { ...who, shape }),
      present: (on = true) => client.provider.awareness.setLocalStateField('presenting', on ? 1 : null),
      draw: (id: string, more: Partial<RawRecord> = {}) =>
        createRecord(recordsOf(client.doc), mark(id, more)),
      refused: () => until(() => client.closes.includes(closeCodes.refusedContent))
    };
  };
  const li = await enter('li', 'requester');
  const wang = await enter('wang', 'expert');
  const chen = await enter('chen', 'member');
  return { server, documentId, persistence, enter, li, wang, chen };
}

const mark = (id: string, more: Partial<RawRecord> = {}): RawRecord => ({
  id,
  typeName: 'shape',
  type: 'draw',
  x: 1,
  parentId: 'page:page',
  props: {},
  meta: {},
  ...more
});
const xray = (id: string): RawRecord => mark(id, { type: 'xray', props: { imageId: image } });
const locks = (client: TestClient) => lockOf(client.doc)?.by ?? null;

test('[BD-15] [CO-32] while a host has locked the board, changes of others are refused; what is there stays', async () => {
  const { li, wang, chen } = await start();
  wang.draw('shape:before');
  await until(() => li.client.records.has('shape:before'));
  li.lock();
  await until(() => locks(wang.client) === li.who.by && locks(chen.client) === li.who.by);
  wang.draw('shape:refused');
  await wang.refused();
  expect(wang.refusals).toEqual(['locked']);
  // A deletion says nothing of what it writes, and is refused as well.
  recordsOf(chen.client.doc).delete('shape:before');
  await chen.refused();
  expect(chen.refusals).toEqual(['locked']);
  li.draw('shape:own');
  await wait(150);
  expect([...li.client.records.keys()]).toEqual(['shape:before', 'shape:own']);
});

test('[CO-32] who comes back with what they drew meanwhile is refused where it was locked, and not where it is unlocked again', async () => {
  const { server, documentId, li, chen } = await start();
  li.lock();
  await until(() => locks(chen.client) !== null);
  const late = new Y.Doc();
  createRecord(recordsOf(late), mark('shape:late'));
  const wang = server.connect('wang', documentId, { doc: late });
  await until(() => wang.closes.includes(closeCodes.refusedContent));
  expect(li.client.records.has('shape:late')).toBe(false);
  li.lock(false);
  await until(() => locks(chen.client) === null);
  server.connect('wang', documentId, { doc: late });
  await until(() => li.client.records.has('shape:late'));
  // Who has drawn nothing is let in, locked or not.
  li.lock();
  const reader = await server.connect('wang', documentId).synced();
  await until(() => locks(reader) !== null);
  expect(reader.closes).toEqual([]);
});

test('[BD-15] the asking dentist and who presents lock and unlock; nobody else does', async () => {
  const { li, wang, chen } = await start();
  chen.lock();
  await chen.refused();
  expect(chen.refusals).toEqual(['not-host']);
  wang.present();
  wang.lock();
  await until(() => locks(li.client) === wang.who.by);
  // The asking dentist takes off what somebody else locked; nothing else passes with it.
  li.client.doc.transact(() => {
    li.lock(false);
    li.draw('shape:with-it');
  });
  await li.refused();
  expect([li.refusals, locks(wang.client)]).toEqual([['locked'], wang.who.by]);
  expect(wang.client.records.has('shape:with-it')).toBe(false);
});

test('[BD-15] what somebody else locked is unlocked by the asking dentist, and by who presents once its owner has left', async () => {
  const { li, wang, enter } = await start();
  wang.present();
  wang.lock();
  await until(() => locks(li.client) === wang.who.by);
  li.lock(false);
  await until(() => locks(wang.client) === null);

  li.lock();
  await until(() => locks(wang.client) === li.who.by);
  const zhao = await enter('zhao', 'expert');
  zhao.present();
  zhao.lock(false);
  await zhao.refused();
  expect(zhao.refusals).toEqual(['not-host']);
  li.client.destroy();
  await wait(150);
  wang.lock(false);
  await wait(150);
  expect(wang.client.closes).toEqual([]);
  expect(wang.client.doc.getMap(metaRoot).get(lockKey)).toBe(null);
});

test('[BD-15] [BD-16] nobody locks or shows in the name of somebody else', async () => {
  for (const key of [lockKey, patientViewKey]) {
    const { li, wang, enter } = await start();
    const value = { ...wang.who, ...(key === lockKey ? {} : { shape: 'shape:image' }) };
    li.client.doc.getMap(metaRoot).set(key, value);
    await li.refused();
    expect(li.refusals).toEqual(['not-host']);
    const late = await enter('late', 'expert');
    expect(late.client.doc.getMap(metaRoot).has(key)).toBe(false);
  }
});

test('[BD-17] the server takes no draft', async () => {
  const { li, wang } = await start();
  wang.draw('shape:draft', { meta: { by: wang.who.by, draft: true } });
  await wang.refused();
  expect(wang.refusals).toEqual(['unknown-content']);
  expect(li.client.records.has('shape:draft')).toBe(false);
});

/** A patient's page, from what its socket is sent. */
async function visit(server: TestServer, documentId: string) {
  server.admit('patient', { mode: 'read', role: 'patient', userId: null, inviteId: newId() });
  const client = server.connect('patient', documentId);
  const shown = new Y.Doc();
  const news: PatientNews[] = [];
  attachShown(client.provider, (each) => {
    news.push(each);
    applyPatientNews(shown, each);
  });
  await client.synced();
  await until(() => news.length > 0);
  return { client, news, ids: () => [...recordsOf(shown).keys()].sort(), shown };
}

test('[BD-16] [CO-31] a patient is sent the image a host shows, with what is drawn on it, and nothing else of the board', async () => {
  const { server, documentId, li, wang } = await start();
  wang.draw('page:page', { typeName: 'page', type: undefined });
  for (const id of ['shape:one', 'shape:two']) createRecord(recordsOf(wang.client.doc), xray(id));
  wang.draw('shape:on-one', { parentId: 'shape:one', meta: { by: wang.who.by, byName: 'wang' } });
  wang.draw('shape:on-two', { parentId: 'shape:two' });
  createRecord(recordsOf(wang.client.doc), {
    ...mark('shape:pin', { parentId: 'shape:one', index: 'a1', meta: { by: wang.who.by, at } }),
    type: 'pin',
    props: { number: 1, tooth: '36', size: 1 }
  });
  await until(() => li.client.records.has('shape:pin'));
  const raw = await (async () => {
    server.admit('watcher', { mode: 'read', role: 'patient' });
    const socket = await server.raw('watcher', documentId);
    socket.socket.send(encodeStep1(Y.encodeStateVector(new Y.Doc())));
    return socket;
  })();
  const patient = await visit(server, documentId);
  expect(patient.ids()).toEqual(['page:page']);

  li.show('shape:one');
  await until(() => patient.ids().length > 1);
  expect(patient.ids()).toEqual(['page:page', 'shape:on-one', 'shape:one']);
  wang.draw('shape:more', { parentId: 'shape:on-one' });
  await until(() => patient.ids().includes('shape:more'));
  recordsOf(wang.client.doc).delete('shape:on-one');
  await until(() => !patient.ids().includes('shape:on-one'));
  li.show('shape:two');
  await until(() => patient.ids().includes('shape:on-two'));
  expect(patient.ids()).toEqual(['page:page', 'shape:on-two', 'shape:two']);
  li.show(null);
  await until(() => patient.ids().length === 1);

  // Neither the document nor who drew what, at no time.
  expect(patient.client.doc.store.clients.size).toBe(0);
  for (const frame of raw.messages.map((bytes) => Buffer.from(bytes)))
    for (const secret of ['shape:pin', wang.who.by, 'byName'])
      expect(frame.includes(secret) && frame[0] !== 1).toBe(false);
});

test('[BD-16] only hosts choose what a patient sees', async () => {
  const { li, wang, chen } = await start();
  chen.show('shape:one');
  await chen.refused();
  expect(chen.refusals).toEqual(['not-host']);
  wang.present();
  wang.show('shape:one');
  await until(() => li.client.doc.getMap(metaRoot).has(patientViewKey));
});

test('[CO-31] after a restart a patient’s page shows what is shown then, and nothing from before', async () => {
  const { server, documentId, li } = await start();
  for (const id of ['shape:one', 'shape:two']) createRecord(recordsOf(li.client.doc), xray(id));
  li.show('shape:one');
  const patient = await visit(server, documentId);
  await until(() => patient.ids().includes('shape:one'));
  await wait(150);
  server.kill();
  li.show('shape:two');
  await until(() => patient.ids().includes('shape:two'));
  expect(patient.ids()).toEqual(['shape:two']);
});
