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
  const event = {
    id: newId(),
    organisation_id: entry.organisationId ?? actor.organisationId,
    at: tx.now,
    actor_kind: actor.kind,
    actor_id: actorId(actor),
    actor_organisation_id: actor.organisationId,
    actor_role: roleOf(actor),
    action: entry.action,
    outcome: entry.outcome ?? 'ok',
    subject_type: entry.subject.type,
    subject_id: entry.subject.id,
    patient_id: entry.patientId,
    consult_id: entry.consultId,
    ip: tx.request.ip,
    request_id: tx.request.id,
    detail: entry.detail ?? {}
  };
  await tx.rows.execute(sql`select audit_append(${JSON.stringify(event)}::jsonb)`);
}

function roleOf(actor: Actor): string | null {
  if (actor.kind === 'member') return actor.role;
  return actor.kind === 'system' ? actor.reason : null;
}
