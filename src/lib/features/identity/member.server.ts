import { and, asc, eq, isNull } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import type { AuthSession } from '#lib/kernel/ports.ts';
import type { Call, Database } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { clinics, organisations } from '#lib/features/tenancy/tables.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { isIdle } from './idle.ts';
import { members } from './tables.server.ts';

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
  return isIdle({ lastSeenAt: session.lastSeenAt, now, idleMinutes: found.idleMinutes }) ? null : found.actor;
}

/** The same whatever the session did: for the acts of signing in. */
export async function placeOf(
  systemDb: Database,
  session: Pick<AuthSession, 'userId' | 'sessionId'>
): Promise<MemberActor | null> {
  return (await placeWithRules(systemDb, session))?.actor ?? null;
}

async function placeWithRules(
  systemDb: Database,
  session: Pick<AuthSession, 'userId' | 'sessionId'>
): Promise<{ actor: MemberActor; idleMinutes: number } | null> {
  const [found] = await systemDb
    .select({ member: members, idleMinutes: organisations.idleMinutes })
    .from(members)
    .innerJoin(organisations, eq(organisations.id, members.organisationId))
    .where(and(eq(members.userId, session.userId), isNull(members.revokedAt)))
    .orderBy(asc(members.createdAt))
    .limit(1);
  if (!found) return null;
  const { member, idleMinutes } = found;
  return {
    idleMinutes,
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

/**
 * End a person's place here: at once for requests (memberOf), and within a second for open sockets and room
 * seats (the `access` topic). Owners only.
 */
export async function revokeMember(call: Call<never, MemberActor>, memberId: string): Promise<void> {
  if (call.actor.role !== 'owner') throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    const [gone] = await tx.rows
      .update(members)
      .set({ revokedAt: tx.now })
      .where(and(eq(members.id, memberId), isNull(members.revokedAt)))
      .returning({ userId: members.userId });
    if (!gone) throw fail('not_found');
    await tx.audit({ action: 'member.revoke', subject: { type: 'member', id: memberId } });
    await tx.live({ topic: 'access', name: 'member.revoked', data: { userId: gone.userId } });
  });
}
