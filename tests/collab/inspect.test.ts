import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Y from 'yjs';
import { createRecord, recordsOf } from '#lib/features/board/format.ts';
import { initialBoard } from '#lib/features/board/initial.ts';
import { newId } from '#lib/kernel/ids.ts';
import { exportBoard, findBoard, importBoard, inspectBoard } from '../../server/collab/inspect/boards.ts';
import { docOf } from '../../server/collab/inspect/report.ts';
import { readBoardFile, writeBoardFile } from '../../server/collab/inspect/transfer.ts';
import type { DocumentKey, LogRow } from '../../server/collab/persistence.ts';
import { postgresPersistence } from '../../server/collab/postgres-persistence.ts';
import { repositoryRoot } from '../../server/config.ts';
import { openPool, type DatabasePool } from '../../server/db/pool.ts';
import { useDatabase } from '../support/database.ts';
import { silent } from '../support/silent.ts';
import { makeBoard } from './support/board.ts';

const database = useDatabase();
let owner: postgres.Sql;
let pool: DatabasePool;
let folder: string;
beforeAll(async () => {
  owner = postgres(database.ownerUrl, { max: 1 });
  // As the command: with the eyes of the tables' owner.
  pool = openPool({ url: database.ownerUrl, max: 2, log: silent });
  folder = await mkdtemp(join(tmpdir(), 'consilium-board-'));
});
afterAll(async () => {
  await Promise.all([pool.end(), owner.end({ timeout: 2 }), rm(folder, { recursive: true, force: true })]);
});

const [li, wang] = [newId(), newId()];
const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 9, minute));

/** A chart laid out by the system; li draws two arrows, wang moves one, li erases the other. */
function drawn(): LogRow[] {
  const doc = new Y.Doc();
  const author = { by: 'system', byName: '', at: at(0).toISOString() };
  const first = initialBoard({ images: [], withChart: true, author });
  Y.applyUpdate(doc, first);
  const rows: LogRow[] = [{ bytes: first, author: 'system', at: at(0) }];
  const step = (who: string, minute: number, work: () => void): void => {
    doc.once('update', (bytes: Uint8Array) => rows.push({ bytes, author: who, at: at(minute) }));
    doc.transact(work);
  };
  const records = recordsOf(doc);
  step(li, 1, () => {
    for (const id of ['shape:a', 'shape:b'])
      createRecord(records, { id, typeName: 'shape', type: 'arrow', x: 1, y: 1, props: { text: '近中' } });
  });
  step(wang, 2, () => records.get('shape:a')!.set('x', 50));
  step(li, 3, () => records.delete('shape:b'));
  return rows;
}

async function boardWith(rows: readonly LogRow[]): Promise<DocumentKey> {
  const key = await makeBoard(owner);
  if (rows.length > 0) await postgresPersistence(pool.db).append(key, rows);
  return key;
}

const trail = async ({ organisationId }: DocumentKey) =>
  (
    await owner`select action, patient_id is not null as patient, detail from audit_event
                 where organisation_id = ${organisationId} order by number`
  ).map((row) => [row['action'], row['patient'], row['detail']]);

async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const main = join(repositoryRoot, 'server', 'collab', 'inspect', 'main.ts');
  const env = { ...process.env, DATABASE_URL: database.ownerUrl };
  return promisify(execFile)(process.execPath, [main, ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout,
      err: error.stderr
    })
  );
}

test('[CO-27] a board is told by size, authors, records, tombstones and snapshot, by its own or its consult\u2019s id', async () => {
  const rows = drawn();
  const key = await boardWith(rows);
  const state = Y.encodeStateAsUpdate(docOf(rows.slice(0, 3).map((row) => row.bytes)));
  await postgresPersistence(pool.db).snapshot(key, { upTo: 3, state, at: at(2) });
  const board = (await findBoard(pool.db, key.consultId))!;
  expect(await findBoard(pool.db, key.documentId)).toEqual(board);
  const report = await inspectBoard(pool.db, board);
  expect(report).toMatchObject({
    updates: 4,
    logBytes: rows.reduce((sum, row) => sum + row.bytes.byteLength, 0),
    snapshot: { upTo: 3, bytes: state.byteLength },
    clients: 2,
    records: { document: 1, page: 1, 'shape:arrow': 1 },
    pending: false,
    agrees: true
  });
  expect(report.tombstones).toBeGreaterThan(5);
  expect(report.authors.find((author) => author.id === li)).toMatchObject({
    updates: 2,
    first: at(1),
    last: at(3)
  });
  expect(await trail(key)).toEqual([]);
});

test('[CO-27] a lost row and a snapshot that says something else are found', async () => {
  const rows = drawn();
  const lost = await boardWith(rows);
  await owner`delete from board_update where document_id = ${lost.documentId} and number = 2`;
  expect(await inspectBoard(pool.db, (await findBoard(pool.db, lost.documentId))!)).toMatchObject({
    pending: true
  });
  const wrong = await boardWith(rows);
  const state = Y.encodeStateAsUpdate(docOf([rows[0]!.bytes]));
  await postgresPersistence(pool.db).snapshot(wrong, { upTo: 4, state, at: at(4) });
  expect((await inspectBoard(pool.db, (await findBoard(pool.db, wrong.documentId))!)).agrees).toBe(false);
});

test('[CO-28] a board comes back from its file whole: who did what when, also what was erased; the trail says so', async () => {
  const rows = drawn();
  const from = await boardWith(rows);
  const text = writeBoardFile(await exportBoard(pool.db, (await findBoard(pool.db, from.documentId))!));
  const to = await boardWith([]);
  expect(await importBoard(pool.db, to.documentId, readBoardFile(text))).toBe(to.documentId);
  const kept = await owner`select author, at, bytes from board_update
                            where document_id = ${to.documentId} order by number`;
  expect(kept.map((row) => [row['author'], row['at'], Buffer.from(row['bytes'] as Uint8Array)])).toEqual(
    rows.map((row) => [row.author, row.at, Buffer.from(row.bytes)])
  );
  expect(await trail(from)).toEqual([['board.export', true, { updates: 4 }]]);
  expect(await trail(to)).toEqual([['board.import', true, { updates: 4 }]]);
});

test('[CO-28] nothing is written over, and a closed board stays as it is', async () => {
  const from = await boardWith(drawn());
  const file = await exportBoard(pool.db, (await findBoard(pool.db, from.documentId))!);
  const other = await boardWith(drawn().slice(0, 1));
  const whole = readBoardFile(writeBoardFile(file));
  await expect(importBoard(pool.db, other.documentId, whole)).rejects.toThrow(
    'something lies on this board already'
  );
  expect((await inspectBoard(pool.db, (await findBoard(pool.db, other.documentId))!)).updates).toBe(1);
  const closed = await boardWith([]);
  await owner`update board_document set closed_at = now() where id = ${closed.documentId}`;
  await expect(importBoard(pool.db, closed.documentId, whole)).rejects.toThrow('closed');
  await expect(importBoard(pool.db, newId(), whole)).rejects.toThrow('no consult and no board');
});

test('[CO-28] what the server would refuse from a socket it refuses from a file: all of it', async () => {
  const forged = async (change: (doc: Y.Doc) => void) => {
    const rows = drawn();
    const doc = docOf(rows.map((row) => row.bytes));
    doc.on('update', (bytes: Uint8Array) => rows.push({ bytes, author: li, at: at(9) }));
    change(doc);
    const to = await boardWith([]);
    const file = { documentId: newId(), consultId: newId(), people: {}, log: rows };
    const refused = await importBoard(pool.db, to.documentId, readBoardFile(writeBoardFile(file))).catch(
      (error: Error) => error.message
    );
    const [{ count }] = (await owner`select count(*)::int as count from board_update
                                      where document_id = ${to.documentId}`) as unknown as [
      { count: number }
    ];
    return [refused, count];
  };
  const xray = { id: 'shape:x', typeName: 'shape', type: 'xray', props: { imageId: newId() } };
  expect(await forged((doc) => createRecord(recordsOf(doc), xray))).toEqual([
    'row 5 of the log was refused: foreign-image',
    0
  ]);
  expect(await forged((doc) => doc.getMap('other').set('a', 1))).toEqual([
    'row 5 of the log was refused: unknown-content',
    0
  ]);
  const rows = drawn();
  const torn = { documentId: newId(), consultId: newId(), people: {}, log: [rows[0]!, rows[2]!] };
  const to = await boardWith([]);
  await expect(importBoard(pool.db, to.documentId, readBoardFile(writeBoardFile(torn)))).rejects.toThrow(
    'row 2 of the log was refused: incomplete'
  );
  expect(() => readBoardFile('{"format":"consilium-board","version":2}')).toThrow();
});

test('[CO-27] [CO-28] the command', async () => {
  const from = await boardWith(drawn());
  const file = join(folder, 'board.json');
  const [told, exported] = [await command(from.consultId), await command(from.documentId, '--export', file)];
  expect([told.code, told.out]).toEqual([0, expect.stringContaining('shape:arrow 1')]);
  expect(exported.code).toBe(0);
  expect(readBoardFile(await readFile(file, 'utf8')).log).toHaveLength(4);
  expect(await command(from.documentId, '--import', file)).toMatchObject({
    code: 2,
    err: expect.stringContaining('Not imported: something lies on this board already') as string
  });
});
