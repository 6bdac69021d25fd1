import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import { attachNotices, attachSaved } from '#lib/features/board/saved.ts';
import { createRedisRelay } from '../../server/adapters/redis-relay.ts';
import { closeCodes } from '../../server/collab/close-codes.ts';
import type { Limits } from '../../server/collab/limits.ts';
import { encodeNews } from '../../server/collab/relay-messages.ts';
import { TestRedis } from '../support/redis.ts';
import { silent } from '../support/silent.ts';
import { type TestClient, TestServer, contentOf, gate, until } from './support/collab-server.ts';
import { MemoryPersistence } from './support/memory-persistence.ts';

/** How long Redis is away: seven minutes by `npm run prove:apart`. */
const apartSeconds = Number(process.env['APART_SECONDS'] ?? 0);

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

/** Nodes of one site: one disk, one Redis, the same people. */
async function site(count = 2, limits: Partial<Limits> = {}) {
  const persistence = new MemoryPersistence();
  const documentId = newId();
  persistence.create(documentId);
  const secret = randomBytes(32);
  const relay = () => createRedisRelay({ url: redis.url, secret, log: silent });
  const nodes: TestServer[] = [];
  for (let i = 0; i < count; i++)
    nodes.push(
      await TestServer.start({
        persistence,
        relay,
        // Slow to look for itself, so that what arrives has come by the relay.
        limits: { retryMs: 10, careMs: 60_000, beatMs: 50, nodeSilentMs: 400, ...limits }
      })
    );
  for (const name of ['li', 'wang', 'zhao']) {
    const access = nodes[0]!.admit(name);
    for (const node of nodes.slice(1)) node.people.set(name, access);
  }
  const numbered = persistence.of(documentId);
  return { nodes: nodes as [TestServer, TestServer, TestServer], documentId, persistence, numbered, secret };
}

function savedOf(client: TestClient): { now: () => string } {
  let now = '';
  attachSaved(client.provider, client.doc).subscribe((state) => (now = state));
  return { now: () => now };
}

function noticesOf(client: TestClient): string[] {
  const notices: string[] = [];
  attachNotices(client.provider, (notice) => notices.push(notice.kind));
  return notices;
}

const xOf = (client: TestClient, name: string): unknown =>
  [...client.provider.awareness.getStates().values()].find(
    (state) => (state['user'] as { name?: string } | undefined)?.name === name
  )?.['x'];

test('[CO-22] what is drawn on one node is seen on the others, each row once in the log and without gaps', async () => {
  const { nodes, documentId, numbered } = await site(3);
  const [li, wang, zhao] = await Promise.all(
    ['li', 'wang', 'zhao'].map((name, i) => nodes[i]!.connect(name, documentId).synced())
  );
  const shape = new Y.Map<unknown>([['x', 1]]);
  li!.records.set('shape', shape);
  await until(() => wang!.records.has('shape') && zhao!.records.has('shape'));
  // Each builds on what another node's client has just done.
  for (let x = 2; x < 12; x++) {
    const client = [li!, wang!, zhao!][x % 3]!;
    (client.records.get('shape') as Y.Map<unknown>).set('x', x);
    client.records.set(`k${x}`, x);
    if (x > 4) client.records.delete(`k${x - 3}`);
    await until(() =>
      [li!, wang!, zhao!].every((each) => (each.records.get('shape') as Y.Map<unknown>).get('x') === x)
    );
  }
  // And all at once.
  for (let i = 0; i < 60; i++)
    [li!, wang!, zhao!].forEach((client, who) => client.records.set(`s${i % 7}`, `${who} ${i}`));
  const alike = () =>
    contentOf(li!.doc) === contentOf(wang!.doc) && contentOf(wang!.doc) === contentOf(zhao!.doc);
  const disk = new Y.Doc();
  const isStored = (): boolean => {
    for (const row of numbered.rows) Y.applyUpdate(disk, row.bytes);
    return contentOf(disk) === contentOf(li!.doc);
  };
  await until(() => alike() && isStored());
  expect(disk.store.pendingStructs).toBeNull();
  expect(new Set(numbered.rows.map((row) => Buffer.from(row.bytes).toString('hex'))).size).toBe(
    numbered.rows.length
  );
});

test('[CO-22] what is not committed crosses to no node', async () => {
  const { nodes, documentId, persistence } = await site();
  const li = await nodes[0].connect('li', documentId).synced();
  const wang = await nodes[1].connect('wang', documentId).synced();
  const saved = savedOf(li);
  await until(() => saved.now() === 'saved');
  const door = gate();
  persistence.beforeAppend = door.pass;
  li.records.set('a', 1);
  await until(() => door.waiting() === 1);
  await wait(100);
  expect(wang.records.has('a')).toBe(false);
  persistence.beforeAppend = async () => {};
  door.open();
  await until(() => wang.records.has('a'));
});

test('[CO-22] a message too large for the relay goes by the log', async () => {
  const { nodes, documentId } = await site();
  const li = await nodes[0].connect('li', documentId).synced();
  const wang = await nodes[1].connect('wang', documentId).synced();
  li.records.set('large', new Uint8Array(400 * 1024));
  await until(() => wang.records.has('large'));
});

test('[CO-17] [CO-22] a node that is killed loses nothing it called saved; its people go on at another', async () => {
  const { nodes, documentId } = await site();
  const li = nodes[0].connect('li', documentId);
  const wang = await nodes[1].connect('wang', documentId).synced();
  const saved = savedOf(li);
  await until(() => saved.now() === 'saved');
  li.records.set('saved', 1);
  await until(() => saved.now() === 'saved');
  nodes[0].kill();
  nodes[0].people.clear();
  li.records.set('not sent', 1);
  const again = await nodes[1].connect('li', documentId, { doc: li.doc }).synced();
  await until(() => wang.records.has('not sent'));
  expect(wang.records.toJSON()).toEqual({ saved: 1, 'not sent': 1 });
  expect(again.closes).toEqual([]);
});

test('[CO-23] people on other nodes are seen, and gone when they leave, when their node stops and when it dies', async () => {
  const { nodes, documentId } = await site(3);
  const [wang, li, zhao] = ['wang', 'li', 'zhao'].map((name, i) => nodes[i]!.connect(name, documentId));
  await Promise.all([wang!, li!, zhao!].map((client) => client.synced()));
  li!.provider.awareness.setLocalState({ x: 1, user: { name: 'somebody else' } });
  zhao!.provider.awareness.setLocalState({ x: 2 });
  await until(() => xOf(wang!, 'li') === 1 && xOf(wang!, 'zhao') === 2);
  li!.provider.awareness.setLocalStateField('x', 3);
  await until(() => xOf(wang!, 'li') === 3);
  // Who comes later is told of all.
  const late = await nodes[0].connect('wang', documentId).synced();
  await until(() => xOf(late, 'li') === 3 && xOf(late, 'zhao') === 2);
  li!.provider.disconnect();
  await until(() => xOf(wang!, 'li') === undefined);
  li!.provider.connect();
  li!.provider.awareness.setLocalState({ x: 4 });
  await until(() => xOf(wang!, 'li') === 4);
  nodes[1].people.clear();
  await nodes[1].collab.close();
  await until(() => xOf(wang!, 'li') === undefined);
  nodes[2].people.clear();
  nodes[2].kill();
  await until(() => xOf(wang!, 'zhao') === undefined);
});

test('[CO-23] who moves to another node with the same client is seen on, and the old end does not hide them', async () => {
  const { nodes, documentId } = await site(3);
  const wang = await nodes[0].connect('wang', documentId).synced();
  const li = await nodes[1].connect('li', documentId).synced();
  li.provider.awareness.setLocalState({ x: 1 });
  await until(() => xOf(wang, 'li') === 1);
  const gone: number[] = [];
  wang.provider.awareness.on('change', ({ removed }: { removed: number[] }) => gone.push(...removed));
  // The new socket is there before the old one is known to be dead.
  const moved = nodes[2].connect('li', documentId, { doc: li.doc });
  moved.provider.awareness.setLocalState({ x: 2 });
  await until(() => xOf(wang, 'li') === 2);
  li.provider.disconnect();
  await wait(200);
  moved.provider.awareness.setLocalStateField('x', 3);
  await until(() => xOf(wang, 'li') === 3);
  expect(gone).toEqual([]);
});

test('[CO-24] a right taken away, changed or closed on one node holds on all', async () => {
  const { nodes, documentId, numbered } = await site();
  const li = await nodes[1].connect('li', documentId).synced();
  const wang = await nodes[1].connect('wang', documentId).synced();
  const zhao = await nodes[1].connect('zhao', documentId).synced();
  const { userId } = nodes[1].people.get('li')!;
  nodes[1].people.delete('li');
  nodes[0].collab.revoke({ userId: userId! });
  await until(() => li.closes.length > 0);
  expect(li.closes[0]).toBe(closeCodes.forbidden);

  const notices = noticesOf(wang);
  const access = nodes[1].people.get('wang')!;
  nodes[1].people.set('wang', { ...access, mode: 'read' });
  await nodes[0].collab.recheck({ consultId: access.consultId });
  await until(() => notices.includes('read-only'));

  const closed = noticesOf(zhao);
  await nodes[0].collab.closeDocument(documentId, 'read-only');
  await until(() => closed.includes('read-only'));
  zhao.records.set('late', 1);
  await wait(50);
  expect(numbered.rows).toHaveLength(0);
});

test('[CO-24] a right taken away while Redis was gone ends when the nodes hear each other again', async () => {
  onTestFinished(() => redis.start());
  const { nodes, li, wang } = await apart(() => redis.kill());
  nodes[1].people.delete('wang');
  nodes[0].collab.revoke({ userId: nodes[0].people.get('wang')!.userId! });
  await redis.start();
  await until(() => wang.closes.includes(closeCodes.forbidden));
  expect(li.closes).toEqual([]);
});

/** Two people on two nodes whose Redis has just gone, in the way of `take`. */
async function apart(take: () => Promise<void> | void, limits: Partial<Limits> = {}) {
  const made = await site(2, limits);
  const { nodes, documentId } = made;
  const li = await nodes[0].connect('li', documentId).synced();
  const wang = await nodes[1].connect('wang', documentId).synced();
  const saved = { li: savedOf(li), wang: savedOf(wang) };
  const notices = { li: noticesOf(li), wang: noticesOf(wang) };
  li.records.set('together', 1);
  li.provider.awareness.setLocalState({ x: 1 });
  await until(() => wang.records.has('together') && xOf(wang, 'li') === 1);
  await take();
  await until(() => notices.li.includes('relay-lost') && notices.wang.includes('relay-lost'));
  return { ...made, li, wang, saved, notices };
}

test.each([
  ['is killed and started again', () => redis.kill(), () => redis.start()],
  ['hangs and goes on', () => redis.hold(), () => redis.goOn()]
])(
  '[CO-25] Redis %s: work goes on and is saved, people are told, all converge when it is back',
  async (_, take, give) => {
    onTestFinished(async () => {
      redis.goOn();
      await redis.start();
    });
    const { nodes, documentId, li, wang, saved, notices } = await apart(take);
    li.records.set('li', 1);
    li.records.delete('together');
    expect(saved.li.now()).toBe('saving');
    await until(() => saved.li.now() === 'saved');
    // Not before: a node whose row comes second reads the other's first.
    wang.records.set('wang', 1);
    await until(() => saved.wang.now() === 'saved');
    expect([li.records.has('wang'), xOf(wang, 'li')]).toEqual([false, undefined]);
    // Who comes now gets in, and is told.
    const zhao = nodes[0].connect('zhao', documentId);
    const told = noticesOf(zhao);
    await until(() => told.includes('relay-lost') && zhao.records.has('li'));
    for (let second = 0; second < apartSeconds; second++) {
      for (const [client, name] of [
        [li, 'li'],
        [wang, 'wang']
      ] as const)
        client.records.set(`${name} ${second % 50}`, second);
      await until(() => saved.li.now() === 'saved' && saved.wang.now() === 'saved');
      await wait(1_000);
    }
    await give();
    await until(() =>
      [li, wang, zhao].every((client) => client.records.has('li') && client.records.has('wang'))
    );
    await until(() => notices.li.includes('relay-back') && notices.wang.includes('relay-back'));
    expect(contentOf(li.doc)).toBe(contentOf(wang.doc));
    await until(() => xOf(wang, 'li') === 1);
    li.records.set('again', 1);
    await until(() => wang.records.has('again'));
  },
  30_000 + apartSeconds * 3_000
);

test('[CO-25] while Redis is away each node looks into the log, so that changes arrive late but do', async () => {
  onTestFinished(() => redis.start());
  const { li, wang } = await apart(() => redis.kill(), { careMs: 40 });
  li.records.set('li', 1);
  await until(() => wang.records.has('li'));
});

test('[CO-25] a break too short to be told of leaves nothing missing', async () => {
  const { nodes, documentId } = await site(2, { nodeSilentMs: 60_000 });
  const li = await nodes[0].connect('li', documentId).synced();
  const wang = await nodes[1].connect('wang', documentId).synced();
  const saved = savedOf(li);
  const notices = noticesOf(wang);
  await until(() => saved.now() === 'saved');
  await redis.kill();
  li.records.set('meanwhile', 1);
  await until(() => saved.now() === 'saved');
  await redis.start();
  await until(() => wang.records.has('meanwhile'));
  expect(notices).toEqual([]);
});

test('[CO-26] Redis sees nothing of what is drawn, and whoever writes there is not believed', async () => {
  const { nodes, documentId, numbered } = await site();
  const spy = createClient({ url: redis.url });
  await spy.connect();
  onTestFinished(() => spy.destroy());
  const seen: Buffer[] = [];
  await spy.pSubscribe('*', (message) => seen.push(message), true);
  const li = await nodes[0].connect('li', documentId).synced();
  const wang = await nodes[1].connect('wang', documentId).synced();
  li.records.set('secret finding', '远中根尖低密度影');
  li.provider.awareness.setLocalState({ x: 1, note: 'secret finding' });
  await until(() => wang.records.has('secret finding') && xOf(wang, 'li') === 1);
  expect(seen.length).toBeGreaterThan(2);
  const all = Buffer.concat(seen);
  for (const word of ['secret finding', '低密度影', 'person-li']) expect(all.includes(word)).toBe(false);

  // Another site on the same Redis, or somebody who got in there.
  const stranger = createRedisRelay({ url: redis.url, secret: randomBytes(32), log: silent });
  onTestFinished(() => stranger.close());
  const channel = await stranger.open(`document:${documentId}`, () => {});
  await until(() => nodes[0].collab.stats().unsavedBytes === 0);
  const forged = new Y.Doc();
  forged.getMap('records').set('forged', 1);
  const update = Y.encodeStateAsUpdate(forged);
  channel.publish(encodeNews({ kind: 'rows', first: numbered.rows.length + 1, updates: [update] }));
  // A message of our own, sent again on another document's channel, or cut, is none either.
  for (const message of seen.slice(-3))
    await spy
      .duplicate()
      .connect()
      .then(async (other) => {
        await other.publish(`consilium:document:${documentId}`, message.subarray(0, -1));
        other.destroy();
      });
  li.records.set('after', 1);
  await until(() => wang.records.has('after'));
  expect(wang.records.has('forged')).toBe(false);
});
