import { bigint, index, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from '#lib/features/tenancy/columns.server.ts';

/** Who did what to whose data, when, from where. Insert-only for the app (no UPDATE, no DELETE granted). */
export const auditEvents = pgTable(
  'audit_event',
  {
    id: uuid('id').primaryKey(),
    organisationId: uuid('organisation_id').notNull(),
    /** 1, 2, 3 … without gaps within an organisation. */
    number: bigint('number', { mode: 'number' }).notNull(),
    at: instant('at').notNull(),
    actorKind: text('actor_kind').notNull(),
    actorId: text('actor_id').notNull(),
    actorOrganisationId: uuid('actor_organisation_id').notNull(),
    actorRole: text('actor_role'),
    action: text('action').notNull(),
    outcome: text('outcome').notNull(),
    subjectType: text('subject_type').notNull(),
    subjectId: text('subject_id').notNull(),
    patientId: uuid('patient_id'),
    consultId: uuid('consult_id'),
    ip: text('ip').notNull(),
    requestId: text('request_id').notNull(),
    detail: jsonb('detail').notNull().default({})
  },
  (t) => [
    uniqueIndex('audit_event_number').on(t.organisationId, t.number),
    index('audit_event_patient').on(t.organisationId, t.patientId, t.at)
  ]
);
