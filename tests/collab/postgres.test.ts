import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import { recordsOf } from '#lib/features/board/format.ts';
import { attachSaved } from '#lib/features/board/saved.ts';
import { readBoardLog, readLogPage, windowBetween } from '#lib/features/board/log.server.ts';
import { closeBoardDocument, openBoardDocument } from '#lib/features/board/store.server.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { DocumentKey, Persistence } from '../../server/collab/persistence.ts';
import { postgresPersistence } from '../../server/collab/postgres-persistence.ts';
import { openPool, type DatabasePool } from '../../server/db/pool.ts';
import { useDatabase } from '../support/database.ts';
import { silent } from '../support/silent.ts';
import { makeBoard } from './support/board.ts';
import { TestServer, contentOf, until } from './support/collab-server.ts';
import { MemoryPersistence } from './support/memory-persistence.ts';

const database = useDatabase();
let owner: postgres.Sql;
let app: DatabasePool;
let db: Database;

beforeAll(() => {
  owner = postgres(database.ownerUrl, { max: 1 });
  app = openPool({ url: database.appUrl, max: 4, log: silent });
  db = app.db;
});
afterAll(async () => {
  await app.end();
  await owner.end({ timeout: 2 });
});

const board = () => makeBoard(owner);

const row = (text: string, author = 'someone') => ({
  bytes: Buffer.from(text),
  author,
  at: new Date(1_700_000_000_123)
});
const texts = (updates: readonly Uint8Array[]): string[] =>
  updates.map((bytes) => Buffer.from(bytes).toString());

describe.each(['memory', 'postgres'] as const)('persistence in %s', (kind) => {
  let persistence: Persistence;
  let key: DocumentKey;
  beforeEach(async () => {
    if (kind === 'postgres') {
      key = await board();
      persistence = postgresPersistence(db);
      return;
    }
    const memory = new MemoryPersistence();
    key = { organisationId: newId(), consultId: newId(), documentId: newId() };
    memory.create(key.documentId);
    persistence = memory;
  });

  test('[CO-4] a document that is not there is null, a new one empty', async () => {
    expect(await persistence.load({ ...key, documentId: newId() })).toBeNull();
    expect(await persistence.load(key)).toEqual({
      snapshot: null,
      upTo: 0,
      updates: [],
      lastNumber: 0,
      closedAt: null
    });
  });

  test('[CO-5] rows are numbered without gaps and come back in order', async () => {
    expect(await persistence.append(key, [row('a'), row('b')])).toBe(2);
    expect(await persistence.append(key, [row('c')])).toBe(3);
    const stored = await persistence.load(key);
    expect([texts(stored!.updates), stored!.lastNumber]).toEqual([['a', 'b', 'c'], 3]);
    expect(texts(await persistence.since(key, 1, 2))).toEqual(['b']);
  });

  test('[CO-8] [BD-6] a snapshot stands for the rows up to it; an older one never replaces it', async () => {
    await persistence.append(key, [row('a'), row('b'), row('c')]);
    const at = new Date();
    await persistence.snapshot(key, { upTo: 2, state: Buffer.from('AB'), at });
    await persistence.snapshot(key, { upTo: 1, state: Buffer.from('A'), at });
    const stored = await persistence.load(key);
    expect(Buffer.from(stored!.snapshot!).toString()).toBe('AB');
    expect([stored!.upTo, texts(stored!.updates), stored!.lastNumber]).toEqual([2, ['c'], 3]);
    await persistence.snapshot(key, { upTo: 3, state: Buffer.from('ABC'), at });
    expect(await persistence.load(key)).toMatchObject({ upTo: 3, updates: [], lastNumber: 3 });
  });

  test('[CO-19] the log comes back the same after it was packed, and goes on', async () => {
    const long = Array.from({ length: 700 }, (_, i) => row(`row ${i} ${'x'.repeat(40)}`));
    await persistence.append(key, long);
    await persistence.seal(key, 650);
    await persistence.append(key, [row('late')]);
    await persistence.seal(key, 701);
    const all = [...texts(long.map(({ bytes }) => bytes)), 'late'];
    expect(texts(await persistence.since(key, 0, 1_000))).toEqual(all);
    expect(texts(await persistence.since(key, 498, 503))).toEqual(all.slice(498, 503));
    expect(texts(await persistence.since(key, 649, 1_000))).toEqual(all.slice(649));
    expect(await persistence.since(key, 701, 1_000)).toEqual([]);
    expect(await persistence.load(key)).toMatchObject({ lastNumber: 701 });
    expect(await persistence.append(key, [row('later')])).toBe(702);
  });

  test('[CO-18] appends from several processes at once get numbers of their own', async () => {
    const lasts = await Promise.all(
      Array.from({ length: 20 }, (_, i) => persistence.append(key, [row(`r${i}`)]))
    );
    expect([...lasts].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });
});

describe('boards in Postgres', () => {
  test('[BD-2] another organisation does not find the board, neither to read nor to write', async () => {
    const key = await board();
    const persistence = postgresPersistence(db);
    await persistence.append(key, [row('a')]);
    const other = { ...key, organisationId: newId() };
    expect(await persistence.load(other)).toBeNull();
    await expect(persistence.append(other, [row('b')])).rejects.toThrow();
    expect(await persistence.since(other, 0, 10)).toEqual([]);
    await expect(
      persistence.snapshot(other, { upTo: 1, state: Buffer.from('x'), at: new Date() })
    ).rejects.toThrow();
  });

  test('[BD-1] a consult has one board, however often it is opened', async () => {
    const key = await board();
    const [{ patient_id: patientId }] =
      (await owner`select patient_id from board_document where id = ${key.documentId}`) as unknown as [
        { patient_id: string }
      ];
    const consultId = newId();
    const open = () =>
      db.transaction(async (rows) => {
        await rows.execute(`select set_config('app.organisation', '${key.organisationId}', true)`);
        return openBoardDocument(rows, {
          organisationId: key.organisationId,
          consultId,
          patientId,
          first: row('first', 'system')
        });
      });
    const ids = await Promise.all([open(), open(), open()]);
    expect(new Set(ids).size).toBe(1);
    const stored = await postgresPersistence(db).load({ ...key, consultId, documentId: ids[0]! });
    expect(texts(stored!.updates)).toEqual(['first']);
  });

  test('[BD-6] a snapshot is packed; one of before snapshots were packed is read as it is', async () => {
    const key = await board();
    const persistence = postgresPersistence(db);
    const text = 'x'.repeat(10_000);
    await persistence.append(key, [row('a')]);
    await persistence.snapshot(key, { upTo: 1, state: Buffer.from(text), at: new Date() });
    const [stored] =
      await owner`select octet_length(state) as length from board_snapshot where document_id = ${key.documentId}`;
    expect(Number(stored!['length'])).toBeLessThan(1_000);
    expect(Buffer.from((await persistence.load(key))!.snapshot!).toString()).toBe(text);
    await owner`update board_snapshot set state = ${Buffer.from('AB')}, packed = false where document_id = ${key.documentId}`;
    expect(Buffer.from((await persistence.load(key))!.snapshot!).toString()).toBe('AB');
  });

  test('[BD-9] the log is read in pages and by time across what is packed; whoever packs at once makes one segment', async () => {
    const key = await board();
    const persistence = postgresPersistence(db);
    const start = 1_700_000_000_000;
    const rows = Array.from({ length: 600 }, (_, i) => ({
      ...row(`row ${i} ${'x'.repeat(20)}`, i % 2 ? 'a' : 'b'),
      at: new Date(start + i * 1_000)
    }));
    await persistence.append(key, rows);
    await Promise.all([persistence.seal(key, 550), persistence.seal(key, 550), persistence.seal(key, 550)]);
    const inTenant = <T>(work: (tx: Tx['rows']) => Promise<T>): Promise<T> =>
      db.transaction(async (tx) => {
        await tx.execute(`select set_config('app.organisation', '${key.organisationId}', true)`);
        return work(tx);
      });
    const [[segments], [left]] = await Promise.all([
      owner`select count(*)::int, max(last)::int as last from board_segment where document_id = ${key.documentId}`,
      owner`select count(*)::int from board_update where document_id = ${key.documentId}`
    ]);
    expect([segments, left]).toEqual([{ count: 2, last: 550 }, { count: 50 }]);
    await inTenant(async (tx) => {
      const whole = await readBoardLog(tx, key, 0);
      expect(
        whole.map(({ author, at, bytes }) => ({ author, at, text: String(Buffer.from(bytes)) }))
      ).toEqual(rows.map(({ author, at, bytes }) => ({ author, at, text: String(bytes) })));
      const numbers: number[] = [];
      for (let after: number | null = 10; after !== null;) {
        const page = await readLogPage(tx, key.documentId, { after, upTo: 590 });
        numbers.push(...page.updates.map(({ number }) => number));
        after = page.next;
      }
      expect(numbers).toEqual(Array.from({ length: 580 }, (_, i) => i + 11));
      const between = (from?: number, to?: number) =>
        windowBetween(tx, key.documentId, {
          from: from === undefined ? undefined : new Date(start + from * 1_000),
          to: to === undefined ? undefined : new Date(start + to * 1_000)
        });
      expect(await between()).toEqual({ after: 0, upTo: 600 });
      expect(await between(100, 520)).toEqual({ after: 100, upTo: 521 });
      expect(await between(510.5, 570)).toEqual({ after: 511, upTo: 571 });
      expect(await between(7, 8)).toEqual({ after: 7, upTo: 9 });
      expect(await between(1_000)).toBeNull();
    });
    // [BD-9] Nothing but what a segment holds can be taken from the log, and no segment be changed or taken away.
    const remove = (what: string) => inTenant((tx) => tx.execute(what));
    await remove(`delete from board_update where document_id = '${key.documentId}'`);
    await expect(
      remove(`delete from board_segment where document_id = '${key.documentId}'`)
    ).rejects.toThrow();
    await expect(
      remove(`update board_segment set bytes = '' where document_id = '${key.documentId}'`)
    ).rejects.toThrow();
    expect(await persistence.since(key, 0, 1_000)).toHaveLength(600);
  });

  test('[BD-4] closing says which document, keeps the first moment, and is loaded with it', async () => {
    const key = await board();
    const close = (at: Date) =>
      db.transaction(async (rows) => {
        await rows.execute(`select set_config('app.organisation', '${key.organisationId}', true)`);
        return closeBoardDocument(rows, key.consultId, at);
      });
    const first = new Date(1_700_000_000_000);
    expect(await close(first)).toBe(key.documentId);
    expect(await close(new Date())).toBe(key.documentId);
    expect((await postgresPersistence(db).load(key))!.closedAt).toEqual(first);
  });

  test('[CO-5] [CO-6] [CO-8] two clients, a stop and a new start: all of it is there, and who did it', async () => {
    const key = await board();
    const server = await TestServer.start({ persistence: postgresPersistence(db), limits: { idleMs: 20 } });
    const author = server.admit('li', key).userId;
    server.admit('wang', key);
    const li = await server.connect('li', key.documentId).synced();
    const wang = await server.connect('wang', key.documentId).synced();
    const states: string[] = [];
    attachSaved(li.provider, li.doc).subscribe((state) => states.push(state));
    const shape = new Y.Map<unknown>([['x', 1]]);
    li.records.set('shape:1', shape);
    await until(() => wang.records.has('shape:1') && states.at(-1) === 'saved');
    const log = await db.transaction(async (rows) => {
      await rows.execute(`select set_config('app.organisation', '${key.organisationId}', true)`);
      return readBoardLog(rows, key, 0);
    });
    expect(log.map((entry) => entry.author)).toEqual([author]);
    shape.set('x', 2);
    wang.records.set('shape:2', new Y.Map([['x', 3]]));
    await until(() => contentOf(li.doc) === contentOf(wang.doc));
    const content = contentOf(li.doc);
    await server.collab.close();
    server.restart();
    li.destroy();
    const late = await server.connect('wang', key.documentId).synced();
    await until(() => contentOf(late.doc) === content);
    const [snapshot] =
      await owner`select up_to, size from board_snapshot where document_id = ${key.documentId}`;
    expect(Number(snapshot!['up_to'])).toBeGreaterThan(0);
    expect(snapshot!['size']).toBe((await postgresPersistence(db).load(key))!.snapshot!.byteLength);
  });

  test('[CO-7] a database that goes away for a while costs nothing', async () => {
    const key = await board();
    const server = await TestServer.start({ persistence: postgresPersistence(db), limits: { retryMs: 20 } });
    server.admit('li', key);
    const li = await server.connect('li', key.documentId).synced();
    const states: string[] = [];
    attachSaved(li.provider, li.doc).subscribe((state) => states.push(state));
    await until(() => states.at(-1) === 'saved');
    for (let i = 0; i < 10; i++) {
      await owner`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = ${database.name} and usename <> current_user`;
      li.records.set(`k${i}`, i);
      await until(() => states.at(-1) === 'saved', 10_000);
    }
    await until(() => states.at(-1) === 'saved', 10_000);
    await server.collab.close();
    const stored = (await postgresPersistence(db).load(key))!;
    const read = new Y.Doc();
    if (stored.snapshot) Y.applyUpdate(read, stored.snapshot);
    expect(read.getMap('records').size).toBe(10);
  });
});

test('[BD-8] words and names on pins of an older board are taken off when it is loaded, once; the log keeps them', async () => {
  const key = await board();
  const words = '远中根尖低密度影';
  const old = new Y.Doc();
  old.transact(() => {
    const shape = (id: string, type: string, meta: object) =>
      recordsOf(old).set(
        id,
        new Y.Map<unknown>([
          ['id', id],
          ['typeName', 'shape'],
          ['type', type],
          ['props.number', 1],
          ['props.text', type === 'pin' ? words : '箭头'],
          ['meta', meta]
        ])
      );
    shape('shape:pin', 'pin', { by: 'u', byName: '李明', at: 't' });
    shape('shape:arrow', 'arrow', { by: 'u', byName: '李明', at: 't' });
  });
  const persistence = postgresPersistence(db);
  await persistence.append(key, [{ ...row(''), bytes: Y.encodeStateAsUpdate(old) }]);
  const whole = (updates: readonly Uint8Array[]) => {
    const doc = new Y.Doc();
    for (const update of updates) Y.applyUpdate(doc, update);
    return doc;
  };
  const loaded = (await persistence.load(key))!;
  const doc = whole(loaded.updates);
  expect(Buffer.from(Y.encodeStateAsUpdate(doc)).includes(words)).toBe(false);
  expect(recordsOf(doc).get('shape:pin')?.toJSON()).toEqual({
    id: 'shape:pin',
    typeName: 'shape',
    type: 'pin',
    'props.number': 1,
    meta: { by: 'u', at: 't' }
  });
  expect(recordsOf(doc).get('shape:arrow')?.get('props.text')).toBe('箭头');
  expect([loaded.lastNumber, (await persistence.load(key))!.lastNumber]).toEqual([2, 2]);
  expect(Buffer.from((await persistence.since(key, 0, 1))[0]!).includes(words)).toBe(true);
});
