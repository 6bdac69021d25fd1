import { sql } from 'drizzle-orm';
import { actorId, clinicsOf, type Actor, type RequestInfo } from '#lib/kernel/actor.ts';
import type { LiveEvent } from '#lib/kernel/ports.ts';
import { writeAudit, type AuditEntry } from '#lib/features/audit/record.server.ts';
import type { Call, Database } from './call.ts';
import { outbox } from './tables.server.ts';

type DrizzleTransaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** One transaction of one actor in one tenant. Rows, audit, outbox and live news commit together or not at all. */
export interface Tx {
  /** Drizzle, bound to the transaction. Row-level security sees the tenant and actor set at its head. */
  rows: DrizzleTransaction;
  now: Date;
  actor: Actor;
  request: RequestInfo;
  /** Appended at the end to the audit trail of the organisation that owns the data (default: the actor's). */
  audit(entry: AuditEntry): Promise<void>;
  /** Leave a job for the worker: `publish('consult.requested', consultId, {...ids})`. */
  publish(
    topic: string,
    subject: string,
    payload: Record<string, unknown>,
    organisationId?: string
  ): Promise<void>;
  /** Tell open browsers, once this transaction has committed. */
  live(event: LiveEvent): Promise<void>;
}

/**
 * Run `work` in one transaction with the actor's tenant set (`SET LOCAL`, so a pooled connection keeps
 * nothing). Serialisation failures and deadlocks are retried three times; everything else rolls back and
 * rises.
 */
export async function inTransaction<T>(call: Call, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      let trail: Promise<unknown> = Promise.resolve();
      const result = await call.db.transaction(async (rows) => {
        const { made, events } = await begin(call, rows, work);
        trail = Promise.all(events);
        trail.catch(() => {});
        return made;
      });
      // Refused events made of the commit behind them a rollback.
      await trail;
      return result;
    } catch (error) {
      if (attempt < 4 && retryable.has(sqlState(error) ?? '')) continue;
      throw error;
    }
  }
}

async function begin<T>(
  call: Call,
  rows: DrizzleTransaction,
  work: (tx: Tx) => Promise<T>
): Promise<{ made: T; events: Promise<void>[] }> {
  const { actor, request } = call;
  await actAs(rows, actor);
  const entries: AuditEntry[] = [];
  const tx: Tx = {
    rows,
    actor,
    request,
    now: call.clock.now(),
    audit: async (entry) => void entries.push(entry),
    publish: async (topic, subject, payload, organisationId = actor.organisationId) => {
      await rows.insert(outbox).values({ organisationId, topic, subject, payload });
    },
    live: async (event) => {
      await rows.execute(sql`select pg_notify('live', ${JSON.stringify(event)})`);
    }
  };
  const made = await work(tx);
  // Sent in one go with the commit, so that the trail's lock is held for one round trip, not for the whole of `work`.
  return { made, events: entries.map((entry) => writeAudit(tx, entry)) };
}

/** Say to row security who the transaction is from here on; ends with it. */
export async function actAs(rows: DrizzleTransaction, actor: Actor): Promise<void> {
  await rows.execute(
    sql`select set_config('app.organisation', ${actor.organisationId}, true),
               set_config('app.actor', ${actorId(actor)}, true),
               set_config('app.clinics', ${clinicSetting(actor)}, true),
               set_config('app.specialty', ${specialtyOf(actor)}, true),
               set_config('app.consult', ${actor.kind === 'patient-link' ? actor.consultId : ''}, true)`
  );
}

/**
 * Wait until no other transaction holds `subject`, and hold it until this one ends. Who sends a form twice is let in
 * a second time and finds what the first made.
 */
export async function oneAtATime(tx: Tx, subject: string): Promise<void> {
  await tx.rows.execute(sql`select pg_advisory_xact_lock(hashtextextended(${subject}, 0))`);
}

/** As Postgres writes an array; empty: all clinics. */
function clinicSetting(actor: Actor): string {
  const seen = clinicsOf(actor);
  return seen ? `{${seen.join(',')}}` : '';
}

/** Questions to a whole specialty reach its experts only. */
function specialtyOf(actor: Actor): string {
  return actor.kind === 'member' && actor.role === 'expert' ? (actor.specialty ?? '') : '';
}

const retryable = new Set(['40001', '40P01']);

/** The SQLSTATE behind an error, or null. Drizzle wraps the driver's error, so look at the cause too. */
export function sqlState(error: unknown): string | null {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if ('code' in e && typeof e.code === 'string' && /^[0-9A-Z]{5}$/.test(e.code)) return e.code;
  return null;
}
