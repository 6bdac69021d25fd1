import { and, eq, lte, sql } from 'drizzle-orm';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { newId } from '#lib/kernel/ids.ts';
import { readBoardLog } from './log.server.ts';
import { pack, unpack } from './pack.server.ts';
import { boardDocuments, boardSnapshots } from './tables.server.ts';

/** Rows of a board. Callers have checked access; row-level security has the last word. */
type Rows = Tx['rows'];

/** Which document, and whose: enough to write its rows. */
export interface BoardKey {
  organisationId: string;
  documentId: string;
  consultId: string;
}

export interface BoardUpdate {
  /** A Yjs update, encoding version 1. */
  bytes: Uint8Array;
  /** User or invite id, or `system`. */
  author: string;
  at: Date;
}

/** One step of a board's making, as the log has it. */
export type LoggedUpdate = BoardUpdate & { number: number };

export interface StoredBoard {
  /** The whole state up to `upTo`; null where the log alone holds it. */
  snapshot: Uint8Array | null;
  upTo: number;
  /** What came after `upTo`, in order. */
  updates: Uint8Array[];
  /** Number of the newest row read, `upTo` where there is none after it. */
  lastNumber: number;
  closedAt: Date | null;
}

/**
 * [BD-1] The board of a consult, made where there is none yet. `first` is what lies on a new board: a Yjs
 * update, kept as the work of `author`. Calling it twice, or from two transactions at once, makes one board.
 *
 * @returns the document's id
 */
export async function openBoardDocument(
  rows: Rows,
  board: { organisationId: string; consultId: string; patientId: string; first?: BoardUpdate }
): Promise<string> {
  const { first, ...columns } = board;
  const documentId = newId();
  const made = await rows
    .insert(boardDocuments)
    .values({ ...columns, id: documentId })
    .onConflictDoNothing({ target: [boardDocuments.organisationId, boardDocuments.consultId] })
    .returning({ id: boardDocuments.id });
  if (made.length > 0) {
    if (first) await appendBoardUpdates(rows, { ...columns, documentId }, [first]);
    return documentId;
  }
  const found = await rows
    .select({ id: boardDocuments.id })
    .from(boardDocuments)
    .where(
      and(
        eq(boardDocuments.organisationId, board.organisationId),
        eq(boardDocuments.consultId, board.consultId)
      )
    );
  // The conflict waited for the other transaction's commit, so the row is there to be read.
  if (!found[0]) throw new Error('board_document: conflict without a row');
  return found[0].id;
}

/** [BD-4] From now on the board of this consult is read only. @returns its document's id, null where none is open */
export async function closeBoardDocument(rows: Rows, consultId: string, at: Date): Promise<string | null> {
  const closed = await rows
    .update(boardDocuments)
    .set({ closedAt: sql`coalesce(${boardDocuments.closedAt}, ${at.toISOString()}::timestamptz)` })
    .where(eq(boardDocuments.consultId, consultId))
    .returning({ id: boardDocuments.id });
  return closed[0]?.id ?? null;
}

/** Everything that makes up a document now; null where there is no such document. */
export async function readBoard(rows: Rows, key: BoardKey): Promise<StoredBoard | null> {
  const heads = await rows
    .select({
      closedAt: boardDocuments.closedAt,
      snapshot: boardSnapshots.state,
      packed: boardSnapshots.packed,
      upTo: boardSnapshots.upTo
    })
    .from(boardDocuments)
    .leftJoin(
      boardSnapshots,
      and(
        eq(boardSnapshots.organisationId, boardDocuments.organisationId),
        eq(boardSnapshots.documentId, boardDocuments.id)
      )
    )
    .where(and(eq(boardDocuments.organisationId, key.organisationId), eq(boardDocuments.id, key.documentId)));
  const head = heads[0];
  if (!head) return null;
  const upTo = head.upTo ?? 0;
  const log = await readBoardLog(rows, key, upTo);
  return {
    snapshot: head.snapshot && (await stateOf({ state: head.snapshot, packed: head.packed === true })),
    upTo,
    updates: log.map((row) => row.bytes),
    lastNumber: log.at(-1)?.number ?? upTo,
    closedAt: head.closedAt
  };
}

/**
 * [BD-5] Append to the log, all in one statement. Takes the document's row lock until the transaction ends,
 * so numbers follow commit order: who has seen number n has seen, or can see, all before it.
 *
 * @param as `collab_append`: `rows` is no transaction and has no tenant yet; the statement is both
 * @returns number of the last row written; the first is `last - updates.length + 1`
 */
export async function appendBoardUpdates(
  rows: Pick<Rows, 'execute'>,
  key: BoardKey,
  updates: readonly BoardUpdate[],
  as: 'board_append' | 'collab_append' = 'board_append'
): Promise<number> {
  const json = JSON.stringify(
    updates.map(({ author, at, bytes }) => ({
      author,
      at,
      bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    }))
  );
  const { organisationId, documentId, consultId } = key;
  const { rows: written } = await rows.execute<{ last: string }>(
    sql`select ${sql.raw(as)}(${organisationId}::uuid, ${documentId}::uuid, ${consultId}::uuid, ${json}::text::jsonb) as last`
  );
  return Number(written[0]?.last);
}

/** What a snapshot's row holds. */
export async function stateOf({
  state,
  packed
}: {
  state: Uint8Array;
  packed: boolean;
}): Promise<Uint8Array> {
  return packed ? unpack(state) : state;
}

/** [BD-6] Keep `state` as the newest snapshot, unless one that reaches further is already there. */
export async function writeBoardSnapshot(
  rows: Rows,
  key: BoardKey,
  snapshot: { upTo: number; state: Uint8Array; at: Date }
): Promise<void> {
  const size = snapshot.state.byteLength;
  const columns = { ...snapshot, state: await pack(snapshot.state), packed: true, size };
  await rows
    .insert(boardSnapshots)
    .values({ ...key, ...columns })
    .onConflictDoUpdate({
      target: [boardSnapshots.organisationId, boardSnapshots.documentId],
      set: columns,
      setWhere: lte(boardSnapshots.upTo, snapshot.upTo)
    });
}
