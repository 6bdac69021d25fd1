import { eq } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { readLogPage, windowBetween } from '#lib/features/board/log.server.ts';
import type { LoggedUpdate } from '#lib/features/board/store.server.ts';
import { boardDocuments } from '#lib/features/board/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { mayReplayBoard } from './policy.server.ts';
import { consultFor } from './read.server.ts';
import { roomPeople } from './threads.server.ts';

export interface HistoryRange {
  /** Received at or after this moment; none: from the board's beginning. */
  from?: Date;
  /** Received at or before this moment; none: up to now. */
  to?: Date;
  /** `next` of the page before. */
  after?: number;
}

export interface HistoryPage {
  /**
   * Yjs updates (encoding version 1) with number, author's id and time of receipt, in the order in which they became
   * part of the board. Applied one after the other to a new Y.Doc, beginning with number 1, they give the board as it
   * was after each. Times do not strictly grow: order by number, show the time.
   */
  updates: LoggedUpdate[];
  /** Ask again with this as `after`; null: that was all. */
  next: number | null;
  /** The window of numbers that `from` and `to` stand for; `first` > `last`: nothing happened then. */
  first: number;
  last: number;
  /** Names of the people who can be meant by an author's id; `system` laid out the board at its beginning. */
  people: { id: string; name: string }[];
}

/**
 * [CN-47] How a board came to be, for replay: what changed, by whom, when, in pages of at most 500 updates or 1 MiB.
 * What was erased is in it too.
 *
 * @throws AppError `not_found` where there is no such board for this actor
 */
export async function readHistory(
  call: Call<never, MemberActor>,
  documentId: string,
  { from, to, after = 0 }: HistoryRange = {}
): Promise<HistoryPage> {
  return inTransaction(call, async (tx) => {
    const [board] = await tx.rows
      .select({ consultId: boardDocuments.consultId })
      .from(boardDocuments)
      .where(eq(boardDocuments.id, documentId));
    if (!board) throw fail('not_found');
    const { consult } = await consultFor(tx, board.consultId);
    if (!mayReplayBoard(call.actor, consult)) throw fail('not_found');
    const window = (await windowBetween(tx.rows, documentId, { from, to })) ?? { after: 0, upTo: 0 };
    const page = await readLogPage(tx.rows, documentId, {
      after: Math.max(after, window.after),
      upTo: window.upTo
    });
    await tx.audit({
      action: 'board.replay',
      subject: { type: 'board', id: documentId },
      patientId: consult.patientId,
      consultId: consult.id,
      organisationId: consult.organisationId,
      detail: { first: page.updates[0]?.number ?? 0, last: page.updates.at(-1)?.number ?? 0 }
    });
    return { ...page, first: window.after + 1, last: window.upTo, people: await roomPeople(tx, consult) };
  });
}
