import { createHash, timingSafeEqual } from 'node:crypto';
import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import type { MemberActor, PatientLinkActor, RequestInfo } from '#lib/kernel/actor.ts';
import { dayMs, hourMs, type Clock } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId, newSecret } from '#lib/kernel/ids.ts';
import type { Call, Database, Services } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { normalPhone } from '#lib/features/patients/contact.ts';
import { delegatePhonePlace, openContact } from '#lib/features/patients/contact.server.ts';
import { speaksFor } from '#lib/features/patients/delegate.ts';
import { delegateOf } from '#lib/features/patients/delegates.server.ts';
import { patientDelegates, patients } from '#lib/features/patients/tables.server.ts';
import { lockForRequester } from './answer.server.ts';
import { consultChanged } from './read.server.ts';
import { consultInvites, consults, visitSessions } from './tables.server.ts';
import { linkDays, triesBeforeLock, type UnlockReason } from './visit.ts';

export { triesBeforeLock } from './visit.ts';

/** The cookie of a patient who passed the door; a session of its own that reaches one consult only. `__Host-` on https. */
export const visitCookie = ({ auth }: { auth: Pick<Services['auth'], 'secure'> }) =>
  `${auth.secure ? '__Host-' : ''}consilium.visit`;

const visitHours = 12;

/**
 * A link for the patient of this consult, or for one who stands by them. The secret is returned once and only its
 * hash is kept; a new link ends the same person's one before.
 * @returns the path under the site's origin, e.g. `/v/…`
 * @throws AppError `room_not_open`, `not_found` (no such delegate of this patient), `forbidden`
 */
export async function invitePatient(
  call: Call<never, MemberActor>,
  consultId: string,
  delegateId: string | null = null
): Promise<{ path: string; expiresAt: Date }> {
  return inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    if (consult.status !== 'accepted' && consult.status !== 'requested') throw fail('room_not_open');
    if (delegateId) await delegateOf(tx, consult.patientId, delegateId);
    const token = newSecret();
    // It must still open on the agreed day, and afterwards say what was decided.
    const from = Math.max(tx.now.getTime(), consult.slotAt?.getTime() ?? 0);
    const expiresAt = new Date(from + linkDays * dayMs);
    await endLinkOf(tx, consultId, delegateId);
    const id = newId(tx.now.getTime());
    await tx.rows.insert(consultInvites).values({
      id,
      organisationId: consult.organisationId,
      consultId,
      patientId: consult.patientId,
      delegateId,
      tokenHash: hashOf(token),
      expiresAt,
      createdById: call.actor.userId
    });
    await tx.audit({
      action: 'invite.make',
      subject: { type: 'invite', id },
      patientId: consult.patientId,
      consultId,
      detail: delegateId ? { delegateId } : {}
    });
    // [CN-80] What was a call among colleagues is a visit from now on.
    await consultChanged(tx, consultId, 'invite.made');
    return { path: `/v/${token}`, expiresAt };
  });
}

/** The link one person has to a consult opens nothing from now on; null: the patient's own. */
export async function endLinkOf(tx: Tx, consultId: string, delegateId: string | null): Promise<void> {
  await tx.rows
    .update(consultInvites)
    .set({ revokedAt: tx.now })
    .where(
      and(
        eq(consultInvites.consultId, consultId),
        delegateId ? eq(consultInvites.delegateId, delegateId) : isNull(consultInvites.delegateId),
        isNull(consultInvites.revokedAt)
      )
    );
}

/** Five more tries for a link that was locked; the address stays the same. @throws AppError `not_found`, `forbidden` */
export async function unlockInvite(
  call: Call<never, MemberActor>,
  consultId: string,
  { inviteId, reason }: { inviteId: string; reason: UnlockReason }
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    const [invite] = await tx.rows
      .update(consultInvites)
      .set({ failedTries: 0 })
      .where(
        and(
          eq(consultInvites.id, inviteId),
          eq(consultInvites.consultId, consultId),
          isNull(consultInvites.revokedAt)
        )
      )
      .returning({ id: consultInvites.id });
    if (!invite) throw fail('not_found');
    await tx.audit({
      action: 'invite.unlock',
      subject: { type: 'invite', id: inviteId },
      patientId: consult.patientId,
      consultId,
      detail: { reason }
    });
    await consultChanged(tx, consultId, 'invite.unlocked');
  });
}

/** What a link's page may show before the door is passed: nothing of the person, only where it stands. */
export type DoorState = 'digits' | 'locked' | 'expired' | 'over' | 'cancelled';

type Door = Pick<Call<'systemDb'>, 'clock' | 'systemDb'>;

/**
 * Where a link stands. Changes nothing, so that a mail scanner that follows it does no harm.
 * @throws AppError `link_invalid`
 */
export async function doorState(door: Door, token: string): Promise<DoorState> {
  const { invite, consult } = await inviteBehind(door.systemDb, token);
  if (invite.failedTries >= triesBeforeLock) return 'locked';
  if (invite.revokedAt || invite.expiresAt <= door.clock.now()) return 'expired';
  if (consult.status === 'closed') return 'over';
  return consult.status === 'cancelled' || consult.status === 'declined' ? 'cancelled' : 'digits';
}

/**
 * Pass the door with the last four digits of the phone of whoever the link is for. Also once the consult is over or
 * cancelled: what was decided, and when to come next, is behind the same door.
 * @returns the secret for the visit cookie
 * @throws AppError `link_invalid`, `link_expired`, `link_locked`, `link_wrong_digits` {left}
 */
export async function passDoor(
  door: Door & Pick<Call<'fields'>, 'db' | 'fields'> & { request: RequestInfo },
  { token, digits }: { token: string; digits: string }
): Promise<{ secret: string; expiresAt: Date }> {
  const { invite } = await inviteBehind(door.systemDb, token);
  const now = door.clock.now();
  if (invite.revokedAt || invite.expiresAt <= now) throw fail('link_expired');
  // Counted before it is checked, in one statement: parallel guesses cannot share a try.
  const [counted] = await door.systemDb
    .update(consultInvites)
    .set({ failedTries: sql`${consultInvites.failedTries} + 1` })
    .where(and(eq(consultInvites.id, invite.id), sql`${consultInvites.failedTries} < ${triesBeforeLock}`))
    .returning({ tries: consultInvites.failedTries });
  if (!counted) throw fail('link_locked');
  // Opened for the comparison: a keyed hash of four digits kept with the link would be one more thing to guess.
  const phone = await phoneBehind(door, invite);
  const right = phone !== null && endsWith(normalPhone(phone), digits);
  await recordTry(door, invite, { right, locks: !right && counted.tries >= triesBeforeLock });
  if (!right) {
    const left = triesBeforeLock - counted.tries;
    throw left > 0 ? fail('link_wrong_digits', { left }) : fail('link_locked');
  }
  const secret = newSecret(32);
  const expiresAt = new Date(now.getTime() + visitHours * hourMs);
  await door.systemDb.transaction(async (rows) => {
    await rows.update(consultInvites).set({ failedTries: 0 }).where(eq(consultInvites.id, invite.id));
    await rows.insert(visitSessions).values({
      organisationId: invite.organisationId,
      consultId: invite.consultId,
      inviteId: invite.id,
      tokenHash: hashOf(secret),
      expiresAt
    });
  });
  return { secret, expiresAt };
}

/** The visiting patient behind a visit cookie, or null: unknown, expired, or the link taken back since. */
export async function visitorOf(
  { systemDb, clock }: { systemDb: Database; clock: Clock },
  secret: string
): Promise<PatientLinkActor | null> {
  const [found] = await systemDb
    .select({
      inviteId: visitSessions.inviteId,
      consultId: visitSessions.consultId,
      organisationId: visitSessions.organisationId,
      patientId: consultInvites.patientId,
      name: patients.name,
      birthDate: patients.birthDate,
      delegateId: consultInvites.delegateId,
      delegate: {
        id: patientDelegates.id,
        name: patientDelegates.name,
        relation: patientDelegates.relation,
        scopes: patientDelegates.scopes,
        endedAt: patientDelegates.endedAt
      }
    })
    .from(visitSessions)
    .innerJoin(consultInvites, eq(consultInvites.id, visitSessions.inviteId))
    .innerJoin(patients, eq(patients.id, consultInvites.patientId))
    .leftJoin(patientDelegates, eq(patientDelegates.id, consultInvites.delegateId))
    .where(
      and(
        eq(visitSessions.tokenHash, hashOf(secret)),
        gt(visitSessions.expiresAt, clock.now()),
        isNull(consultInvites.revokedAt)
      )
    );
  if (!found) return null;
  const { inviteId, consultId, organisationId, patientId, name, birthDate, delegateId, delegate } = found;
  const link = { kind: 'patient-link' as const, inviteId, consultId, organisationId, patientId };
  if (!delegateId) return { ...link, name };
  if (!delegate || delegate.endedAt) return null;
  const { id, relation, scopes } = delegate;
  return {
    ...link,
    name: delegate.name,
    delegate: { id, relation, scopes, speaksFor: speaksFor(relation, birthDate, clock.now()) }
  };
}

/** True where this link leads to the consult the visitor has already been let into. */
export async function isLinkOf(door: Door, token: string, visitor: PatientLinkActor): Promise<boolean> {
  const { invite } = await inviteBehind(door.systemDb, token);
  return invite.id === visitor.inviteId;
}

/** The phone of whoever the link is for, in the clear; null: none. */
async function phoneBehind(
  { systemDb, fields }: Door & Pick<Call<'fields'>, 'fields'>,
  invite: typeof consultInvites.$inferSelect
): Promise<string | null> {
  if (invite.delegateId) {
    const [delegate] = await systemDb
      .select()
      .from(patientDelegates)
      .where(and(eq(patientDelegates.id, invite.delegateId), isNull(patientDelegates.endedAt)));
    return delegate ? fields.open(delegatePhonePlace(delegate), delegate.phone) : null;
  }
  const [patient] = await systemDb
    .select({ id: patients.id, organisationId: patients.organisationId, phone: patients.phone })
    .from(patients)
    .where(eq(patients.id, invite.patientId));
  return patient ? openContact(fields, patient, 'phone') : null;
}

async function inviteBehind(systemDb: Database, token: string) {
  const [found] = await systemDb
    .select({ invite: consultInvites, consult: { status: consults.status } })
    .from(consultInvites)
    .innerJoin(consults, eq(consults.id, consultInvites.consultId))
    .where(eq(consultInvites.tokenHash, hashOf(token)));
  if (!found) throw fail('link_invalid');
  return found;
}

async function recordTry(
  door: Door & Pick<Call, 'db'> & { request: RequestInfo },
  invite: typeof consultInvites.$inferSelect,
  { right, locks }: { right: boolean; locks: boolean }
): Promise<void> {
  const { organisationId, consultId, patientId } = invite;
  const actor: PatientLinkActor = {
    kind: 'patient-link',
    inviteId: invite.id,
    consultId,
    patientId,
    organisationId,
    name: ''
  };
  await inTransaction({ ...door, actor }, async (tx) => {
    await tx.audit({
      action: 'invite.try',
      outcome: right ? 'ok' : 'denied',
      subject: { type: 'invite', id: invite.id },
      patientId,
      consultId
    });
    if (locks) await consultChanged(tx, consultId, 'invite.locked');
  });
}

function endsWith(phone: string, digits: string): boolean {
  const last = phone.slice(-4);
  return (
    /^\d{4}$/.test(digits) && last.length === 4 && timingSafeEqual(Buffer.from(last), Buffer.from(digits))
  );
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
