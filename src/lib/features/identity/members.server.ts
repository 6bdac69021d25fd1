import { and, asc, count, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import type { MemberActor, MemberRole } from '#lib/kernel/actor.ts';
import { dayMs } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { mayManageMembers } from './policy.server.ts';
import { expertListings, members, passkeys, roles, totpFactors, users } from './tables.server.ts';
import type { Reach } from './reach.ts';
import type { RulesInput } from './schema.ts';

export interface MemberView {
  id: string;
  name: string;
  title: string;
  role: MemberRole;
  /** A role of the organisation's own, made from `role`. */
  roleId: string | null;
  specialty: string | null;
  clinicId: string | null;
  departmentId: string | null;
  reach: Reach;
  clinicIds: string[];
  email: string;
  me: boolean;
  secondFactor: boolean;
  /** ISO instant until which sign-in is paused after wrong tries; null: not. */
  pausedUntil: string | null;
}

function ownersOnly({ actor }: { actor: MemberActor }): void {
  if (!mayManageMembers(actor)) throw fail('forbidden');
}

/** Who works here, as the owner sees it. */
export async function listMembers(call: Call<'auth' | 'systemDb', MemberActor>): Promise<MemberView[]> {
  ownersOnly(call);
  const rows = await inTransaction(call, (tx) =>
    tx.rows.select().from(members).where(isNull(members.revokedAt)).orderBy(asc(members.createdAt))
  );
  const userIds = rows.map((row) => row.userId);
  const emails = await call.systemDb
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(inArray(users.id, userIds));
  const emailOf = new Map(emails.map((user) => [user.id, user.email]));
  const safe = await withSecondFactor(call, userIds);
  return Promise.all(
    rows.map(async (row) => {
      const email = emailOf.get(row.userId) ?? '';
      const paused = await call.auth.tries.pausedUntil('account', email);
      return {
        id: row.id,
        name: row.name,
        title: row.title,
        role: row.role,
        roleId: row.roleId,
        specialty: row.specialty,
        clinicId: row.clinicId,
        departmentId: row.departmentId,
        reach: row.reach,
        clinicIds: row.clinicIds,
        email,
        me: row.userId === call.actor.userId,
        secondFactor: safe.has(row.userId),
        pausedUntil: paused?.toISOString() ?? null
      };
    })
  );
}

async function withSecondFactor({ systemDb }: Pick<Services, 'systemDb'>, userIds: string[]) {
  const totp = await systemDb
    .select({ userId: totpFactors.userId })
    .from(totpFactors)
    .where(and(inArray(totpFactors.userId, userIds), isNotNull(totpFactors.confirmedAt)));
  const keys = await systemDb
    .selectDistinct({ userId: passkeys.userId })
    .from(passkeys)
    .where(inArray(passkeys.userId, userIds));
  return new Set([...totp, ...keys].map((row) => row.userId));
}

/**
 * Give a built-in role, or one of the organisation's own by its id.
 * @throws AppError `forbidden`, `not_found`, `last_owner`
 */
export async function changeRole(
  call: Call<never, MemberActor>,
  memberId: string,
  given: MemberRole | { roleId: string }
): Promise<void> {
  ownersOnly(call);
  await inTransaction(call, async (tx) => {
    const before = await memberFor(tx, memberId);
    const next = typeof given === 'string' ? { role: given, roleId: null } : await ownRole(tx, given.roleId);
    if (before.role === next.role && before.roleId === next.roleId) return;
    if (before.role === 'owner' && next.role !== 'owner') await keepAnOwner(tx);
    await tx.rows.update(members).set(next).where(eq(members.id, memberId));
    await tx.audit({
      action: 'member.role',
      subject: { type: 'member', id: memberId },
      detail: { from: before.role, fromRole: before.roleId, to: next.role, toRole: next.roleId }
    });
    // Sockets look again at what the person may do.
    await tx.live({ topic: 'access', name: 'session.ended', data: { userId: before.userId } });
  });
}

async function ownRole(tx: Tx, roleId: string): Promise<{ role: MemberRole; roleId: string }> {
  const [found] = await tx.rows
    .select({ base: roles.base })
    .from(roles)
    .where(and(eq(roles.id, roleId), isNull(roles.closedAt), eq(roles.builtIn, false)));
  if (!found) throw fail('not_found');
  return { role: found.base, roleId };
}

/**
 * End a person's place here: at once for requests (memberOf), and within a second for open sockets and room
 * seats (the `access` topic). Owners only. @throws AppError `forbidden`, `not_found`, `last_owner`
 */
export async function revokeMember(call: Call<never, MemberActor>, memberId: string): Promise<void> {
  ownersOnly(call);
  await inTransaction(call, async (tx) => {
    const gone = await memberFor(tx, memberId);
    if (gone.role === 'owner') await keepAnOwner(tx);
    await tx.rows.update(members).set({ revokedAt: tx.now }).where(eq(members.id, memberId));
    // [ID-20] Who has left is not offered as an expert any more.
    await tx.rows
      .update(expertListings)
      .set({ credentialUntil: null })
      .where(
        and(eq(expertListings.organisationId, gone.organisationId), eq(expertListings.memberId, memberId))
      );
    await tx.audit({ action: 'member.revoke', subject: { type: 'member', id: memberId } });
    await tx.live({ topic: 'access', name: 'member.revoked', data: { userId: gone.userId } });
  });
}

/** Open an account that wrong tries have paused. @throws AppError `forbidden`, `not_found` */
export async function unlockMember(
  call: Call<'auth' | 'systemDb', MemberActor>,
  memberId: string
): Promise<void> {
  ownersOnly(call);
  const { userId } = await inTransaction(call, async (tx) => {
    const member = await memberFor(tx, memberId);
    await tx.audit({ action: 'member.unlock', subject: { type: 'member', id: memberId } });
    return member;
  });
  const [user] = await call.systemDb.select({ email: users.email }).from(users).where(eq(users.id, userId));
  if (!user) throw fail('not_found');
  const doors = [user.email, `again:${userId}`, `code:${userId}`];
  for (const door of doors) await call.auth.tries.unlock('account', door);
}

export interface RulesView {
  idleMinutes: number;
  secondFactorRoles: string[];
  /** ISO instant from which it is required; null: no rule. */
  secondFactorFrom: string | null;
}

/** The organisation's rules of sign-in. */
export async function readRules(call: Call<never, MemberActor>): Promise<RulesView> {
  const [own] = await inTransaction(call, (tx) =>
    tx.rows.select().from(organisations).where(eq(organisations.id, call.actor.organisationId))
  );
  if (!own) throw fail('not_found');
  return {
    idleMinutes: own.idleMinutes,
    secondFactorRoles: own.secondFactorRoles,
    secondFactorFrom: own.secondFactorFrom?.toISOString() ?? null
  };
}

/** @throws AppError `forbidden` */
export async function changeRules(call: Call<never, MemberActor>, input: RulesInput): Promise<void> {
  ownersOnly(call);
  const { idleMinutes, secondFactorRoles, graceDays } = input;
  await inTransaction(call, async (tx) => {
    const required = secondFactorRoles.length > 0;
    await tx.rows
      .update(organisations)
      .set({
        idleMinutes,
        secondFactorRoles,
        secondFactorFrom: required ? new Date(tx.now.getTime() + graceDays * dayMs) : null
      })
      .where(eq(organisations.id, call.actor.organisationId));
    await tx.audit({
      action: 'organisation.sign-in-rules',
      subject: { type: 'organisation', id: call.actor.organisationId },
      detail: { idleMinutes, secondFactorRoles, graceDays }
    });
  });
}

export async function memberFor(tx: Tx, memberId: string) {
  const [member] = await tx.rows
    .select()
    .from(members)
    .where(and(eq(members.id, memberId), isNull(members.revokedAt)))
    .for('update');
  if (!member) throw fail('not_found');
  return member;
}

/** Two owners who demote each other at once must not both succeed: their rows are locked first. */
async function keepAnOwner(tx: Tx): Promise<void> {
  const owner = and(eq(members.role, 'owner'), isNull(members.revokedAt));
  await tx.rows.select({ id: members.id }).from(members).where(owner).orderBy(members.id).for('update');
  const [left] = await tx.rows.select({ count: count() }).from(members).where(owner);
  if ((left?.count ?? 0) < 2) throw fail('last_owner');
}
