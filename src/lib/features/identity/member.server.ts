import { and, asc, eq, isNotNull, isNull } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import type { AuthSession } from '#lib/kernel/ports.ts';
import type { Call, Database } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { clinics, organisations } from '#lib/features/tenancy/tables.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { isIdle } from './idle.ts';
import { members, passkeys, totpFactors } from './tables.server.ts';

/**
 * The place a signed-in person works from; null where every membership was revoked, or where nothing was done
 * for longer than the organisation allows. Asked anew at every request and every socket, so that neither needs a
 * list of sessions to be right.
 */
export async function memberOf(
  systemDb: Database,
  session: Pick<AuthSession, 'userId' | 'sessionId' | 'lastSeenAt'>,
  now: Date
): Promise<MemberActor | null> {
  const found = await placeWithRules(systemDb, session);
  if (!found) return null;
  if (isIdle({ lastSeenAt: session.lastSeenAt, now, idleMinutes: found.idleMinutes })) return null;
  return (await lacksSecondFactor(systemDb, found, now)) ? null : found.actor;
}

/**
 * Somebody signed in whose organisation requires a second factor they do not have: may reach their own account
 * page, to set one up, and nothing else.
 */
export async function enrollingOf(
  systemDb: Database,
  session: Pick<AuthSession, 'userId' | 'sessionId' | 'lastSeenAt'>,
  now: Date
): Promise<MemberActor | null> {
  const found = await placeWithRules(systemDb, session);
  if (!found) return null;
  if (isIdle({ lastSeenAt: session.lastSeenAt, now, idleMinutes: found.idleMinutes })) return null;
  return (await lacksSecondFactor(systemDb, found, now)) ? found.actor : null;
}

async function lacksSecondFactor(systemDb: Database, place: Place, now: Date): Promise<boolean> {
  const { actor, secondFactorRoles, secondFactorFrom } = place;
  const required =
    secondFactorFrom !== null && secondFactorFrom <= now && secondFactorRoles.includes(actor.role);
  return required && !(await hasSecondFactor(systemDb, actor.userId));
}

/** Whether the person has an authenticator app or a passkey. */
export async function hasSecondFactor(systemDb: Database, userId: string): Promise<boolean> {
  const [totp] = await systemDb
    .select({ userId: totpFactors.userId })
    .from(totpFactors)
    .where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt)));
  if (totp) return true;
  const [passkey] = await systemDb
    .select({ id: passkeys.id })
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .limit(1);
  return passkey !== undefined;
}

/** The same whatever the session did: for the acts of signing in. */
export async function placeOf(
  systemDb: Database,
  session: Pick<AuthSession, 'userId' | 'sessionId'>
): Promise<MemberActor | null> {
  return (await placeWithRules(systemDb, session))?.actor ?? null;
}

interface Place {
  actor: MemberActor;
  idleMinutes: number;
  secondFactorRoles: string[];
  secondFactorFrom: Date | null;
}

async function placeWithRules(
  systemDb: Database,
  session: Pick<AuthSession, 'userId' | 'sessionId'>
): Promise<Place | null> {
  const [found] = await systemDb
    .select({
      member: members,
      idleMinutes: organisations.idleMinutes,
      secondFactorRoles: organisations.secondFactorRoles,
      secondFactorFrom: organisations.secondFactorFrom
    })
    .from(members)
    .innerJoin(organisations, eq(organisations.id, members.organisationId))
    .where(and(eq(members.userId, session.userId), isNull(members.revokedAt)))
    .orderBy(asc(members.createdAt))
    .limit(1);
  if (!found) return null;
  const { member, ...rules } = found;
  return {
    ...rules,
    actor: {
      kind: 'member',
      userId: member.userId,
      memberId: member.id,
      organisationId: member.organisationId,
      clinicId: member.clinicId,
      role: member.role,
      specialty: member.specialty,
      name: member.name,
      sessionId: session.sessionId
    }
  };
}

export interface Workplace {
  name: string;
  nameEn: string;
  kind: 'clinic' | 'hospital';
  timeZone: string;
  /** Minutes without a sign of life after which a session ends; 0: never. */
  idleMinutes: number;
  clinics: { id: string; name: string; nameEn: string }[];
}

/** The organisation a member works in, with its clinics. */
export async function readWorkplace(call: Call): Promise<Workplace> {
  return inTransaction(call, async ({ rows, actor }) => {
    const [organisation] = await rows
      .select()
      .from(organisations)
      .where(eq(organisations.id, actor.organisationId));
    if (!organisation) throw fail('not_found');
    const list = await rows
      .select({ id: clinics.id, name: clinics.name, nameEn: clinics.nameEn })
      .from(clinics)
      .orderBy(asc(clinics.createdAt));
    return { ...organisation, clinics: list };
  });
}
