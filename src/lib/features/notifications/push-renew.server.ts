import { timingSafeEqual } from 'node:crypto';
import { and, desc, eq, ne, sql } from 'drizzle-orm';
import type { MemberActor, RequestInfo, SystemActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { PushTarget } from '#lib/kernel/ports.ts';
import { writeAudit } from '#lib/features/audit/record.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { mayReadNotifications } from './policy.server.ts';
import { hashOf, placeOf } from './push.server.ts';
import type { PushRenewInput } from './push-input.ts';
import { pushSubscriptions } from './tables.server.ts';

type Row = typeof pushSubscriptions.$inferSelect;
type Renewing = Pick<Services, 'push' | 'fields' | 'systemDb' | 'clock'> & {
  /** Whose session it is; null: nobody's, as at night, when browsers do this. */
  actor: MemberActor | null;
  request: RequestInfo;
};

/**
 * [NO-25] A browser has another subscription than before, by itself. Whose device it is shows the secret of the former
 * one, which that browser alone has beside us, or where the browser does not say it, the session it is signed in under.
 * Switches nothing on; said twice, it is done once.
 * @throws AppError `not_signed_in`, `forbidden`, `push_not_possible`, `not_found` (no such device is called)
 */
export async function renewPush(call: Renewing, { former, ...target }: PushRenewInput): Promise<void> {
  const { actor, request, push, fields, systemDb, clock } = call;
  if (!former && !actor) throw fail('not_signed_in');
  if (!former && actor && !mayReadNotifications(actor)) throw fail('forbidden');
  if (push.publicKey === null || !push.accepts(target.endpoint)) throw fail('push_not_possible');
  // Sent again, its answer lost.
  if (await deviceWith(call, target)) return;
  const row = former ? await deviceWith(call, former) : await deviceUnder(call, actor!);
  if (!row) throw fail('not_found');
  const { id, organisationId, userId } = row;
  const sealed = await fields.seal(placeOf(row), JSON.stringify(target));
  const hash = pushSubscriptions.endpointHash;
  const endpointHash = hashOf(target.endpoint);
  await systemDb.transaction(async (rows) => {
    // Also another's, who used this browser before.
    await rows.delete(pushSubscriptions).where(and(eq(hash, endpointHash), ne(pushSubscriptions.id, id)));
    const [renewed] = await rows
      .update(pushSubscriptions)
      .set({ endpointHash, target: sealed, failedAt: null })
      .where(and(eq(pushSubscriptions.id, id), eq(hash, row.endpointHash)))
      .returning({ id: pushSubscriptions.id });
    // Ended meanwhile: it stays so.
    if (!renewed) throw fail('not_found');
    const system: SystemActor = { kind: 'system', organisationId, reason: 'push' };
    await rows.execute(sql`select set_config('app.organisation', ${organisationId}, true)`);
    await writeAudit(
      { rows, now: clock.now(), actor: system, request },
      { action: 'push.renew', subject: { type: 'user', id: userId } }
    );
  });
}

/** The device that is called at this address, where it has this secret. */
async function deviceWith(
  { fields, systemDb }: Renewing,
  { endpoint, auth }: { endpoint: string; auth: string }
): Promise<Row | null> {
  const [row] = await systemDb
    .select()
    .from(pushSubscriptions)
    .where(eq(pushSubscriptions.endpointHash, hashOf(endpoint)));
  if (!row) return null;
  const known = JSON.parse(await fields.open(placeOf(row), row.target)) as PushTarget;
  const [own, said] = [Buffer.from(known.auth), Buffer.from(auth)];
  return own.length === said.length && timingSafeEqual(own, said) ? row : null;
}

/** The device of this session, as it was switched on last: one of before may wait to be forgotten. */
async function deviceUnder({ systemDb }: Renewing, { userId, sessionId }: MemberActor): Promise<Row | null> {
  const own = and(eq(pushSubscriptions.userId, userId), eq(pushSubscriptions.sessionId, sessionId));
  const [row] = await systemDb
    .select()
    .from(pushSubscriptions)
    .where(own)
    .orderBy(desc(pushSubscriptions.id))
    .limit(1);
  return row ?? null;
}
