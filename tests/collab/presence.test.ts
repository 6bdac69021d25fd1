import { setTimeout as wait } from 'node:timers/promises';
import * as encoding from 'lib0/encoding';
import { expect, test } from 'vitest';
import { attachPresent } from '#lib/features/board/present.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Limits } from '../../server/collab/limits.ts';
import { encodePresenceEntry, encodePresences, encodeStep2 } from '../../server/collab/protocol.ts';
import { type TestClient, TestServer, until } from './support/collab-server.ts';
import { MemoryPersistence } from './support/memory-persistence.ts';

async function start(limits: Partial<Limits> = {}) {
  const persistence = new MemoryPersistence();
  const documentId = newId();
  persistence.create(documentId);
  const server = await TestServer.start({ persistence, limits });
  for (const name of ['li', 'wang', 'zhao']) server.admit(name);
  return { documentId, server };
}

const seen = (by: TestClient, of: TestClient): Record<string, unknown> | undefined =>
  by.provider.awareness.getStates().get(of.doc.clientID);

function presence(clientId: number, clock: number, state: unknown): Uint8Array {
  return encodePresences([encodePresenceEntry({ clientId, clock, json: JSON.stringify(state) })]);
}

test('[CO-11] others are seen with the name and role the server knows, whatever they claim', async () => {
  const { server, documentId } = await start();
  const li = await server.connect('li', documentId).synced();
  const wang = await server.connect('wang', documentId).synced();
  wang.provider.awareness.setLocalState({
    cursor: { x: 1, y: 2 },
    user: { id: 'x', name: 'Dr Li', role: 'owner', color: '#1f7a8c' }
  });
  await until(() => seen(li, wang)?.['cursor'] !== undefined);
  expect(seen(li, wang)).toEqual({
    cursor: { x: 1, y: 2 },
    user: { id: 'person-wang', name: 'wang', role: 'expert', color: '#1f7a8c' }
  });
  const zhao = await server.connect('zhao', documentId).synced();
  await until(() => seen(zhao, wang)?.['cursor'] !== undefined);
});

test("[CO-11] nobody can set, or remove, another's presence", async () => {
  const { server, documentId } = await start();
  const li = await server.connect('li', documentId).synced();
  const wang = await server.connect('wang', documentId).synced();
  li.provider.awareness.setLocalState({ cursor: 'true' });
  await until(() => seen(wang, li)?.['cursor'] === 'true');
  const forger = await server.raw('zhao', documentId);
  forger.socket.send(presence(li.doc.clientID, 1000, { cursor: 'forged' }));
  forger.socket.send(presence(li.doc.clientID, 1001, null));
  await wait(150);
  expect(seen(wang, li)?.['cursor']).toBe('true');
  li.provider.awareness.setLocalState({ cursor: 'moved' });
  await until(() => seen(wang, li)?.['cursor'] === 'moved');
});

test('[CO-11] a socket introduces few presences, none of them large', async () => {
  const { server, documentId } = await start({ presenceBytes: 500, presencesAConnection: 2 });
  const li = await server.connect('li', documentId).synced();
  const many = await server.raw('zhao', documentId);
  for (let id = 1; id <= 10; id++) many.socket.send(presence(id, 1, { id }));
  many.socket.send(presence(1, 2, { text: 'x'.repeat(600) }));
  await wait(200);
  const others = [...li.provider.awareness.getStates()].filter(([id]) => id !== li.doc.clientID);
  expect(others.map(([id]) => id)).toEqual([1, 2]);
  expect(others[0]![1]['text']).toBeUndefined();
});

test('[CO-11] a presence ends with its socket, and is back at once with the next', async () => {
  const { server, documentId } = await start();
  const li = await server.connect('li', documentId).synced();
  const wang = await server.connect('wang', documentId).synced();
  wang.provider.awareness.setLocalState({ cursor: 1 });
  await until(() => seen(li, wang)?.['cursor'] === 1);
  for (let i = 0; i < 5; i++) {
    wang.provider.disconnect();
    // y-websocket removes its own state when it is told to disconnect; a lost line does not.
    wang.provider.awareness.setLocalState({ cursor: 1 });
    await until(() => seen(li, wang) === undefined);
    wang.provider.connect();
    await until(() => seen(li, wang)?.['cursor'] === 1, 1000);
  }
});

test('[CO-11] a reconnect takes its presence over from a socket not yet known to be dead', async () => {
  const { server, documentId } = await start();
  const li = await server.connect('li', documentId).synced();
  const dead = await server.raw('wang', documentId);
  dead.socket.send(presence(77, 5, { cursor: 'old' }));
  await until(() => li.provider.awareness.getStates().get(77)?.['cursor'] === 'old');
  const back = await server.raw('wang', documentId);
  back.socket.send(presence(77, 5, { cursor: 'new' }));
  await until(() => li.provider.awareness.getStates().get(77)?.['cursor'] === 'new');
  dead.socket.close();
  await wait(150);
  expect(li.provider.awareness.getStates().get(77)?.['cursor']).toBe('new');
});

test("[CO-11] the board's own line sees everybody again after a break, though nobody moves or is renewed", async () => {
  const { server, documentId } = await start();
  const li = server.connect('li', documentId);
  attachPresent(li.provider);
  await li.synced();
  const wang = await server.connect('wang', documentId).synced();
  wang.provider.awareness.setLocalState({ cursor: 1 });
  await until(() => seen(li, wang)?.['cursor'] === 1);
  li.provider.disconnect();
  await until(() => seen(li, wang) === undefined);
  li.provider.connect();
  await until(() => seen(li, wang)?.['cursor'] === 1, 1_000);
  expect(li.provider.awareness.meta.get(wang.doc.clientID)!.lastUpdated).toBe(Number.POSITIVE_INFINITY);
});

test('[CO-11] thirty cursors are gathered: at most 20 messages a second each, none about oneself', async () => {
  const { server, documentId } = await start();
  const clients = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      server.admit(`p${i}`);
      return server.connect(`p${i}`, documentId).synced();
    })
  );
  const watcher = await server.raw('li', documentId);
  watcher.socket.send(encodeStep2(new Uint8Array([0, 0])));
  await wait(100);
  const before = watcher.messages.length;
  const end = performance.now() + 1000;
  for (let n = 0; performance.now() < end; n++) {
    for (const client of clients) client.provider.awareness.setLocalState({ n });
    await wait(10);
  }
  expect(watcher.messages.length - before).toBeLessThanOrEqual(22);
  expect(watcher.messages.length - before).toBeGreaterThanOrEqual(10);
  await wait(150);
  const last = clients[3]!.provider.awareness.getLocalState();
  expect(seen(clients[0]!, clients[3]!)).toMatchObject(last!);
});

test('[CO-11] query answers with everyone who is there', async () => {
  const { server, documentId } = await start();
  const wang = await server.connect('wang', documentId).synced();
  wang.provider.awareness.setLocalState({ cursor: 1 });
  await wait(100);
  const raw = await server.raw('li', documentId);
  await until(() => raw.messages.length >= 2);
  const before = raw.messages.length;
  raw.socket.send(encoding.encode((encoder) => encoding.writeVarUint(encoder, 3)));
  await until(() => raw.messages.length > before);
  expect(Buffer.from(raw.messages.at(-1)!).toString()).toContain('"cursor":1');
});
