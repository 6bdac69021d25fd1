import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import * as v from 'valibot';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { hourMs } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import type { TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { asSystem } from './as-system.server.ts';
import { placeOf } from './member.server.ts';
import { mayManageMembers } from './policy.server.ts';
import type { Door } from './sign-in.server.ts';
import { checkNewPassword, ownWords } from './password.server.ts';
import { requireStepUp } from './step-up.server.ts';
import { members, passwordResets, users } from './tables.server.ts';
import { resetMail } from './words.ts';

const linkMs = hourMs;
const resetPath = (token: string) => `/reset/${token}`;

/**
 * Ask for a reset by mail. The answer is the same for an address nobody has; the look-up happens in the worker.
 * @throws AppError `too_many_tries`, `mail_not_configured`
 */
export async function requestReset(
  door: Door & Pick<Services, 'mail'>,
  { email, locale }: { email: string; locale: 'zh-CN' | 'en' }
): Promise<void> {
  if (!door.mail.configured) throw fail('mail_not_configured');
  const name = email.trim().toLowerCase();
  // Counted and never forgiven: each is a letter in somebody's box.
  await door.auth.tries.begin('address', `reset:${door.request.ip}`);
  await door.auth.tries.begin('account', `reset:${name}`);
  await door.systemDb.execute(
    sql`select graphile_worker.add_job('password-reset', json_build_object('email', ${name}::text, 'locale', ${locale}::text), max_attempts => 4)`
  );
}

const resetTask = v.object({ email: v.string(), locale: v.picklist(['zh-CN', 'en']) });

/** Makes the link and hands the mail over. The link is in the mail only: a retry makes a new one. */
export const passwordResetTask: TaskHandler = {
  task: 'password-reset',
  timeoutMs: 60_000,
  async run(payload, { services }) {
    const { email, locale } = v.parse(resetTask, payload);
    const [user] = await services.systemDb
      .select({ id: users.id, email: users.email })
      .from(users)
      .where(eq(users.email, email));
    const place = user ? await placeOf(services.systemDb, { userId: user.id, sessionId: '' }) : null;
    if (!user || !place) return;
    const url = `${services.settings.origin}${resetPath(await makeToken(services, user.id))}`;
    await services.mail.send({ to: user.email, ...resetMail({ url, locale }) });
    const actor = { kind: 'system' as const, organisationId: place.organisationId, reason: 'password reset' };
    await asSystem({ ...services, actor, request: { id: newId(), ip: 'local' } }, (tx) =>
      tx.audit({ action: 'password.reset-mail', subject: { type: 'user', id: user.id } })
    );
  }
};

/**
 * An owner makes a reset link to pass on by hand, for someone who works in this organisation only.
 * @throws AppError `forbidden`, `not_found`, `step_up_required`
 */
export async function makeResetLink(
  call: Call<'auth' | 'systemDb' | 'settings', MemberActor>,
  memberId: string
): Promise<{ url: string }> {
  if (!mayManageMembers(call.actor)) throw fail('forbidden');
  await requireStepUp(call);
  const userId = await inTransaction(call, async (tx) => {
    const [member] = await tx.rows
      .select({ userId: members.userId })
      .from(members)
      .where(and(eq(members.id, memberId), isNull(members.revokedAt)));
    if (!member) throw fail('not_found');
    await tx.audit({ action: 'password.reset-link', subject: { type: 'user', id: member.userId } });
    return member.userId;
  });
  const places = await call.systemDb
    .selectDistinct({ organisationId: members.organisationId })
    .from(members)
    .where(and(eq(members.userId, userId), isNull(members.revokedAt)));
  // Whose password it is also opens another organisation: not ours to change.
  if (places.length !== 1) throw fail('forbidden');
  return { url: `${call.settings.origin}${resetPath(await makeToken(call, userId))}` };
}

async function makeToken(
  { auth, systemDb, clock }: Pick<Services, 'auth' | 'systemDb' | 'clock'>,
  userId: string
): Promise<string> {
  const token = auth.secrets.token();
  await systemDb.insert(passwordResets).values({
    id: newId(),
    userId,
    tokenHash: auth.secrets.digest(token, 'reset'),
    expiresAt: new Date(clock.now().getTime() + linkMs)
  });
  return token;
}

function openReset({ auth, clock }: Pick<Services, 'auth' | 'clock'>, token: string) {
  return and(
    eq(passwordResets.tokenHash, auth.secrets.digest(token, 'reset')),
    isNull(passwordResets.usedAt),
    gt(passwordResets.expiresAt, clock.now())
  );
}

/** Whether the link still works; looking changes nothing. @throws AppError `token_invalid` */
export async function readReset(door: Pick<Services, 'auth' | 'systemDb' | 'clock'>, token: string) {
  const [found] = await door.systemDb
    .select({ email: users.email })
    .from(passwordResets)
    .innerJoin(users, eq(users.id, passwordResets.userId))
    .where(openReset(door, token));
  if (!found) throw fail('token_invalid');
  return found;
}

/**
 * Choose a new password with the link, once. Every session and every other link of the person ends, and a paused
 * account opens; a second factor is still asked for at the next sign-in.
 * @throws AppError `token_invalid` and what `checkNewPassword` says
 */
export async function resetPassword(door: Door, token: string, password: string): Promise<void> {
  const [open] = await door.systemDb
    .select({ userId: passwordResets.userId, email: users.email })
    .from(passwordResets)
    .innerJoin(users, eq(users.id, passwordResets.userId))
    .where(openReset(door, token));
  if (!open) throw fail('token_invalid');
  checkNewPassword(door, password, await ownWords(door, open.userId));
  const taken = await door.systemDb
    .update(passwordResets)
    .set({ usedAt: door.clock.now() })
    .where(openReset(door, token))
    .returning({ id: passwordResets.id });
  if (taken.length === 0) throw fail('token_invalid');
  await door.systemDb
    .update(passwordResets)
    .set({ usedAt: door.clock.now() })
    .where(and(eq(passwordResets.userId, open.userId), isNull(passwordResets.usedAt)));
  await door.auth.setPassword(open.userId, password);
  await door.auth.endSessions(open.userId);
  await door.auth.tries.unlock('account', open.email);
  const place = await placeOf(door.systemDb, { userId: open.userId, sessionId: '' });
  if (!place) return;
  await asSystem({ ...door, db: door.systemDb, actor: place }, async (tx) => {
    await tx.audit({ action: 'password.reset', subject: { type: 'user', id: open.userId } });
    await tx.live({ topic: 'access', name: 'session.ended', data: { userId: open.userId } });
  });
}
