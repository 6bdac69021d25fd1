import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { lockForRequester } from './answer.server.ts';
import { isOpen } from './consult.ts';
import { renewKey } from './encryption.server.ts';
import { endLinkOf } from './invite.server.ts';
import { mayAdmit, mayKeepWaiting } from './policy.server.ts';
import { consultChanged, consultFor, openConsult, seatIs } from './read.server.ts';
import type { VisitMessageInput } from './schema.ts';
import { identityOf } from './seat.ts';
import { consultInvites, consults, consultSeats, visitMessages, visitSessions } from './tables.server.ts';
import type { WaitingView } from './views.ts';
import { mayRing, queueOf, type QueueView } from './waiting.ts';

/** [CN-30] Where the visitor stands in the queue of their dentist; numbers and times only, of nobody else's visit. */
export async function queueFor(tx: Tx, slotAt: Date | null): Promise<QueueView> {
  const { rows } = await tx.rows.execute<{
    kind: 'visit' | 'chair' | 'last';
    started_at: string | null;
    minutes: number | null;
  }>(sql`select * from visit_queue()`);
  return queueOf({
    now: tx.now,
    slotAt,
    before: rows
      .filter(({ kind }) => kind !== 'last')
      .map(({ started_at, minutes }) => ({
        startedAt: started_at === null ? null : new Date(started_at),
        bookedMinutes: minutes
      })),
    lasts: rows.flatMap(({ kind, minutes }) => (kind === 'last' && minutes !== null ? [minutes] : []))
  });
}

/** [CN-30] The waiting page is still open; nothing of a record is read. Resolves to where it stands now. */
export async function stillWaiting(call: Call<never, PatientLinkActor>): Promise<QueueView> {
  return inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, call.actor.consultId);
    await tx.rows
      .update(consultSeats)
      .set({ seenAt: tx.now })
      .where(and(seatIs(consult.id, identityOf(call.actor)), eq(consultSeats.state, 'waiting')));
    return queueFor(tx, consult.slotAt);
  });
}

/**
 * [CN-31] Say something to the patient's page. @throws AppError `forbidden`, `not_found`, `consult_closed`
 */
export async function tellPatient(
  call: Call<never, MemberActor>,
  consultId: string,
  said: VisitMessageInput
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, consultId);
    if (!mayKeepWaiting(tx.actor, consult)) throw fail('forbidden');
    if (consult.status !== 'requested' && consult.status !== 'more-asked' && !isOpen(consult))
      throw fail('consult_closed');
    const id = newId(tx.now.getTime());
    await tx.rows.insert(visitMessages).values({
      id,
      organisationId: consult.organisationId,
      consultId,
      patientId: consult.patientId,
      kind: said.kind,
      topic: said.kind === 'read' ? said.topic : null,
      text: said.kind === 'own' ? said.text : '',
      authorId: call.actor.userId,
      authorName: call.actor.name,
      at: tx.now
    });
    await tx.audit({
      action: 'visit.tell',
      subject: { type: 'visit-message', id },
      patientId: consult.patientId,
      consultId,
      detail: { kind: said.kind }
    });
    await consultChanged(tx, consultId, 'patient.told');
  });
}

/**
 * [CN-34] Ask a patient to wait on: also out of the call, which they leave within a second. They keep their place.
 * @throws AppError `forbidden`, `not_found`, `room_not_open`
 */
export async function holdPatient(
  call: Call<never, MemberActor>,
  consultId: string,
  identity: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId, mayAdmit);
    const [seat] = await tx.rows
      .update(consultSeats)
      .set({ state: 'waiting', heldAt: tx.now, seenAt: tx.now, admittedById: null, changedAt: tx.now })
      .where(
        and(
          seatIs(consultId, identity),
          inArray(consultSeats.role, ['patient', 'delegate']),
          inArray(consultSeats.state, ['waiting', 'admitted', 'in-room'])
        )
      )
      .returning({ id: consultSeats.id });
    if (!seat) return;
    await tx.audit({
      action: 'room.hold',
      subject: { type: 'seat', id: seat.id },
      patientId: consult.patientId,
      consultId,
      organisationId: consult.organisationId
    });
    await renewKey(tx, consultId);
    await consultChanged(tx, consultId, 'patient.held');
    await seatEnded(tx, identity);
  });
}

/**
 * [CN-34] Take who waits to the room of another open consult of the same patient: their link and their page lead there
 * from now on, their place in time is kept. @throws AppError `forbidden`, `not_found`, `room_not_open`
 */
export async function moveToRoom(
  call: Call<never, MemberActor>,
  consultId: string,
  { identity, toConsultId }: { identity: string; toConsultId: string }
): Promise<void> {
  if (toConsultId === consultId) return;
  const inviteId = identity.slice('p:'.length);
  await inTransaction(call, async (tx) => {
    // In one order whichever way, so that two at once do not hold each other up.
    const first = await lockForRequester(tx, consultId < toConsultId ? consultId : toConsultId);
    const second = await lockForRequester(tx, consultId < toConsultId ? toConsultId : consultId);
    const [from, to] = first.id === consultId ? [first, second] : [second, first];
    if (!isOpen(from) || !isOpen(to)) throw fail('room_not_open');
    if (to.patientId !== from.patientId) throw fail('not_found');
    const [invite] = await tx.rows
      .select()
      .from(consultInvites)
      .where(
        and(
          eq(consultInvites.id, inviteId),
          eq(consultInvites.consultId, consultId),
          isNull(consultInvites.revokedAt)
        )
      );
    const [seat] = await tx.rows.select().from(consultSeats).where(seatIs(consultId, identity));
    if (!invite || !seat) throw fail('not_found');
    // One link a person and consult: the one that led there before ends.
    await endLinkOf(tx, toConsultId, invite.delegateId);
    await tx.rows
      .update(consultInvites)
      .set({ consultId: toConsultId })
      .where(eq(consultInvites.id, inviteId));
    await tx.rows
      .update(visitSessions)
      .set({ consultId: toConsultId })
      .where(eq(visitSessions.inviteId, inviteId));
    await tx.rows
      .update(consultSeats)
      .set({ state: 'left', admittedById: null, heldAt: null, changedAt: tx.now })
      .where(eq(consultSeats.id, seat.id));
    const { name, role, delegateId, relation } = seat;
    const place = { waitingSince: seat.waitingSince ?? tx.now, seenAt: tx.now, changedAt: tx.now };
    await tx.rows
      .insert(consultSeats)
      .values({
        ...{ organisationId: to.organisationId, consultId: toConsultId, identity, name, role },
        ...{ delegateId, relation, state: 'waiting', ...place }
      })
      .onConflictDoUpdate({
        target: [consultSeats.organisationId, consultSeats.consultId, consultSeats.identity],
        set: { state: 'waiting', heldAt: null, admittedById: null, ...place }
      });
    await tx.audit({
      action: 'room.move',
      subject: { type: 'seat', id: seat.id },
      patientId: from.patientId,
      consultId,
      detail: { toConsultId }
    });
    await renewKey(tx, consultId);
    await consultChanged(tx, consultId, 'patient.moved');
    await consultChanged(tx, toConsultId, 'patient.waiting');
    await seatEnded(tx, identity);
  });
}

/** The call and the sockets of that place are asked anew, in every process, and end within a second. */
async function seatEnded(tx: Tx, identity: string): Promise<void> {
  const inviteId = identity.slice('p:'.length);
  await tx.live({ topic: 'access', name: 'seat.ended', data: { inviteId } });
}

/**
 * [CN-33] A browser asks whether it may ring for who waits in this consult. One is told yes at a time.
 * @throws AppError `forbidden`, `not_found`
 */
export async function ringFor(
  call: Call<never, MemberActor>,
  consultId: string
): Promise<{ ring: boolean; waits: boolean }> {
  return inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, consultId);
    if (!mayKeepWaiting(tx.actor, consult)) throw fail('forbidden');
    const seats = await tx.rows
      .select()
      .from(consultSeats)
      .where(and(eq(consultSeats.consultId, consultId), eq(consultSeats.state, 'waiting')))
      .orderBy(asc(consultSeats.waitingSince))
      .for('update');
    const { userId, name } = call.actor;
    const waits = isOpen(consult) && seats.some(({ heldAt }) => !heldAt);
    // The whole visit rings once, however many wait in it.
    const others = seats.some((seat) => seat.rungAt && !mayRing({ ...seat, heldAt: null }, userId, tx.now));
    const seat = waits && !others ? seats.find((one) => mayRing(one, userId, tx.now)) : undefined;
    if (!seat) return { ring: false, waits };
    await tx.rows
      .update(consultSeats)
      .set({ rungAt: tx.now, rungById: userId, rungByName: name })
      .where(eq(consultSeats.id, seat.id));
    await tx.audit({
      action: 'room.ring',
      subject: { type: 'seat', id: seat.id },
      patientId: consult.patientId,
      consultId
    });
    await consultChanged(tx, consultId, 'seat.rung');
    return { ring: true, waits };
  });
}

/** A consult in which somebody waits, for a browser that may ring; `rank`: its turn in the row. */
export interface WaitingNews {
  consultId: string;
  rank: number;
  ring: boolean;
}

/**
 * [CN-33] For a page that opens, or whose line was away, while somebody waits: what it would have heard. Says nothing
 * of the patient. Who asked comes first; the others ask the server together, which says yes to one.
 */
export async function missedWaiting(call: Call<never, MemberActor>): Promise<WaitingNews[]> {
  return inTransaction(call, async (tx) => {
    const found = await tx.rows
      .selectDistinctOn([consults.id], { consult: consults })
      .from(consults)
      .innerJoin(consultSeats, eq(consultSeats.consultId, consults.id))
      .where(
        and(eq(consultSeats.state, 'waiting'), isNull(consultSeats.heldAt), eq(consults.status, 'accepted'))
      );
    return found.flatMap(({ consult }) =>
      mayKeepWaiting(tx.actor, consult)
        ? [{ consultId: consult.id, rank: consult.requesterId === tx.actor.userId ? 0 : 1, ring: true }]
        : []
    );
  });
}

/** [CN-33] Who waits, longest first, in all consults the actor may let somebody into or writes to. */
export async function listWaiting(call: Call<never, MemberActor>): Promise<WaitingView[]> {
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select({ seat: consultSeats, consult: consults, patientName: patients.name })
      .from(consultSeats)
      .innerJoin(consults, eq(consults.id, consultSeats.consultId))
      .leftJoin(patients, eq(patients.id, consults.patientId))
      .where(and(eq(consultSeats.state, 'waiting'), eq(consults.status, 'accepted')))
      .orderBy(asc(consultSeats.waitingSince))
      .limit(100);
    const seen = rows.filter(
      ({ consult }) => mayKeepWaiting(tx.actor, consult) || mayAdmit(tx.actor, consult)
    );
    if (seen.length > 0)
      await tx.audit({
        action: 'room.waiting',
        subject: { type: 'seat', id: 'list' },
        detail: { patients: [...new Set(seen.map(({ consult }) => consult.patientId))] }
      });
    return seen.map(({ seat, consult, patientName }) => ({
      consultId: consult.id,
      number: consult.number,
      identity: seat.identity,
      name: seat.name,
      relation: seat.relation,
      patientName: patientName ?? '',
      dentist: consult.requesterName,
      slotAt: consult.slotAt,
      waitingSince: seat.waitingSince,
      heldAt: seat.heldAt,
      seenAt: seat.seenAt,
      rungByName: seat.rungByName,
      may: { admit: mayAdmit(tx.actor, consult), tell: mayKeepWaiting(tx.actor, consult) }
    }));
  });
}
