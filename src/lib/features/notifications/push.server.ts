import { createHash } from 'node:crypto';
import { and, eq, ne, type SQL } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { FieldPlace, PushTarget } from '#lib/kernel/ports.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { mayReadNotifications } from './policy.server.ts';
import type { PushMessage } from './push.ts';
import type { PushInput } from './push-input.ts';
import { pushWelcome } from './push-words.ts';
import { pushSubscriptions } from './tables.server.ts';
import type { Locale } from './words.ts';

type Row = typeof pushSubscriptions.$inferSelect;

/** Where calls to a closed device stand, for the person and the browser that asks. */
export interface PushView {
  /** What this site's browsers subscribe with; null: not set up here. */
  publicKey: string | null;
  here: 'on' | 'off' | 'unreachable';
  /** Other devices of this person that are called. */
  others: number;
}

export const hashOf = (endpoint: string) => createHash('sha256').update(endpoint).digest('hex');

/** [NO-20] Opening the app on a device that is called keeps it so, under the session of now; switches nothing on. */
export async function pushState(
  call: Call<'push', MemberActor>,
  { endpoint, locale }: { endpoint: string | null; locale: Locale }
): Promise<PushView> {
  const { actor, push } = call;
  if (!mayReadNotifications(actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const hash = endpoint === null ? null : hashOf(endpoint);
    if (hash)
      await tx.rows
        .update(pushSubscriptions)
        .set({ sessionId: actor.sessionId, locale })
        .where(eq(pushSubscriptions.endpointHash, hash));
    const all = await tx.rows.select().from(pushSubscriptions);
    const here = all.find((row) => row.endpointHash === hash);
    return {
      publicKey: push.publicKey,
      here: here ? (here.failedAt ? 'unreachable' : 'on') : 'off',
      others: all.length - (here ? 1 : 0)
    };
  });
}

/**
 * [NO-20] This device is to be called. A first call goes out at once, to see whether it gets anywhere.
 * @throws AppError `push_not_possible` (none set up, or the address is no push service's)
 */
export async function startPush(
  call: Call<'push' | 'fields' | 'systemDb', MemberActor>,
  { locale, ...target }: PushInput
): Promise<PushView> {
  const { actor, push, fields, systemDb } = call;
  if (!mayReadNotifications(actor)) throw fail('forbidden');
  if (push.publicKey === null || !push.accepts(target.endpoint)) throw fail('push_not_possible');
  const endpointHash = hashOf(target.endpoint);
  // Also another's, who used this browser before.
  await systemDb.delete(pushSubscriptions).where(eq(pushSubscriptions.endpointHash, endpointHash));
  const made = { id: newId(), organisationId: actor.organisationId };
  const { userId, sessionId } = actor;
  const sealed = await fields.seal(placeOf(made), JSON.stringify(target));
  const row = await inTransaction(call, async (tx) => {
    const [kept] = await tx.rows
      .insert(pushSubscriptions)
      .values({ ...made, userId, sessionId, endpointHash, locale, target: sealed })
      .returning();
    await tx.audit({ action: 'push.start', subject: { type: 'user', id: userId } });
    return kept!;
  });
  await ring(call, row, pushWelcome(locale), 60);
  return pushState(call, { endpoint: target.endpoint, locale });
}

/** [NO-20] This device, or all others, are called no more. */
export async function endPush(
  call: Call<never, MemberActor>,
  { which, endpoint }: { which: 'here' | 'others'; endpoint: string | null }
): Promise<void> {
  const hash = hashOf(endpoint ?? '');
  const column = pushSubscriptions.endpointHash;
  await end(call, which === 'here' ? eq(column, hash) : ne(column, hash));
}

/** [NO-20] The person signed out there, or ended that session from elsewhere; without an id, all others. */
export async function endPushOf(
  call: Call<never, MemberActor>,
  session: { id: string } | { not: string }
): Promise<void> {
  const column = pushSubscriptions.sessionId;
  await end(call, 'id' in session ? eq(column, session.id) : ne(column, session.not));
}

/**
 * [NO-20] As `endPushOf`, beside the end of a session, which a fault here must not keep open: what is called tells nothing
 * of a patient.
 */
export async function tryToEndPushOf(
  call: Call<never, MemberActor> & Pick<Services, 'log'>,
  session: { id: string } | { not: string }
): Promise<void> {
  try {
    await endPushOf(call, session);
  } catch (error) {
    call.log.error(
      { name: error instanceof Error ? error.name : 'unknown' },
      'a device is still called after its session has ended'
    );
  }
}

/** Row security holds that they are this person's. */
async function end(call: Call<never, MemberActor>, which: SQL): Promise<void> {
  await inTransaction(call, async (tx) => {
    const gone = await tx.rows
      .delete(pushSubscriptions)
      .where(and(eq(pushSubscriptions.userId, call.actor.userId), which))
      .returning({ id: pushSubscriptions.id });
    if (gone.length)
      await tx.audit({
        action: 'push.end',
        subject: { type: 'user', id: call.actor.userId },
        detail: { count: gone.length }
      });
  });
}

/**
 * Call one device. One that is gone is forgotten; that the push service cannot be reached is kept, to be told.
 * @returns whether it may be tried again
 */
export async function ring(
  { push, fields, systemDb, clock }: Pick<Services, 'push' | 'fields' | 'systemDb' | 'clock'>,
  row: Row,
  message: PushMessage,
  ttlSeconds: number
): Promise<'done' | 'again'> {
  const own = eq(pushSubscriptions.id, row.id);
  const target = JSON.parse(await fields.open(placeOf(row), row.target)) as PushTarget;
  // A push service must not learn by it which consult it is.
  const topic = createHash('sha256').update(`${row.id} ${message.tag}`).digest('base64url').slice(0, 32);
  try {
    const answer = await push.send(target, JSON.stringify(message), { ttlSeconds, topic });
    if (answer === 'gone') await systemDb.delete(pushSubscriptions).where(own);
    else if (row.failedAt) await systemDb.update(pushSubscriptions).set({ failedAt: null }).where(own);
    return 'done';
  } catch (error) {
    if (asAppError(error)?.code !== 'push_unreachable') throw error;
    await systemDb.update(pushSubscriptions).set({ failedAt: clock.now() }).where(own);
    return 'again';
  }
}

export function placeOf({ id, organisationId }: { id: string; organisationId: string }): FieldPlace {
  return { organisationId, table: 'push_subscription', column: 'target', rowId: id };
}
