import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { closeCodes } from '../../server/collab/close-codes.ts';
import { followAccess } from '../../server/follow-access.ts';
import { type BoardNotice, attachNotices, attachSaved } from '#lib/features/board/saved.ts';
import { TestServer, gate, until } from './support/collab-server.ts';
import { MemoryPersistence } from './support/memory-persistence.ts';

async function start(limits = {}) {
  const persistence = new MemoryPersistence();
  const documentId = newId();
  persistence.create(documentId);
  const server = await TestServer.start({ persistence, limits });
  return { persistence, documentId, server };
}

test('[CO-1] a page of another origin, or none, is refused before anything else', async () => {
  const { server, documentId, persistence } = await start();
  server.admit('li');
  const forged = server.connect('li', documentId, { origin: 'https://evil.test' });
  await until(() => forged.closes.length > 0);
  expect(forged.provider.wsconnected).toBe(false);
  expect(server.authorised).toBe(0);
  expect(persistence.loads).toBe(0);
  expect(server.collab.stats().connections).toBe(0);
});

test('[CO-1] leaves other paths alone', async () => {
  const { server } = await start();
  const request = { url: '/other', headers: {} };
  expect(server.collab.handleUpgrade(request as never, {} as never, Buffer.alloc(0))).toBe(false);
});

test('[CO-2] without a session, or without the right, the socket is closed for good and nothing is loaded', async () => {
  const { server, documentId, persistence } = await start();
  const nobody = server.connect(null, documentId);
  const stranger = server.connect('stranger', documentId);
  await until(() => nobody.closes.length > 0 && stranger.closes.length > 0);
  expect(nobody.closes).toEqual([closeCodes.noSession]);
  expect(stranger.closes).toEqual([closeCodes.forbidden]);
  await wait(250);
  expect(nobody.closes).toHaveLength(1);
  expect(persistence.loads).toBe(0);
});

test('[CO-2] authorise that fails closes for now; the client comes back', async () => {
  const { server, documentId } = await start();
  server.admit('li');
  let fail = true;
  server.beforeAuthorise = async () => {
    if (fail) throw new Error('database away');
  };
  const li = server.connect('li', documentId);
  await until(() => li.closes.includes(closeCodes.serverFailed));
  fail = false;
  await li.synced();
});

test('[CO-4] a document that is not there is said to be unknown', async () => {
  const { server } = await start();
  server.admit('li');
  const li = server.connect('li', newId());
  await until(() => li.closes.length > 0);
  expect(li.closes[0]).toBe(closeCodes.unknownDocument);
});

test('[CO-10] a reader sees everything and changes nothing', async () => {
  const { server, documentId } = await start();
  server.admit('li');
  server.admit('reader', { mode: 'read', role: 'member' });
  const li = await server.connect('li', documentId).synced();
  const reader = await server.connect('reader', documentId).synced();
  const notices: BoardNotice[] = [];
  attachNotices(reader.provider, (notice) => notices.push(notice));
  const saved: string[] = [];
  attachSaved(reader.provider, reader.doc).subscribe((state) => saved.push(state));
  await until(() => saved.at(-1) === 'saved');

  li.records.set('a', 1);
  await until(() => reader.records.get('a') === 1);
  reader.records.set('b', 2);
  await until(() => notices.length > 0);
  expect(notices).toContainEqual({ kind: 'read-only', reason: 'access' });
  await wait(250);
  expect(li.records.has('b')).toBe(false);
  // What was not taken is never called saved.
  expect(saved.at(-1)).toBe('saving');
});

test('[CO-10] what a reader did offline is refused as well, and not called saved', async () => {
  const { server, documentId, persistence } = await start();
  server.admit('reader', { mode: 'read' });
  const doc = new Y.Doc();
  doc.getMap('records').set('offline', 1);
  const reader = server.connect('reader', documentId, { doc });
  const saved: string[] = [];
  attachSaved(reader.provider, doc).subscribe((state) => saved.push(state));
  await reader.synced();
  await wait(150);
  expect(saved).not.toContain('saved');
  expect(persistence.of(documentId).rows).toHaveLength(0);
});

test('[CO-15] a revoked member with an open socket is cut within a second, and stays out', async () => {
  const { server, documentId } = await start();
  const access = server.admit('expert');
  server.admit('li', { consultId: access.consultId });
  const li = await server.connect('li', documentId).synced();
  const expert = await server.connect('expert', documentId).synced();
  server.people.delete('expert');
  const before = performance.now();
  server.collab.revoke({ userId: access.userId! });
  li.records.set('after', 'the cut');
  await until(() => expert.closes.length > 0);
  expect(performance.now() - before).toBeLessThan(1000);
  expect(expert.closes).toEqual([closeCodes.forbidden]);
  await wait(100);
  expect(expert.records.has('after')).toBe(false);
  expect(li.provider.wsconnected).toBe(true);
});

test('[CO-15] revoking matches invite and consult too, and nothing matches nobody', async () => {
  const { server, documentId } = await start();
  const consultId = newId();
  server.admit('li', { consultId });
  const invite = server.admit('patient', { consultId, userId: null, inviteId: newId() });
  const li = await server.connect('li', documentId).synced();
  const patient = await server.connect('patient', documentId).synced();
  server.collab.revoke({});
  server.collab.revoke({ inviteId: invite.inviteId!, consultId: newId() });
  await wait(50);
  expect([li.closes, patient.closes]).toEqual([[], []]);
  server.collab.revoke({ inviteId: invite.inviteId! });
  await until(() => patient.closes.length === 1);
  expect(li.closes).toEqual([]);
  server.collab.revoke({ consultId });
  await until(() => li.closes.length === 1);
});

test('[CO-15] a right that is revoked while it is being looked up does not let anyone in', async () => {
  const { server, documentId } = await start();
  const access = server.admit('expert');
  const door = gate();
  let asked = 0;
  // The first answer was read before the revocation and arrives after it.
  const stale = server.people.get('expert')!;
  server.beforeAuthorise = async () => {
    if (asked++ > 0) return;
    await door.pass();
    server.people.set('expert', stale);
    queueMicrotask(() => server.people.delete('expert'));
  };
  const expert = server.connect('expert', documentId);
  await until(() => door.waiting() === 1);
  server.people.delete('expert');
  server.collab.revoke({ userId: access.userId! });
  door.open();
  await until(() => expert.closes.length > 0);
  expect(expert.closes[0]).toBe(closeCodes.forbidden);
  expect(asked).toBe(2);
  expect(expert.provider.synced).toBe(false);
});

test('[CO-24] where news of access may have been missed, every right is looked up again', async () => {
  const { server, documentId } = await start();
  server.admit('stays');
  server.admit('gone');
  const stays = await server.connect('stays', documentId).synced();
  const gone = await server.connect('gone', documentId).synced();
  server.people.delete('gone');
  await followAccess({} as Services, server.collab, { topic: 'access', name: 'resync' });
  await until(() => gone.closes.length > 0);
  expect([gone.closes[0], stays.closes]).toEqual([closeCodes.forbidden, []]);
});

test('[CO-15] a re-check turns a writer into a reader and back without a new socket', async () => {
  const { server, documentId } = await start();
  const access = server.admit('expert');
  const expert = await server.connect('expert', documentId).synced();
  const notices: BoardNotice[] = [];
  attachNotices(expert.provider, (notice) => notices.push(notice));
  server.people.set('expert', { ...access, mode: 'read' });
  await server.collab.recheck({ consultId: access.consultId });
  await until(() => notices.length === 1);
  server.people.set('expert', access);
  await server.collab.recheck({ consultId: access.consultId });
  await until(() => notices.length === 2);
  expect(notices).toEqual([{ kind: 'read-only', reason: 'access' }, { kind: 'writable' }]);
  server.people.delete('expert');
  await server.collab.recheck({ consultId: access.consultId });
  await until(() => expert.closes.length === 1);
});

test('[CO-16] a closed board takes what was sent before, then only shows', async () => {
  const { server, documentId, persistence } = await start();
  server.admit('li');
  const li = await server.connect('li', documentId).synced();
  const notices: BoardNotice[] = [];
  attachNotices(li.provider, (notice) => notices.push(notice));
  li.records.set('last', 'line');
  await until(() => server.collab.stats().unsavedDocuments > 0 || persistence.of(documentId).rows.length > 0);
  await server.collab.closeDocument(documentId, 'read-only');
  expect(persistence.of(documentId).rows).toHaveLength(1);
  await until(() => notices.length > 0);
  expect(notices).toEqual([{ kind: 'read-only', reason: 'closed' }]);
  li.records.set('late', 'line');
  await until(() => notices.length > 1);
  const other = await server.connect('li', documentId).synced();
  expect(other.records.toJSON()).toEqual({ last: 'line' });
});

test('[CO-16] a board that was closed before it was loaded is only shown', async () => {
  const { server, documentId, persistence } = await start();
  persistence.of(documentId).closedAt = new Date();
  server.admit('li');
  const li = server.connect('li', documentId);
  const notices: BoardNotice[] = [];
  attachNotices(li.provider, (notice) => notices.push(notice));
  await li.synced();
  li.records.set('late', 'line');
  await until(() => notices.length > 0);
  await wait(100);
  expect(persistence.of(documentId).rows).toHaveLength(0);
});
