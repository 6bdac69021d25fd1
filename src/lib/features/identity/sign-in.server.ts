import { and, eq, gt, lt, sql } from 'drizzle-orm';
import type { RequestInfo, SystemActor } from '#lib/kernel/actor.ts';
import { minuteMs } from '#lib/kernel/clock.ts';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { asSystem } from './as-system.server.ts';
import { hasSecondFactor, placeOf } from './member.server.ts';
import { startPlace } from './places.server.ts';
import { signInSteps, users } from './tables.server.ts';

/** What a way in works with: there is no actor yet. */
export type Door = Pick<Services, 'auth' | 'systemDb' | 'clock' | 'log'> & {
  request: RequestInfo;
  headers: Headers;
};

export type SignedIn =
  | { state: 'signed-in'; userId: string; setCookies: string[] }
  /** The password was right; the browser keeps `step` and shows the second factor. */
  | { state: 'second-factor'; userId: string; step: string };

const stepMs = 10 * minuteMs;

/**
 * Sign in with e-mail and password. Somebody nobody knows gets the same answer as a wrong password.
 * @throws AppError `wrong_credentials`, `too_many_tries`
 */
export async function signIn(
  door: Door,
  { email, password }: { email: string; password: string }
): Promise<SignedIn> {
  let userId: string;
  try {
    userId = await door.auth.checkCredentials({ email, password, ip: door.request.ip });
  } catch (error) {
    const code = asAppError(error)?.code;
    if (code) await auditRefusal(door, email, code);
    throw error;
  }
  if (await hasSecondFactor(door.systemDb, userId))
    return { state: 'second-factor', userId, step: await beginStep(door, 'second-factor', { userId }) };
  return enter(door, userId, 'password');
}

/** Open the session, at the end of every way in, and write it down. */
export async function enter(
  door: Door,
  userId: string,
  method: 'password' | 'password+code' | 'password+recovery' | 'passkey' | 'oidc' | 'invitation'
): Promise<Extract<SignedIn, { state: 'signed-in' }>> {
  const { sessionId, setCookies } = await door.auth.openSession({
    userId,
    headers: door.headers,
    ip: door.request.ip,
    confirmed: method !== 'oidc'
  });
  const actor = await startPlace(door.systemDb, { userId, sessionId });
  // With several places the trail of the one they choose hears of it then.
  if (actor)
    await asSystem({ ...door, db: door.systemDb, actor }, (tx) =>
      tx.audit({ action: 'session.open', subject: { type: 'user', id: userId }, detail: { method } })
    );
  return { state: 'signed-in', userId, setCookies };
}

type StepKind = 'second-factor' | 'passkey' | 'passkey-new' | 'oidc';
type StepDoor = Pick<Services, 'auth' | 'systemDb' | 'clock'>;

/** Keep something between two requests of one browser; returns the secret it holds. */
export async function beginStep(
  { auth, systemDb, clock }: StepDoor,
  kind: StepKind,
  { userId = null, data = {} }: { userId?: string | null; data?: Record<string, string> }
): Promise<string> {
  const token = auth.secrets.token();
  const now = clock.now();
  await systemDb.delete(signInSteps).where(lt(signInSteps.expiresAt, now));
  await systemDb.insert(signInSteps).values({
    id: newId(),
    tokenHash: auth.secrets.digest(token, `step ${kind}`),
    kind,
    userId,
    data,
    expiresAt: new Date(now.getTime() + stepMs)
  });
  return token;
}

function stepIs({ auth, clock }: StepDoor, kind: StepKind, token: string) {
  return and(
    eq(signInSteps.tokenHash, auth.secrets.digest(token, `step ${kind}`)),
    eq(signInSteps.kind, kind),
    gt(signInSteps.expiresAt, clock.now())
  );
}

/** @throws AppError `session_ended` where it is unknown, used or too old */
export async function readStep(door: StepDoor, kind: StepKind, token: string) {
  const [step] = await door.systemDb
    .select()
    .from(signInSteps)
    .where(stepIs(door, kind, token));
  if (!step) throw fail('session_ended');
  return step;
}

/** Take it, once. @throws AppError `session_ended` */
export async function takeStep(door: StepDoor, kind: StepKind, token: string) {
  const [step] = await door.systemDb
    .delete(signInSteps)
    .where(stepIs(door, kind, token))
    .returning();
  if (!step) throw fail('session_ended');
  return step;
}

/** A refused try, in the trail of the organisation the account works in. Unknown addresses leave no row. */
async function auditRefusal(door: Door, email: string, code: string): Promise<void> {
  const [user] = await door.systemDb
    .select({ id: users.id })
    .from(users)
    .where(eq(users.email, sql`lower(${email.trim()})`));
  const place = user ? await placeOf(door.systemDb, { userId: user.id, sessionId: '' }) : null;
  if (!user || !place) return;
  const actor: SystemActor = { kind: 'system', organisationId: place.organisationId, reason: 'sign-in' };
  await asSystem({ ...door, db: door.systemDb, actor }, (tx) =>
    tx.audit({
      action: 'session.refuse',
      subject: { type: 'user', id: user.id },
      outcome: 'denied',
      detail: { code }
    })
  );
}
