import { sql, type SQL } from 'drizzle-orm';
import { newId } from '#lib/kernel/ids.ts';
import { actorId, type Actor, type RequestInfo } from '#lib/kernel/actor.ts';

/** The transaction an event is written in, as far as it is needed here. */
export interface AuditedTransaction {
  rows: { execute(query: SQL): PromiseLike<unknown> };
  now: Date;
  actor: Actor;
  request: RequestInfo;
}

export interface AuditEntry {
  /** `<room>.<verb>`, e.g. `patient.read`, `consult.accept`. */
  action: string;
  subject: { type: string; id: string };
  patientId?: string | null;
  consultId?: string | null;
  outcome?: 'ok' | 'denied';
  /** Ids and codes, never personal data. */
  detail?: Record<string, string | number | boolean | null | string[]>;
  /** The organisation that owns the data, where it is not the actor's (a consult's expert). */
  organisationId?: string;
}

/**
 * Append one event, numbered without gaps within its organisation. Goes through `audit_append`, the one
 * door to the table, which takes the organisation's lock so that numbers follow commit order.
 */
export async function writeAudit(tx: AuditedTransaction, entry: AuditEntry): Promise<void> {
  const { actor } = tx;
  await tx.rows.execute(sql`select audit_append(
    ${newId()}::uuid, ${entry.organisationId ?? actor.organisationId}::uuid, ${tx.now.toISOString()}::timestamptz,
    ${actor.kind}, ${actorId(actor)}, ${actor.organisationId}::uuid, ${roleOf(actor)},
    ${entry.action}, ${entry.outcome ?? 'ok'}, ${entry.subject.type}, ${entry.subject.id},
    ${entry.patientId ?? null}::uuid, ${entry.consultId ?? null}::uuid,
    ${tx.request.ip}, ${tx.request.id}, ${JSON.stringify(entry.detail ?? {})}::jsonb)`);
}

function roleOf(actor: Actor): string | null {
  if (actor.kind === 'member') return actor.role;
  return actor.kind === 'system' ? actor.reason : null;
}
