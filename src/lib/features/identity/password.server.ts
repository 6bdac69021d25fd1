import { eq } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { asSystem } from './as-system.server.ts';
import { passwordFault } from './password-rules.ts';
import { members, users } from './tables.server.ts';

/** @throws AppError `password_too_short`, `password_too_common`, `password_personal` */
export function checkNewPassword(
  { auth }: Pick<Services, 'auth'>,
  password: string,
  own: readonly string[]
): void {
  const fault = passwordFault(password, { common: auth.commonPasswords(), own });
  if (fault) throw fail(fault);
}

/** What a person's password must not be made of. */
export async function ownWords({ systemDb }: Pick<Services, 'systemDb'>, userId: string): Promise<string[]> {
  const rows = await systemDb
    .select({
      email: users.email,
      name: users.name,
      organisation: organisations.name,
      organisationEn: organisations.nameEn
    })
    .from(users)
    .leftJoin(members, eq(members.userId, users.id))
    .leftJoin(organisations, eq(organisations.id, members.organisationId))
    .where(eq(users.id, userId));
  return rows.flatMap((row) => Object.values(row).filter((word) => word !== null));
}

/**
 * Change one's password: the old one is asked, every other session ends.
 * @throws AppError `wrong_password`, `too_many_tries` and what `checkNewPassword` says
 */
export async function changePassword(
  call: Call<'auth' | 'systemDb', MemberActor>,
  { current, next }: { current: string; next: string }
): Promise<void> {
  const { userId, sessionId } = call.actor;
  if (!(await call.auth.verifyPassword(userId, current))) throw fail('wrong_password');
  checkNewPassword(call, next, await ownWords(call, userId));
  await call.auth.setPassword(userId, next);
  await call.auth.endSessions(userId, sessionId);
  await call.auth.confirm(sessionId);
  await asSystem(call, async (tx) => {
    await tx.audit({ action: 'password.change', subject: { type: 'user', id: userId } });
    await tx.live({ topic: 'access', name: 'session.ended', data: { userId } });
  });
}
