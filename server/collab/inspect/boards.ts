import { eq, inArray, or } from 'drizzle-orm';
import { readBoardLog } from '#lib/features/board/log.server.ts';
import { appendBoardUpdates, stateOf, type BoardKey } from '#lib/features/board/store.server.ts';
import { boardDocuments, boardSnapshots } from '#lib/features/board/tables.server.ts';
import { consults } from '#lib/features/consults/tables.server.ts';
import { users } from '#lib/features/identity/tables.server.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { systemClock } from '#lib/kernel/clock.ts';
import { isId, newId } from '#lib/kernel/ids.ts';
import { createInspect } from '../board-access.ts';
import { type DocumentReport, reportOn } from './report.ts';
import { type BoardFile, RefusedBoard, judgeLog, newDocumentKey } from './transfer.ts';

export interface FoundBoard extends BoardKey {
  patientId: string;
  closedAt: Date | null;
}

/** The board with this id, or of the consult with this id; null: none. */
export async function findBoard(db: Database, id: string): Promise<FoundBoard | null> {
  if (!isId(id)) return null;
  const [row] = await db
    .select()
    .from(boardDocuments)
    .where(or(eq(boardDocuments.id, id), eq(boardDocuments.consultId, id)));
  if (!row) return null;
  const { organisationId, consultId, patientId, closedAt } = row;
  return { organisationId, consultId, patientId, closedAt, documentId: row.id };
}

/** `db` must see every organisation's rows. */
export async function inspectBoard(db: Database, board: FoundBoard): Promise<DocumentReport> {
  return db.transaction(async (rows) => {
    const [snapshot] = await rows
      .select({ upTo: boardSnapshots.upTo, state: boardSnapshots.state, packed: boardSnapshots.packed })
      .from(boardSnapshots)
      .where(eq(boardSnapshots.documentId, board.documentId));
    const state = snapshot && { upTo: snapshot.upTo, state: await stateOf(snapshot) };
    return reportOn(await readBoardLog(rows, board, 0), state ?? null);
  });
}

export async function namesOf(db: Database, ids: readonly string[]): Promise<Record<string, string>> {
  const known = ids.filter(isId);
  if (known.length === 0) return {};
  const found = await db
    .select({ id: users.id, name: users.name })
    .from(users)
    .where(inArray(users.id, known));
  return Object.fromEntries(found.map(({ id, name }) => [id, name]));
}

/** The whole board, to be written to a file; in the trail of the organisation that owns it. */
export async function exportBoard(
  db: Database,
  board: FoundBoard
): Promise<Omit<BoardFile, 'format' | 'version'>> {
  return asSystem(db, board.organisationId, async (tx) => {
    const log = await readBoardLog(tx.rows, board, 0);
    await audit(tx, 'board.export', board, log.length);
    const people = await namesOf(db, [...new Set(log.map((row) => row.author))]);
    const { documentId, consultId } = board;
    return {
      documentId,
      consultId,
      people,
      log: log.map(({ author, at, bytes }) => ({ author, at, bytes }))
    };
  });
}

/**
 * Lay a file's board on a consult that has none, or an empty one: all of it or nothing, judged as if each author wrote
 * it now at this consult, with its authors and times.
 *
 * @param id a consult, or an empty board
 * @returns the document's id
 * @throws RefusedBoard where there is something already, or the content is refused
 */
export async function importBoard(db: Database, id: string, file: BoardFile): Promise<string> {
  const board = await findBoard(db, id);
  const [consult] = isId(id) ? await db.select().from(consults).where(eq(consults.id, id)) : [];
  if (!board && !consult) throw new RefusedBoard('there is no consult and no board with this id');
  const key = board ?? newDocumentKey(consult!);
  await judgeLog(file, key, createInspect({ db, clock: systemClock }));
  return asSystem(db, key.organisationId, async (tx) => {
    const patientId = board?.patientId ?? consult!.patientId;
    const { organisationId, consultId } = key;
    if (!board)
      await tx.rows
        .insert(boardDocuments)
        .values({ id: key.documentId, organisationId, consultId, patientId })
        .onConflictDoNothing();
    const [row] = await tx.rows
      .select({ last: boardDocuments.lastNumber, closedAt: boardDocuments.closedAt })
      .from(boardDocuments)
      .where(eq(boardDocuments.id, key.documentId))
      .for('update');
    if (!row || row.last > 0)
      throw new RefusedBoard('something lies on this board already; nothing was changed');
    if (row.closedAt) throw new RefusedBoard('this board is closed');
    for (let at = 0; at < file.log.length; at += rowsAtOnce)
      await appendBoardUpdates(tx.rows, key, file.log.slice(at, at + rowsAtOnce));
    await audit(tx, 'board.import', { ...key, patientId }, file.log.length);
    return key.documentId;
  });
}

/** A statement holds 65,535 values; a row has seven. */
const rowsAtOnce = 1_000;

function asSystem<T>(db: Database, organisationId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const actor = { kind: 'system' as const, organisationId, reason: 'collab:inspect' };
  return inTransaction({ db, clock: systemClock, actor, request: { id: newId(), ip: 'local' } }, work);
}

function audit(
  tx: Tx,
  action: string,
  board: BoardKey & { patientId: string },
  updates: number
): Promise<void> {
  const { documentId, consultId, patientId } = board;
  return tx.audit({
    action,
    subject: { type: 'board', id: documentId },
    patientId,
    consultId,
    detail: { updates }
  });
}
