import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { auditConsult } from './audit.server.ts';
import { renewKey } from './encryption.server.ts';
import { mayModerate } from './policy.server.ts';
import { consultChanged, openConsult, seatIs, type ConsultRow } from './read.server.ts';
import type { CallSignInput } from './schema.ts';
import { identityOf, staffIdentity } from './seat.ts';
import { consults, consultSeats } from './tables.server.ts';

type SeatRow = typeof consultSeats.$inferSelect;

/**
 * [CN-42] [CN-43] The door of the call, asked at each ticket and each seat: who was shown out stays out until let back,
 * and a locked call takes nobody new. Who was in it when it was locked comes back over a broken line.
 * @throws AppError `call_removed`, `call_locked`
 */
export function passDoor(
  actor: MemberActor | PatientLinkActor,
  consult: ConsultRow,
  own: Pick<SeatRow, 'removedAt' | 'state' | 'changedAt' | 'admittedAt'> | null
): void {
  if (own?.removedAt) throw fail('call_removed');
  const lockedAt = consult.callLockedAt;
  if (!lockedAt || mayModerate(actor, consult)) return;
  const wasThere = own?.state === 'in-room' || (own?.state === 'left' && own.changedAt > lockedAt);
  const letInSince = own?.admittedAt != null && own.admittedAt > lockedAt;
  if (!wasThere && !letInSince) throw fail('call_locked');
}

/**
 * [CN-44] Raise one's hand, or say that one is away, and take it back. The media server shows it to everybody in the
 * call; nothing of it is kept. @throws AppError `not_found` (not in the call), `room_not_open`, `sfu_unavailable`
 */
export async function showSign(
  call: Call<'media', MemberActor | PatientLinkActor>,
  consultId: string,
  { hand, away }: CallSignInput
): Promise<void> {
  const at = await inTransaction(call, async (tx) => {
    await openConsult(tx, consultId);
    return tx.now.toISOString();
  });
  await call.media.sign(consultId, identityOf(call.actor), {
    ...(hand === undefined ? {} : { hand: hand ? at : null }),
    ...(away === undefined ? {} : { away: away ? at : null })
  });
}

/** [CN-42] Silence somebody's microphone, or take their hand down. @throws AppError `forbidden`, `not_found` */
export async function quieten(
  call: Call<'media', MemberActor>,
  consultId: string,
  { act, identity }: { act: 'mute' | 'lower-hand'; identity: string }
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId, mayModerate);
    await auditConsult(tx, consult, act === 'mute' ? 'room.mute' : 'room.lower-hand', { identity });
  });
  if (act === 'mute') await call.media.mute(consultId, identity);
  else await call.media.sign(consultId, identity, { hand: null });
}

/**
 * [CN-42] Show a colleague out of the call; they stay out until let back. The dentist who asked is shown out by nobody,
 * and nobody shows themselves out. (Somebody of the patient's side is asked to wait on: `holdPatient`.)
 * @throws AppError `forbidden`, `not_found`, `sfu_unavailable`
 */
export async function showOut(
  call: Call<'media', MemberActor>,
  consultId: string,
  identity: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId, mayModerate);
    if (identity === staffIdentity(consult.requesterId) || identity === identityOf(call.actor))
      throw fail('forbidden');
    const [seat] = await tx.rows
      .update(consultSeats)
      .set({ removedAt: tx.now, removedByName: call.actor.name })
      .where(seatIs(consultId, identity))
      .returning({ id: consultSeats.id });
    if (!seat) throw fail('not_found');
    await auditConsult(tx, consult, 'room.remove', { identity });
    await renewKey(tx, consultId);
    await consultChanged(tx, consultId, 'call.removed');
  });
  await call.media.remove(consultId, identity);
}

/** [CN-42] Whoever was shown out may come in again. @throws AppError `forbidden`, `not_found` */
export async function letBack(
  call: Call<never, MemberActor>,
  consultId: string,
  identity: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId, mayModerate);
    await tx.rows
      .update(consultSeats)
      // A lock that was set meanwhile does not keep out whom a host lets back.
      .set({ removedAt: null, removedByName: null, admittedAt: tx.now })
      .where(seatIs(consultId, identity));
    await auditConsult(tx, consult, 'room.let-back', { identity });
    await consultChanged(tx, consultId, 'call.let-back');
  });
}

/**
 * [CN-43] Lock the call, or open it again. Doors that were given out before and not gone through are void from then on.
 * @throws AppError `forbidden`, `not_found`, `sfu_unavailable`
 */
export async function lockCall(
  call: Call<'media', MemberActor>,
  consultId: string,
  locked: boolean
): Promise<void> {
  const outside = await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId, mayModerate);
    if ((consult.callLockedAt !== null) === locked) return [];
    await tx.rows
      .update(consults)
      .set({ callLockedAt: locked ? tx.now : null, callLockedByName: locked ? call.actor.name : null })
      .where(eq(consults.id, consultId));
    await auditConsult(tx, consult, locked ? 'room.lock' : 'room.unlock');
    await consultChanged(tx, consultId, 'call.locked');
    if (!locked) return [];
    return tx.rows
      .select({ identity: consultSeats.identity })
      .from(consultSeats)
      .where(
        and(
          eq(consultSeats.consultId, consultId),
          inArray(consultSeats.state, ['left', 'admitted']),
          isNull(consultSeats.removedAt)
        )
      );
  });
  const inside = outside.length ? await call.media.participants(consultId) : [];
  for (const { identity } of outside)
    if (identity !== identityOf(call.actor) && !inside.includes(identity))
      await call.media.remove(consultId, identity);
}

/** [CN-43] End the call for everybody; the consult goes on. @throws AppError `forbidden`, `not_found`, `sfu_unavailable` */
export async function endCall(call: Call<'media', MemberActor>, consultId: string): Promise<void> {
  await inTransaction(call, async (tx) =>
    auditConsult(tx, await openConsult(tx, consultId, mayModerate), 'room.end')
  );
  await call.media.closeRoom(consultId);
}
