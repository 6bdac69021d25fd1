import { and, asc, desc, eq, gt, gte, lte, max, min, sql, type SQL } from 'drizzle-orm';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { packUpdates, unpackUpdates } from './segment.server.ts';
import type { BoardKey, LoggedUpdate } from './store.server.ts';
import { boardSegments, boardUpdates } from './tables.server.ts';

/**
 * The log of a board lies in two places: its beginning packed in segments, each some hundred rows, the rest as rows.
 * Rows are read before segments: what is sealed in between is then met twice, never missed.
 */
type Rows = Tx['rows'];

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
/** Fewer bytes of rows than this are left until there are more. */
const leastSealedBytes = 1024;

/** [BD-5] Rows of the log with `after` < number ≤ `upTo`, in order. */
export async function readBoardLog(
  rows: Rows,
  key: BoardKey,
  after: number,
  upTo: number = Number.MAX_SAFE_INTEGER
): Promise<LoggedUpdate[]> {
  const { number, bytes, author, at } = boardUpdates;
  const tail = await rows
    .select({ number, bytes, author, at })
    .from(boardUpdates)
    .where(
      and(
        eq(boardUpdates.organisationId, key.organisationId),
        eq(boardUpdates.documentId, key.documentId),
        gt(number, after),
        lte(number, upTo)
      )
    )
    .orderBy(asc(number));
  if (tail[0]?.number === after + 1) return tail;
  const segments = await rows
    .select({ bytes: boardSegments.bytes })
    .from(boardSegments)
    .where(
      and(eq(boardSegments.organisationId, key.organisationId), reachesInto(key.documentId, { after, upTo }))
    )
    .orderBy(asc(boardSegments.first));
  const sealed = (await Promise.all(segments.map((segment) => unpackUpdates(segment.bytes)))).flat();
  const last = sealed.at(-1)?.number ?? 0;
  return [...sealed.filter(isIn({ after, upTo })), ...tail.filter((update) => update.number > last)];
}

/** One page of a window: at most 500 rows and, unless one row alone is larger, 1 MiB of updates. */
export async function readLogPage(rows: Rows, documentId: string, window: LogWindow): Promise<LogPage> {
  const { after, upTo } = window;
  const page = await readRowPage(rows, documentId, window);
  if (page.updates[0]?.number === after + 1) return page;
  const [segment] = await rows
    .select({ bytes: boardSegments.bytes })
    .from(boardSegments)
    .where(reachesInto(documentId, window))
    .orderBy(asc(boardSegments.first))
    .limit(1);
  if (!segment) return page;
  return pageOf((await unpackUpdates(segment.bytes)).filter(isIn(window)), upTo);
}

/** Segments that hold a row of the window. */
function reachesInto(documentId: string, { after, upTo }: LogWindow) {
  return and(
    eq(boardSegments.documentId, documentId),
    gt(boardSegments.last, after),
    lte(boardSegments.first, upTo)
  );
}

function isIn({ after, upTo }: LogWindow): (update: LoggedUpdate) => boolean {
  return ({ number }) => number > after && number <= upTo;
}

function pageOf(updates: LoggedUpdate[], upTo: number): LogPage {
  const last = updates.at(-1)?.number ?? upTo;
  return { updates, next: last < upTo ? last : null };
}

async function readRowPage(rows: Rows, documentId: string, { after, upTo }: LogWindow): Promise<LogPage> {
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
  return pageOf(updates, upTo);
}

/**
 * The rows received from `from` to `to`, as a window of numbers. The clocks of several servers differ and a save can
 * be late, so times do not strictly follow numbers: the window is the shortest one without a hole that has them all.
 *
 * @returns null where no row was received then
 */
export async function windowBetween(
  rows: Rows,
  documentId: string,
  { from, to }: { from?: Date | undefined; to?: Date | undefined }
): Promise<LogWindow | null> {
  const numbers: number[] = [];
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
  if (found?.first != null && found.last !== null) numbers.push(found.first, found.last);
  const { first, last, firstAt, lastAt } = boardSegments;
  const segments = await rows
    .select({ first, last, firstAt, lastAt })
    .from(boardSegments)
    .where(and(eq(boardSegments.documentId, documentId), from && gte(lastAt, from), to && lte(firstAt, to)));
  for (const segment of segments) {
    const isWhole = (!from || segment.firstAt >= from) && (!to || segment.lastAt <= to);
    if (isWhole) numbers.push(segment.first, segment.last);
    else numbers.push(...(await numbersIn(rows, documentId, segment.first, { from, to })));
  }
  if (numbers.length === 0) return null;
  return { after: Math.min(...numbers) - 1, upTo: Math.max(...numbers) };
}

/** Of one segment, those received then. */
async function numbersIn(
  rows: Rows,
  documentId: string,
  first: number,
  { from, to }: { from?: Date | undefined; to?: Date | undefined }
): Promise<number[]> {
  const [segment] = await rows
    .select({ bytes: boardSegments.bytes })
    .from(boardSegments)
    .where(and(eq(boardSegments.documentId, documentId), eq(boardSegments.first, first)));
  const updates = segment ? await unpackUpdates(segment.bytes) : [];
  return updates.filter(({ at }) => (!from || at >= from) && (!to || at <= to)).map(({ number }) => number);
}

/**
 * [BD-9] Seal the oldest rows that are not sealed yet, none beyond `upTo`: they move into one segment, in one
 * transaction, and nothing of them is lost. Two processes that do it at once make one segment.
 *
 * @returns true where more are waiting to be sealed
 */
export async function sealBoardLog(rows: Rows, key: BoardKey, upTo: number): Promise<boolean> {
  const [newest] = await rows
    .select({ last: boardSegments.last })
    .from(boardSegments)
    .where(ofBoard(boardSegments, key))
    .orderBy(desc(boardSegments.first))
    .limit(1);
  const after = newest?.last ?? 0;
  const { updates, next } = await readRowPage(rows, key.documentId, { after, upTo });
  const [first, last] = [updates[0], updates.at(-1)];
  const size = updates.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (!first || !last || size < leastSealedBytes) return false;
  if (first.number !== after + 1 || last.number !== after + updates.length)
    throw new Error('board_update: a row is missing');
  const times = updates.map(({ at }) => at.getTime());
  const made = await rows
    .insert(boardSegments)
    .values({
      ...key,
      first: first.number,
      last: last.number,
      firstAt: new Date(Math.min(...times)),
      lastAt: new Date(Math.max(...times)),
      size,
      bytes: await packUpdates(updates)
    })
    .onConflictDoNothing()
    .returning({ first: boardSegments.first });
  if (made.length === 0) return false;
  await rows
    .delete(boardUpdates)
    .where(
      and(
        ofBoard(boardUpdates, key),
        gte(boardUpdates.number, first.number),
        lte(boardUpdates.number, last.number)
      )
    );
  return next !== null;
}

function ofBoard(table: typeof boardSegments | typeof boardUpdates, key: BoardKey): SQL | undefined {
  return and(eq(table.organisationId, key.organisationId), eq(table.documentId, key.documentId));
}
