import { and, asc, eq, gt, gte, lte, max, min, sql } from 'drizzle-orm';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { BoardUpdate } from './store.server.ts';
import { boardUpdates } from './tables.server.ts';

/** One step of a board's making, as the log has it. */
export type LoggedUpdate = BoardUpdate & { number: number };

export interface LogWindow {
  /** Rows with `after` < number ≤ `upTo`. */
  after: number;
  upTo: number;
}

export interface LogPage {
  /** In the order in which they became part of the board. */
  updates: LoggedUpdate[];
  /** `after` of the next page; null: the window ends here. */
  next: number | null;
}

const pageRows = 500;
const pageBytes = 1024 * 1024;

/**
 * The rows received from `from` to `to`, as a window of numbers. The clocks of several servers differ and a save can
 * be late, so times do not strictly follow numbers: the window is the shortest one without a hole that has them all.
 *
 * @returns null where no row was received then
 */
export async function windowBetween(
  rows: Tx['rows'],
  documentId: string,
  { from, to }: { from?: Date | undefined; to?: Date | undefined }
): Promise<LogWindow | null> {
  const [found] = await rows
    .select({ first: min(boardUpdates.number), last: max(boardUpdates.number) })
    .from(boardUpdates)
    .where(
      and(
        eq(boardUpdates.documentId, documentId),
        from && gte(boardUpdates.at, from),
        to && lte(boardUpdates.at, to)
      )
    );
  if (!found || found.first === null || found.last === null) return null;
  return { after: found.first - 1, upTo: found.last };
}

/** One page of a window: at most 500 rows and, unless one row alone is larger, 1 MiB of updates. */
export async function readLogPage(
  rows: Tx['rows'],
  documentId: string,
  { after, upTo }: LogWindow
): Promise<LogPage> {
  const page = rows.$with('page').as(
    rows
      .select({
        number: boardUpdates.number,
        author: boardUpdates.author,
        at: boardUpdates.at,
        bytes: boardUpdates.bytes,
        // Of the rows before it on the page. The length of a stored value is known without reading the value.
        before:
          sql<number>`sum(octet_length(${boardUpdates.bytes})) over (order by ${boardUpdates.number}) - octet_length(${boardUpdates.bytes})`
            .mapWith(Number)
            .as('before')
      })
      .from(boardUpdates)
      .where(
        and(
          eq(boardUpdates.documentId, documentId),
          gt(boardUpdates.number, after),
          lte(boardUpdates.number, upTo)
        )
      )
      .orderBy(asc(boardUpdates.number))
      .limit(pageRows)
  );
  const updates = await rows
    .with(page)
    .select({ number: page.number, author: page.author, at: page.at, bytes: page.bytes })
    .from(page)
    .where(sql`${page.before} < ${pageBytes}`)
    .orderBy(asc(page.number));
  const last = updates.at(-1)?.number ?? upTo;
  return { updates, next: last < upTo ? last : null };
}
