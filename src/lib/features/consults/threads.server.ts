import { asc, desc, eq } from 'drizzle-orm';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { threadsOf, type RoomPerson, type ThreadView } from './comment.ts';
import { readGuests } from './guest-read.server.ts';
import type { ConsultRow } from './read.server.ts';
import { staffOf } from './seat.ts';
import { consultSeats, pinComments } from './tables.server.ts';

/** What is said at the pins of a consult, as far as row-level security shows it. */
export async function readThreads(tx: Tx, consultId: string): Promise<ThreadView[]> {
  const rows = await tx.rows
    .select()
    .from(pinComments)
    .where(eq(pinComments.consultId, consultId))
    .orderBy(asc(pinComments.at), asc(pinComments.id));
  return threadsOf(
    rows.map((row) => ({
      id: row.id,
      shapeId: row.shapeId,
      number: row.pinNumber,
      tooth: row.tooth,
      step: row.step,
      text: row.text,
      authorId: row.authorId,
      authorName: row.authorName,
      at: row.at,
      editedAt: row.editedAt,
      deleted: row.deletedAt !== null,
      mentions: row.mentions
    }))
  );
}

/**
 * Who can be meant: the dentist who asked, the expert, who is invited besides, whoever of the staff was in the room or
 * wrote at a pin. Nobody whose invitation has ended.
 */
export async function roomPeople(tx: Tx, consult: ConsultRow): Promise<RoomPerson[]> {
  const seats = await tx.rows
    .select({ identity: consultSeats.identity, name: consultSeats.name })
    .from(consultSeats)
    .where(eq(consultSeats.consultId, consult.id));
  const authors = await tx.rows
    .selectDistinctOn([pinComments.authorId], { id: pinComments.authorId, name: pinComments.authorName })
    .from(pinComments)
    .where(eq(pinComments.consultId, consult.id))
    .orderBy(pinComments.authorId, desc(pinComments.at));
  const people = new Map<string, string>([[consult.requesterId, consult.requesterName]]);
  if (consult.expertId) people.set(consult.expertId, consult.expertName ?? '');
  for (const { identity, name } of seats) {
    const id = staffOf(identity);
    if (id && !people.has(id)) people.set(id, name);
  }
  for (const { id, name } of authors) if (!people.has(id)) people.set(id, name);
  for (const { userId, name, endedAt } of await readGuests(tx, consult.id))
    if (endedAt) people.delete(userId);
    else people.set(userId, name);
  return [...people].flatMap(([id, name]) => (name ? [{ id, name }] : []));
}
