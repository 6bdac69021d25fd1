import { canonicalJson } from '#lib/kernel/canonical-json.ts';

/** What an event's hash covers, beside its number and the hash before it. Names and order as in canonical JSON. */
export interface AuditEvent {
  action: string;
  actorId: string;
  actorKind: string;
  actorOrganisationId: string;
  actorRole: string | null;
  /** ISO 8601, UTC, milliseconds. */
  at: string;
  consultId: string | null;
  detail: unknown;
  id: string;
  ip: string;
  organisationId: string;
  outcome: string;
  patientId: string | null;
  requestId: string;
  subjectId: string;
  subjectType: string;
}

/**
 * The event in canonical JSON (RFC 8785), as SQL's `audit_text` writes it. Spelled out, since a verification
 * does this for every event there is.
 */
export function eventText(e: AuditEvent): string {
  const s = JSON.stringify;
  return (
    `{"action":${s(e.action)},"actorId":${s(e.actorId)},"actorKind":${s(e.actorKind)},` +
    `"actorOrganisationId":${s(e.actorOrganisationId)},"actorRole":${s(e.actorRole)},"at":${s(e.at)},` +
    `"consultId":${s(e.consultId)},"detail":${canonicalJson(e.detail)},"id":${s(e.id)},"ip":${s(e.ip)},` +
    `"organisationId":${s(e.organisationId)},"outcome":${s(e.outcome)},"patientId":${s(e.patientId)},` +
    `"requestId":${s(e.requestId)},"subjectId":${s(e.subjectId)},"subjectType":${s(e.subjectType)}}`
  );
}
