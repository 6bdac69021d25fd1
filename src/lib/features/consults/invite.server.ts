import { createHash, timingSafeEqual } from 'node:crypto';
import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import type { MemberActor, PatientLinkActor, RequestInfo } from '#lib/kernel/actor.ts';
import { dayMs, hourMs, type Clock } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId, newSecret } from '#lib/kernel/ids.ts';
import type { Call, Database } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { normalPhone } from '#lib/features/patients/contact.ts';
import { openContact } from '#lib/features/patients/contact.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { lockForRequester } from './answer.server.ts';
import { consultInvites, consults, visitSessions } from './tables.server.ts';

/** The cookie of a patient who passed the door; a session of its own that reaches one consult only. */
export const visitCookie = 'visit';

const linkDays = 7;
const visitHours = 12;
/** [CN-6] Wrong digits that lock a link until staff make a new one. */
export const triesBeforeLock = 5;

/**
 * A link for the patient of this consult. The secret is returned once and only its hash is kept; a new link
 * ends the one before.
 * @returns the path under the site's origin, e.g. `/v/…`
 */
export async function invitePatient(
  call: Call<never, MemberActor>,
  consultId: string
): Promise<{ path: string; expiresAt: Date }> {
  return inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    if (consult.status !== 'accepted' && consult.status !== 'requested') throw fail('room_not_open');
    const token = newSecret();
    const expiresAt = new Date(tx.now.getTime() + linkDays * dayMs);
    await tx.rows
      .update(consultInvites)
      .set({ revokedAt: tx.now })
      .where(and(eq(consultInvites.consultId, consultId), isNull(consultInvites.revokedAt)));
    const id = newId(tx.now.getTime());
    await tx.rows.insert(consultInvites).values({
      id,
      organisationId: consult.organisationId,
      consultId,
      patientId: consult.patientId,
      tokenHash: hashOf(token),
      expiresAt,
      createdById: call.actor.userId
    });
    await tx.audit({
      action: 'invite.make',
      subject: { type: 'invite', id },
      patientId: consult.patientId,
      consultId
    });
    return { path: `/v/${token}`, expiresAt };
  });
}

/** What a link's page may show before the door is passed: nothing of the person, only where it stands. */
export type DoorState = 'digits' | 'locked' | 'expired' | 'over';

type Door = Pick<Call<'systemDb'>, 'clock' | 'systemDb'>;

/**
 * Where a link stands. Changes nothing, so that a mail scanner that follows it does no harm.
 * @throws AppError `link_invalid`
 */
export async function doorState(door: Door, token: string): Promise<DoorState> {
  const { invite, consult } = await inviteBehind(door.systemDb, token);
  if (invite.failedTries >= triesBeforeLock) return 'locked';
  if (invite.revokedAt || invite.expiresAt <= door.clock.now()) return 'expired';
  return consult.status === 'accepted' || consult.status === 'requested' || consult.status === 'more-asked'
    ? 'digits'
    : 'over';
}

/**
 * Pass the door with the last four digits of the patient's phone.
 * @returns the secret for the visit cookie
 * @throws AppError `link_invalid`, `link_expired`, `link_locked`, `link_wrong_digits` {left}
 */
export async function passDoor(
  door: Door & Pick<Call<'fields'>, 'db' | 'fields'> & { request: RequestInfo },
  { token, digits }: { token: string; digits: string }
): Promise<{ secret: string; expiresAt: Date }> {
  const { invite, consult } = await inviteBehind(door.systemDb, token);
  const now = door.clock.now();
  if (invite.revokedAt || invite.expiresAt <= now) throw fail('link_expired');
  if (consult.status === 'closed' || consult.status === 'cancelled' || consult.status === 'declined')
    throw fail('consult_closed');
  // Counted before it is checked, in one statement: parallel guesses cannot share a try.
  const [counted] = await door.systemDb
    .update(consultInvites)
    .set({ failedTries: sql`${consultInvites.failedTries} + 1` })
    .where(and(eq(consultInvites.id, invite.id), sql`${consultInvites.failedTries} < ${triesBeforeLock}`))
    .returning({ tries: consultInvites.failedTries });
  if (!counted) throw fail('link_locked');
  const [patient] = await door.systemDb
    .select({ id: patients.id, organisationId: patients.organisationId, phone: patients.phone })
    .from(patients)
    .where(eq(patients.id, invite.patientId));
  // Opened for the comparison: a keyed hash of four digits kept with the link would be one more thing to guess.
  const phone = patient ? await openContact(door.fields, patient, 'phone') : null;
  const right = phone !== null && endsWith(normalPhone(phone), digits);
  await recordTry(door, invite, right);
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
      name: patients.name
    })
    .from(visitSessions)
    .innerJoin(consultInvites, eq(consultInvites.id, visitSessions.inviteId))
    .innerJoin(patients, eq(patients.id, consultInvites.patientId))
    .where(
      and(
        eq(visitSessions.tokenHash, hashOf(secret)),
        gt(visitSessions.expiresAt, clock.now()),
        isNull(consultInvites.revokedAt)
      )
    );
  return found ? { kind: 'patient-link', ...found } : null;
}

/** True where this link leads to the consult the visitor has already been let into. */
export async function isLinkOf(door: Door, token: string, visitor: PatientLinkActor): Promise<boolean> {
  const { invite } = await inviteBehind(door.systemDb, token);
  return invite.id === visitor.inviteId;
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
  right: boolean
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
  await inTransaction({ ...door, actor }, (tx) =>
    tx.audit({
      action: 'invite.try',
      outcome: right ? 'ok' : 'denied',
      subject: { type: 'invite', id: invite.id },
      patientId,
      consultId
    })
  );
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
