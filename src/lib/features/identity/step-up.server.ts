import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { asSystem } from './as-system.server.ts';
import { isFresh } from './step-up.ts';

/**
 * Before what weighs more than being signed in: signing, exports, changes to one's own doors. The person must
 * have shown a password, passkey or code in this very session within the last minutes.
 * @throws AppError `step_up_required`
 */
export async function requireStepUp(call: Call<'auth', MemberActor>): Promise<void> {
  const refused = await stepUpRefusal(call, null);
  if (refused) throw fail(refused);
}

/** Why a weighty act must wait, given the password typed with it (null: none); null: it may go on. */
export async function stepUpRefusal(
  call: Call<'auth', MemberActor>,
  password: string | null
): Promise<'wrong_password' | 'step_up_required' | null> {
  const { userId, sessionId } = call.actor;
  if (password === null)
    return isFresh(await call.auth.confirmedAt(sessionId), call.clock.now()) ? null : 'step_up_required';
  if (!(await call.auth.verifyPassword(userId, password))) return 'wrong_password';
  await call.auth.confirm(sessionId);
  return null;
}

/** Show again who one is, by password. @throws AppError `wrong_password`, `too_many_tries` */
export async function confirmWithPassword(
  call: Call<'auth' | 'systemDb', MemberActor>,
  password: string
): Promise<void> {
  const { userId, sessionId } = call.actor;
  const right = await call.auth.verifyPassword(userId, password);
  await confirmed(call, right, 'password');
  if (!right) throw fail('wrong_password');
  await call.auth.confirm(sessionId);
}

/** Write down that somebody was asked again, and how it went. */
export async function confirmed(
  call: Call<'systemDb', MemberActor>,
  right: boolean,
  method: 'password' | 'code' | 'passkey'
): Promise<void> {
  await asSystem(call, (tx) =>
    tx.audit({
      action: 'session.confirm',
      subject: { type: 'user', id: call.actor.userId },
      outcome: right ? 'ok' : 'denied',
      detail: { method }
    })
  );
}
