import { and, eq, inArray, isNull, lt, ne, sql } from 'drizzle-orm';
import type { Actor, MemberActor, PatientLinkActor, SystemActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { MediaGrant } from '#lib/kernel/ports.ts';
import { requireCredential } from '#lib/features/identity/credentials.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { Relation } from '#lib/features/patients/delegate.ts';
import { auditConsult } from './audit.server.ts';
import { passDoor } from './moderate.server.ts';
import { isOpen } from './consult.ts';
import { encryptionForSeat, renewKey } from './encryption.server.ts';
import type { CallEncryption } from './encryption.ts';
import { mayAdmit, type Side } from './policy.server.ts';
import {
  consultChanged,
  consultFor,
  openConsult,
  others,
  requireGrant,
  seatIs,
  type ConsultRow
} from './read.server.ts';
import { tellSeated } from './return.server.ts';
import { mayBeSeen } from './room-consents.server.ts';
import { identityOf, inviteIdentity, staffOf } from './seat.ts';
import { consultGrantItems, consults, consultSeats, visitRequests } from './tables.server.ts';
import type { SeatView } from './views.ts';

/** What a browser needs to join the call. */
export interface RoomTicket {
  url: string;
  token: string;
  /** Ours only: the public STUN servers a client would otherwise ask are none of our business. */
  iceServers: readonly { urls: string; username?: string; credential?: string }[] | null;
  /** True: the seat is held, unseen and without any right, until `takeSeat`. */
  held: boolean;
  /** [CN-80] How what is sent in this call is encrypted, and its key: handed to nobody else, the media server least. */
  encryption: CallEncryption;
}

/** What a browser says of itself: one that says nothing cannot encrypt. */
interface SeatWish {
  encrypts?: boolean;
}

/**
 * A ticket to the call: for staff of both sides while the consult is open, for the patient once let in. With
 * `held` it connects in the lobby, where nothing is sent and nobody is shown, so that Join is quick.
 * @throws AppError `room_not_open`, `not_admitted`, `consent_missing`, `sfu_unavailable`, `not_found`, `grant_ended`,
 * `credential_missing`, `credential_expired`
 */
export async function enterRoom(
  call: Call<'media' | 'fields', MemberActor | PatientLinkActor>,
  consultId: string,
  { held = false, encrypts = false }: SeatWish & { held?: boolean } = {}
): Promise<RoomTicket> {
  const action = held ? 'room.prepare' : 'room.enter';
  const { grant, encryption } = await grantFor(call, consultId, { action, encrypts });
  if (!call.media.clientUrl) throw fail('sfu_unavailable');
  // In the room already from another tab: the media server knows an identity once, and a held seat would end
  // the running call merely because a lobby was opened.
  const holds = held && !(await call.media.participants(consultId)).includes(grant.identity);
  const token = await call.media.token({ ...grant, hidden: holds });
  return { url: call.media.clientUrl, token, iceServers: call.media.iceServers, held: holds, encryption };
}

/** Join was pressed: the held seat becomes one that is seen and heard. Access is checked anew. */
export async function takeSeat(
  call: Call<'media' | 'fields', MemberActor | PatientLinkActor>,
  consultId: string,
  { encrypts = false }: SeatWish = {}
): Promise<CallEncryption> {
  const { grant, encryption } = await grantFor(call, consultId, { action: 'room.enter', encrypts });
  await call.media.takeSeat(grant);
  return encryption;
}

/** [CN-82] The key as it is now, for whoever may sit in the call. @throws AppError as `seatFor` */
export async function currentKey(
  call: Call<'fields', MemberActor | PatientLinkActor>,
  consultId: string
): Promise<CallEncryption> {
  const { actor } = call;
  return inTransaction(call, async (tx) => {
    const { consult } = await seatFor(tx, actor, consultId);
    const own = { identity: identityOf(actor), name: actor.name };
    return encryptionForSeat(call, tx, consult, { ...own, can: true, takes: false });
  });
}

/**
 * The open consult in whose call this actor may sit now. @throws AppError `room_not_open`, `not_admitted`,
 * `consent_missing`, `call_removed`, `call_locked`, `not_found`, `grant_ended`, `credential_missing`, `credential_expired`
 */
export async function seatFor(tx: Tx, actor: MemberActor | PatientLinkActor, consultId: string) {
  const { consult, side } = await consultFor(tx, consultId);
  if (!isOpen(consult)) throw fail('room_not_open');
  if (side === 'expert' && actor.kind === 'member') {
    await requireGrant(tx, consult);
    await requireCredential(tx, actor, consult.specialty);
  }
  if (consult.guest && actor.kind === 'member') await requireCredential(tx, actor, consult.guest.specialty);
  const [own] = await tx.rows
    .select()
    .from(consultSeats)
    .where(seatIs(consultId, identityOf(actor)));
  if (actor.kind === 'patient-link') {
    await mayBeSeen(tx, actor);
    if (!own?.admittedById) throw fail('not_admitted');
  }
  passDoor(actor, consult, own ?? null);
  return { consult, side };
}

async function grantFor(
  call: Call<'fields', MemberActor | PatientLinkActor>,
  consultId: string,
  { action, encrypts }: { action: 'room.enter' | 'room.prepare'; encrypts: boolean }
): Promise<{ grant: MediaGrant; encryption: CallEncryption }> {
  const { actor } = call;
  return inTransaction(call, async (tx) => {
    const { consult, side } = await seatFor(tx, actor, consultId);
    await auditConsult(tx, consult, action);
    const role = roleIn(consult, actor, side);
    if (actor.kind === 'member' && action === 'room.enter') await holdSeat(tx, consult, { actor, role });
    const own = { identity: identityOf(actor), name: actor.name };
    const takes = action === 'room.enter';
    const encryption = await encryptionForSeat(call, tx, consult, { ...own, can: encrypts, takes });
    const relation = actor.kind === 'patient-link' ? actor.delegate?.relation : undefined;
    const grant: MediaGrant = {
      room: consultId,
      ...own,
      role,
      ...(relation ? { relation } : {}),
      ...(consult.guest ? { organisation: consult.guest.guestOrganisationName } : {}),
      canPublish: true,
      canPublishData: side !== 'patient'
    };
    return { grant, encryption };
  });
}

/** The patient takes a place in the waiting room; staff of the room hear of it. */
export async function waitInLobby(call: Call<never, PatientLinkActor>): Promise<SeatView['state']> {
  const { actor } = call;
  return inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, actor.consultId);
    await mayBeSeen(tx, actor);
    const identity = identityOf(actor);
    const [seat] = await tx.rows.select().from(consultSeats).where(seatIs(consult.id, identity));
    if (seat?.state === 'admitted' || seat?.state === 'in-room' || seat?.state === 'waiting')
      return seat.state;
    // Let in once, let in again: a closed tab or a lost line must not send anyone back to the queue.
    const state = seat?.admittedById ? 'admitted' : 'waiting';
    await putSeat(tx, consult, {
      identity,
      name: actor.name,
      role: actor.delegate ? 'delegate' : 'patient',
      delegateId: actor.delegate?.id ?? null,
      // Checked when it was stated at the clinic.
      relation: (actor.delegate?.relation as Relation | undefined) ?? null,
      state
    });
    // [CN-32] Here now: how late they would be is no news any more.
    await tx.rows
      .update(visitRequests)
      .set({ withdrawnAt: tx.now })
      .where(
        and(
          eq(visitRequests.consultId, consult.id),
          eq(visitRequests.kind, 'late'),
          isNull(visitRequests.handledAt),
          isNull(visitRequests.withdrawnAt)
        )
      );
    await auditConsult(tx, consult, 'room.wait');
    await tx.publish('patient.waiting', consult.id, {
      consultId: consult.id,
      userIds: others(actor, consult.requesterId, consult.expertId)
    });
    await consultChanged(tx, consult.id, 'patient.waiting');
    return state;
  });
}

/** Let the waiting patient in. */
export async function admitPatient(
  call: Call<never, MemberActor>,
  consultId: string,
  identity: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId, mayAdmit);
    const [seat] = await tx.rows
      .update(consultSeats)
      .set({
        ...{ state: 'admitted', admittedById: call.actor.userId, admittedAt: tx.now },
        ...{ heldAt: null, changedAt: tx.now }
      })
      .where(and(seatIs(consultId, identity), inArray(consultSeats.state, ['waiting', 'left'])))
      .returning({ id: consultSeats.id });
    if (!seat) return;
    await tx.audit({
      action: 'room.admit',
      subject: { type: 'seat', id: seat.id },
      patientId: consult.patientId,
      consultId,
      organisationId: consult.organisationId
    });
    await consultChanged(tx, consultId, 'patient.admitted');
  });
}

/** Coming and going beyond this is not kept. */
const maxSeatSteps = 200;

/** What the media server tells: someone is in the room, or no longer. */
export interface RoomNews {
  room: string;
  identity: string;
  kind: 'joined' | 'left';
  at: Date;
}

/**
 * Write down what the media server told. News older than what is known changes nothing, so that doubled, late
 * and reordered webhooks are harmless.
 */
export async function applyRoomNews(call: Call<'systemDb', SystemActor>, told: RoomNews): Promise<void> {
  const [consult] = await call.systemDb.select().from(consults).where(eq(consults.id, told.room));
  if (!consult) return;
  const actor: Actor = { ...call.actor, organisationId: consult.organisationId };
  await inTransaction({ ...call, actor }, async (tx) => {
    const state = told.kind === 'joined' ? 'in-room' : 'left';
    const step = { state, at: told.at.toISOString() } as const;
    const changed = await tx.rows
      .update(consultSeats)
      .set({
        state,
        changedAt: told.at,
        steps: sql`case when jsonb_array_length(${consultSeats.steps}) < ${maxSeatSteps}
          then ${consultSeats.steps} || ${JSON.stringify([step])}::jsonb else ${consultSeats.steps} end`
      })
      .where(
        and(
          seatIs(consult.id, told.identity),
          lt(consultSeats.changedAt, told.at),
          sql`${consultSeats.state} <> ${state}`,
          // [CN-34] Shown out to wait on: that they left the call is no news, and they come in by being let in.
          ne(consultSeats.state, 'waiting')
        )
      )
      .returning({ id: consultSeats.id });
    const userId = staffOf(told.identity);
    if (changed.length === 0 && told.kind === 'joined' && userId) {
      const role =
        userId === consult.requesterId ? 'requester' : userId === consult.expertId ? 'expert' : 'member';
      const name =
        role === 'requester' ? consult.requesterName : role === 'expert' ? (consult.expertName ?? '') : '';
      await tx.rows
        .insert(consultSeats)
        .values({
          organisationId: consult.organisationId,
          consultId: consult.id,
          identity: told.identity,
          name,
          role,
          state,
          changedAt: told.at,
          steps: [step]
        })
        .onConflictDoNothing();
    }
    if (changed.length > 0 && told.kind === 'left') await renewKey(tx, consult.id);
    await consultChanged(tx, consult.id, `room.${told.kind}`);
    await tellSeated(tx, consult.id);
  });
}

export interface TakenSeat {
  room: string;
  identity: string;
  /** Of staff: who took it, see `holdSeat`. */
  sessionId: string | null;
  memberId: string | null;
}

/** Seats of the expert and of the invited in a consult's room, where no grant is in force for them any more. */
export async function seatsWithoutGrant(
  call: Pick<Call<'systemDb'>, 'systemDb'>,
  consultId: string
): Promise<{ room: string; identity: string }[]> {
  return call.systemDb
    .select({ room: consultSeats.consultId, identity: consultSeats.identity })
    .from(consultSeats)
    .innerJoin(consults, eq(consults.id, consultSeats.consultId))
    .where(
      and(
        eq(consultSeats.consultId, consultId),
        eq(consultSeats.state, 'in-room'),
        sql`(${consultSeats.identity} = 'm:' || ${consults.expertId} or ${consultSeats.role} = 'guest')`,
        sql`not exists (select from ${consultGrantItems} g where g.consult_id = ${consults.id}
              and g.kind = 'consult' and g.revoked_at is null and g.ends_at > now()
              and case ${consultSeats.role} when 'guest'
                  then g.guest_id is not null and ${consultSeats.identity} = 'm:' || g.grantee_user_id
                  else g.guest_id is null end)`
      )
    );
}

/** Seats taken as far as was told before this start: what the reconciler compares the media server with. */
export async function takenSeats(call: Pick<Call<'systemDb'>, 'systemDb'>): Promise<TakenSeat[]> {
  return call.systemDb
    .select({
      room: consultSeats.consultId,
      identity: consultSeats.identity,
      sessionId: consultSeats.sessionId,
      memberId: consultSeats.memberId
    })
    .from(consultSeats)
    .where(eq(consultSeats.state, 'in-room'));
}

/**
 * [ID-33] The seat belongs to the session that asked for it last, and to the membership it acts from: a second one
 * of the same person takes it over. Whether somebody sits in it is the media server's to tell.
 */
async function holdSeat(
  tx: Tx,
  consult: ConsultRow,
  { actor, role }: { actor: MemberActor; role: SeatView['role'] }
): Promise<void> {
  const { sessionId, memberId, name } = actor;
  await tx.rows
    .insert(consultSeats)
    .values({
      organisationId: consult.organisationId,
      consultId: consult.id,
      identity: identityOf(actor),
      name,
      role,
      state: 'left',
      sessionId,
      memberId,
      // Older than any news of the media server.
      changedAt: new Date(0)
    })
    .onConflictDoUpdate({
      target: [consultSeats.organisationId, consultSeats.consultId, consultSeats.identity],
      set: { sessionId, memberId, role }
    });
}

/** The seats that hang on a patient's link, wherever they are: what ends with it. */
export async function seatsOfInvite(
  { systemDb }: Pick<Call<'systemDb'>, 'systemDb'>,
  inviteId: string
): Promise<{ room: string; identity: string }[]> {
  return systemDb
    .select({ room: consultSeats.consultId, identity: consultSeats.identity })
    .from(consultSeats)
    .where(eq(consultSeats.identity, inviteIdentity(inviteId)));
}

function roleIn(consult: ConsultRow, actor: MemberActor | PatientLinkActor, side: Side) {
  if (actor.kind === 'patient-link') return actor.delegate ? ('delegate' as const) : ('patient' as const);
  if (side === 'expert' || side === 'guest') return side;
  return actor.kind === 'member' && actor.userId === consult.requesterId
    ? ('requester' as const)
    : ('member' as const);
}

async function putSeat(
  tx: Tx,
  consult: ConsultRow,
  seat: Pick<SeatView, 'identity' | 'name' | 'role' | 'relation' | 'state'> & { delegateId: string | null }
): Promise<void> {
  const place = { waitingSince: tx.now, seenAt: tx.now, changedAt: tx.now };
  await tx.rows
    .insert(consultSeats)
    .values({
      organisationId: consult.organisationId,
      consultId: consult.id,
      ...seat,
      ...place
    })
    .onConflictDoUpdate({
      target: [consultSeats.organisationId, consultSeats.consultId, consultSeats.identity],
      set: { state: seat.state, ...place }
    });
}
