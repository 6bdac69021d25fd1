import { and, desc, eq, like, ne, sql } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { identityOf } from './seat.ts';
import { consults, consultSeats } from './tables.server.ts';

/** A consult that goes on without the actor. */
export interface RoomToReturnTo {
  consultId: string;
  number: string;
  /** How many others are in its room now. */
  others: number;
}

/** How long after leaving one is reminded of a room in which nobody else is. */
const emptyForMinutes = 30;

/**
 * [CN-50] The room that the actor had a seat in and is not in, for the bar of every page: where others are now, else
 * where the actor was within the last half hour. Null: there is none. Says nothing of the patient.
 */
export async function readRoomToReturnTo(call: Call<never, MemberActor>): Promise<RoomToReturnTo | null> {
  return inTransaction(call, async (tx) => {
    const others = sql<number>`(select count(*)::int from ${consultSeats} other
      where other.consult_id = ${consults.id} and other.state = 'in-room')`;
    const [room] = await tx.rows
      .select({ consultId: consults.id, number: consults.number, others })
      .from(consultSeats)
      .innerJoin(consults, eq(consults.id, consultSeats.consultId))
      .where(
        and(
          eq(consultSeats.identity, identityOf(call.actor)),
          ne(consultSeats.state, 'in-room'),
          eq(consults.status, 'accepted'),
          sql`(${consultSeats.changedAt} > now() - make_interval(mins => ${emptyForMinutes}) or ${others} > 0)`
        )
      )
      .orderBy(desc(sql`${others} > 0`), desc(consultSeats.changedAt))
      .limit(1);
    return room ?? null;
  });
}

/** Whoever of the staff has a seat hears, on whatever page they are, that somebody came or left. */
export async function tellSeated(tx: Tx, consultId: string): Promise<void> {
  const seats = await tx.rows
    .select({ identity: consultSeats.identity })
    .from(consultSeats)
    .where(and(eq(consultSeats.consultId, consultId), like(consultSeats.identity, 'm:%')));
  for (const { identity } of seats)
    await tx.live({ topic: `user:${identity.slice(2)}`, name: 'room', data: { consultId } });
}
