import { and, asc, desc, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Actor, MemberActor } from '#lib/kernel/actor.ts';
import { dayMs } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { expertListings } from '#lib/features/identity/tables.server.ts';
import { boardDocuments } from '#lib/features/board/tables.server.ts';
import { opinionView, proposalView } from './advice-views.server.ts';
import { auditConsult } from './audit.server.ts';
import { messageView, readMessages } from './messages.server.ts';
import type { CaptionsSign } from './captions.ts';
import { isOpen, type ConsultStatus } from './consult.ts';
import { encryptionOf } from './encryption-state.server.ts';
import { grantView } from './grant.ts';
import {
  guestIn,
  guestsByConsult,
  guestViews,
  ownGrant,
  readGuests,
  type GuestRow
} from './guest-read.server.ts';
import {
  mayAdmit,
  mayAdvise,
  mayAnswer,
  mayBreakGlass,
  mayChangeGrant,
  mayChat,
  mayDecide,
  mayDeleteRecording,
  mayExportBoard,
  mayInviteGuests,
  mayKeepWaiting,
  mayLeave,
  mayModerate,
  mayReadComments,
  mayReadOpinions,
  mayRecordRoom,
  sideOf,
  type Side
} from './policy.server.ts';
import {
  consultDocuments,
  consultGrantItems,
  consults,
  consultSeats,
  opinions,
  proposals
} from './tables.server.ts';
import { readThreads, roomPeople } from './threads.server.ts';
import { patientSide, toldOn } from './patient-side.server.ts';
import { recordingsOf } from './recordings.server.ts';
import { roomConsents } from './room-consents.server.ts';
import type { ConsultSummary, ConsultView } from './views.ts';

/** With the invitation of an actor who has one [CN-70]. */
export type ConsultRow = typeof consults.$inferSelect & { guest?: GuestRow | null };

/**
 * The consult in this transaction, as far as the actor stands on one of its sides.
 * @throws AppError `not_found` where there is none, or none for this actor
 */
export async function consultFor(
  tx: Tx,
  consultId: string,
  lock?: 'update'
): Promise<{ consult: ConsultRow; side: Side }> {
  const query = tx.rows.select().from(consults).where(eq(consults.id, consultId));
  const [row] = lock ? await query.for(lock) : await query;
  if (!row) throw fail('not_found');
  const side = sideOf(tx.actor, row);
  if (side) return { consult: row, side };
  const consult = { ...row, guest: await guestIn(tx, consultId) };
  if (sideOf(tx.actor, consult) !== 'guest') throw fail('not_found');
  return { consult, side: 'guest' };
}

/**
 * The consult whose room is open, for an actor of one of its sides who `may` do what they came for.
 * @throws AppError `not_found`, `room_not_open`, `forbidden`
 */
export async function openConsult(
  tx: Tx,
  consultId: string,
  may: (actor: Actor, consult: ConsultRow) => boolean = () => true
): Promise<ConsultRow> {
  const { consult } = await consultFor(tx, consultId);
  if (!isOpen(consult)) throw fail('room_not_open');
  if (!may(tx.actor, consult)) throw fail('forbidden');
  return consult;
}

/** [CN-26] */
export function captionsOf({ captionsAt, captionsByName }: ConsultRow): CaptionsSign | null {
  return captionsAt && { since: captionsAt, byName: captionsByName ?? '' };
}

/** One person's place in one consult's room. */
export function seatIs(consultId: string, identity: string) {
  return and(eq(consultSeats.consultId, consultId), eq(consultSeats.identity, identity));
}

/**
 * [CN-4] Who answers works under a grant: without one in force they enter, say and sign nothing.
 * @throws AppError `grant_ended`
 */
export async function requireGrant(tx: Tx, consult: ConsultRow): Promise<void> {
  const [held] = await tx.rows
    .select({ id: consultGrantItems.id })
    .from(consultGrantItems)
    .where(
      and(
        eq(consultGrantItems.consultId, consult.id),
        eq(consultGrantItems.kind, 'consult'),
        isNull(consultGrantItems.guestId),
        isNull(consultGrantItems.revokedAt),
        sql`${consultGrantItems.endsAt} > now()`
      )
    );
  if (!held) throw fail('grant_ended');
}

/** Whether the grant of a consult is one that may be opened again: ended by time or with its consult, not by a person. */
export async function glassCanBreak(tx: Tx, consultId: string): Promise<boolean> {
  const { rows } = await tx.rows.execute<{ can: boolean }>(
    sql`select glass_can_break(${consultId}::uuid) as can`
  );
  return rows[0]?.can === true;
}

/** Everything of one consult that its viewer may see. Audited as a read of the patient. */
export async function readConsult(call: Call<never, MemberActor>, consultId: string): Promise<ConsultView> {
  return inTransaction(call, async (tx) => {
    const { consult, side } = await consultFor(tx, consultId);
    if (side === 'patient') throw fail('not_found');
    const readsComments = mayReadComments(tx.actor, consult);
    const of = consult.id;
    const [patient] = await tx.rows.select().from(patients).where(eq(patients.id, consult.patientId));
    const shared = await tx.rows.select().from(consultGrantItems).where(eq(consultGrantItems.consultId, of));
    const [owner] = await tx.rows
      .select({ grantDays: organisations.grantDays })
      .from(organisations)
      .where(eq(organisations.id, consult.organisationId));
    const messages = await readMessages(tx, of);
    const threads = readsComments ? await readThreads(tx, of) : [];
    const people = readsComments ? await roomPeople(tx, consult) : [];
    const proposed = await tx.rows
      .select()
      .from(proposals)
      .where(eq(proposals.consultId, of))
      .orderBy(asc(proposals.createdAt));
    const written = await tx.rows.select().from(opinions).where(eq(opinions.consultId, of));
    const seats = await tx.rows.select().from(consultSeats).where(eq(consultSeats.consultId, of));
    const documents = await tx.rows
      .select({ kind: consultDocuments.kind, locale: consultDocuments.locale })
      .from(consultDocuments)
      .where(eq(consultDocuments.consultId, of));
    const [board] = await tx.rows
      .select({ id: boardDocuments.id })
      .from(boardDocuments)
      .where(eq(boardDocuments.consultId, of));
    const asked = await askedExperts(tx, [consult]);
    const links = mayDecide(tx.actor, consult) ? await patientSide(tx, consult, patient?.name ?? '') : null;
    const breakGlass =
      mayBreakGlass(tx.actor, consult) && shared.length === 0 && (await glassCanBreak(tx, of));
    await auditConsult(tx, consult, 'consult.read');

    const { actor } = tx;
    const own = ownGrant(shared, actor, side);
    const granted = own.some(
      ({ kind, revokedAt, endsAt }) => kind === 'identity' && revokedAt === null && endsAt > tx.now
    );
    return {
      ...summaryOf(consult, side, {
        patient: patient && (side === 'requester' || granted) ? patient : null,
        expertName: nameOfExpert(consult, asked)
      }),
      readAt: tx.now,
      requesterId: consult.requesterId,
      expertId: consult.expertId,
      expertTitle: consult.expertTitle ?? asked.get(consult.askedExpertId ?? '')?.title ?? null,
      declineReason: consult.declineReason,
      acceptedAt: consult.acceptedAt,
      closedAt: consult.closedAt,
      may: {
        answer: mayAnswer(actor, consult),
        advise: mayAdvise(actor, consult),
        decide: mayDecide(actor, consult),
        admit: mayAdmit(actor, consult),
        tell: mayKeepWaiting(actor, consult),
        write: consult.status === 'accepted',
        share: mayChangeGrant(actor, consult),
        moderate: mayModerate(actor, consult),
        record: mayRecordRoom(actor, consult),
        deleteRecording: mayDeleteRecording(actor, consult),
        breakGlass,
        inviteGuests: mayInviteGuests(actor, consult),
        leave: mayLeave(actor, consult),
        sayToAll: mayChat(actor, consult, 'all'),
        exportBoard: mayExportBoard(actor, consult),
        readOpinions: mayReadOpinions(actor, consult),
        readRecord: side === 'requester' || granted
      },
      grant: grantView(own, { now: tx.now, days: owner!.grantDays }),
      guests: guestViews(await readGuests(tx, of), shared, {
        ...{ asking: side === 'requester', actor, now: tx.now, days: owner!.grantDays }
      }),
      messages: messages.map((message) => messageView(message, actor)),
      encryption: await encryptionOf(tx, of),
      captions: captionsOf(consult),
      lock: consult.callLockedAt && { at: consult.callLockedAt, byName: consult.callLockedByName ?? '' },
      threads,
      people,
      proposals: proposed.map(proposalView),
      // A draft is its author's alone; the other side sees an opinion once it is signed.
      opinions: written
        .filter((row) => row.signedAt || (actor.kind === 'member' && row.authorId === actor.userId))
        .map(opinionView),
      seats: seats.map((seat) => ({
        ...{ identity: seat.identity, name: seat.name, role: seat.role, relation: seat.relation },
        ...{ state: seat.state, waitingSince: seat.waitingSince, heldAt: seat.heldAt },
        ...{ seenAt: seat.seenAt, rungByName: seat.rungByName, removedByName: seat.removedByName },
        steps: seat.steps.map((step) => ({ ...step, at: new Date(step.at) }))
      })),
      invites: links?.invites ?? [],
      delegates: links?.delegates ?? [],
      requests: links?.requests ?? [],
      told: mayKeepWaiting(actor, consult) ? await toldOn(tx, of, dayMs) : [],
      otherRooms: links?.otherRooms ?? [],
      patientSummary: side === 'requester' ? consult.patientSummary : '',
      consents: await roomConsents(tx, consult),
      recordings: await recordingsOf(tx, consult),
      documents,
      boardId: board?.id ?? null
    };
  });
}

/** Consults to answer and asked, newest first; the closed ones behind them. At most 200. */
export async function listConsults(
  call: Call<never, MemberActor>,
  filter: { status?: ConsultStatus[]; patientId?: string } = {}
): Promise<ConsultSummary[]> {
  return inTransaction(call, async (tx) => {
    const invited = await guestsByConsult(tx);
    const rows = await tx.rows
      .select()
      .from(consults)
      .where(
        and(
          filter.status ? inArray(consults.status, filter.status) : undefined,
          filter.patientId ? eq(consults.patientId, filter.patientId) : undefined,
          or(
            eq(consults.organisationId, call.actor.organisationId),
            eq(consults.expertOrganisationId, call.actor.organisationId),
            invited.size ? inArray(consults.id, [...invited.keys()]) : undefined
          )
        )
      )
      .orderBy(desc(consults.createdAt))
      .limit(200);
    const visible = rows.flatMap((row) => {
      const consult = { ...row, guest: invited.get(row.id) ?? null };
      const side = sideOf(call.actor, consult);
      return side && side !== 'patient' ? [{ consult, side }] : [];
    });
    const ids = [...new Set(visible.map(({ consult }) => consult.patientId))];
    const known = ids.length ? await tx.rows.select().from(patients).where(inArray(patients.id, ids)) : [];
    const byId = new Map(known.map((patient) => [patient.id, patient]));
    await tx.audit({
      action: 'consult.list',
      subject: { type: 'consult', id: 'list' },
      detail: { patients: ids }
    });
    const asked = await askedExperts(
      tx,
      visible.map(({ consult }) => consult)
    );
    return visible.map(({ consult, side }) =>
      summaryOf(consult, side, {
        patient: byId.get(consult.patientId) ?? null,
        expertName: nameOfExpert(consult, asked)
      })
    );
  });
}

/**
 * How many consults wait for this person to act: as an expert, those to answer; as the one who asked, those
 * where the expert asked for more.
 */
export async function countWaiting(call: Call<never, MemberActor>): Promise<number> {
  return inTransaction(call, async (tx) => {
    const open = await tx.rows
      .select()
      .from(consults)
      .where(inArray(consults.status, ['requested', 'more-asked']));
    return open.filter((consult) =>
      consult.status === 'requested'
        ? mayAnswer(call.actor, consult)
        : consult.requesterId === call.actor.userId && sideOf(call.actor, consult) === 'requester'
    ).length;
  });
}

type AskedExperts = ReadonlyMap<string, { name: string; title: string }>;

/** Who was asked by name and has not answered yet, from the directory. */
async function askedExperts(tx: Tx, rows: readonly ConsultRow[]): Promise<AskedExperts> {
  const ids = rows.flatMap((row) => (row.expertName === null && row.askedExpertId) || []);
  if (ids.length === 0) return new Map();
  const found = await tx.rows
    .select({ userId: expertListings.userId, name: expertListings.name, title: expertListings.title })
    .from(expertListings)
    .where(inArray(expertListings.userId, ids));
  return new Map(found.map(({ userId, name, title }) => [userId, { name, title }]));
}

function nameOfExpert(consult: ConsultRow, asked: AskedExperts): string | null {
  return consult.expertName ?? asked.get(consult.askedExpertId ?? '')?.name ?? null;
}

function summaryOf(
  consult: ConsultRow,
  side: ConsultSummary['side'],
  {
    patient,
    expertName
  }: {
    patient: { id: string; name: string; sex: string; birthDate: string } | null;
    expertName: string | null;
  }
): ConsultSummary {
  const { id, number, status, mode, urgency, answerBy, slotAt, specialty, teeth, question, createdAt } =
    consult;
  return {
    id,
    number,
    side,
    status,
    mode,
    urgency,
    answerBy,
    slotAt,
    specialty,
    teeth,
    question,
    createdAt,
    patient: patient && {
      id: patient.id,
      name: patient.name,
      sex: patient.sex,
      birthDate: patient.birthDate
    },
    requesterName: consult.requesterName,
    requesterOrganisation: consult.requesterOrganisationName,
    expertName,
    expertOrganisation: consult.expertOrganisationName
  };
}

/** Everyone who should hear of a consult: who asked, and who answers or may answer. Never the actor. */
export function others(actor: Actor, ...userIds: (string | null)[]): string[] {
  const own = actor.kind === 'member' ? actor.userId : null;
  return [...new Set(userIds.filter((id): id is string => id !== null && id !== own))];
}

/** Tell every open page of this consult to read it again. */
export async function consultChanged(tx: Tx, consultId: string, name: string): Promise<void> {
  await tx.live({ topic: `consult:${consultId}`, name });
}

/**
 * Whether an actor may hear that something changed in a consult (the news name ids only).
 * @throws AppError `not_found`, `grant_ended`
 */
export async function listenToConsult(call: Call, consultId: string): Promise<void> {
  await inTransaction(call, async (tx) => {
    const { consult, side } = await consultFor(tx, consultId);
    // A question that ended without an answer is still its expert's to see; work under a grant that ended is not.
    if (side === 'expert' && consult.status === 'accepted') await requireGrant(tx, consult);
  });
}
