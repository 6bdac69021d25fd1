import {
  bigint,
  customType,
  index,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid
} from 'drizzle-orm/pg-core';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });

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
    detail: jsonb('detail').notNull().default({}),
    /** SHA-256 over the hash before it, the number and the event's canonical JSON. */
    hash: bytea('hash')
  },
  (t) => [
    uniqueIndex('audit_event_number').on(t.organisationId, t.number),
    index('audit_event_patient').on(t.organisationId, t.patientId, t.at),
    index('audit_event_at').on(t.organisationId, t.at)
  ]
);

/** Where each organisation's chain stands. The app's role reads it; only SQL functions of the owner write it. */
export const auditChains = pgTable('audit_chain', {
  organisationId: uuid('organisation_id').primaryKey(),
  number: bigint('number', { mode: 'number' }).notNull(),
  hash: bytea('hash').notNull(),
  /** Events up to here were written before there was a chain, and were put into it at `startedAt`. */
  startedAfter: bigint('started_after', { mode: 'number' }).notNull().default(0),
  startedAt: instant('started_at').notNull().defaultNow(),
  /** What the last check of the chain found, for people to see; the proof is in the checkpoint files. */
  verifiedNumber: bigint('verified_number', { mode: 'number' }).notNull().default(0),
  verifiedAt: instant('verified_at'),
  checkpointNumber: bigint('checkpoint_number', { mode: 'number' }).notNull().default(0),
  checkpointAt: instant('checkpoint_at'),
  /** The first event the last check could not accept. */
  brokenNumber: bigint('broken_number', { mode: 'number' }),
  /** Events up to here lie in archive files. */
  archivedNumber: bigint('archived_number', { mode: 'number' }).notNull().default(0)
});

/** Files of events that are no longer in the table. */
export const auditArchives = pgTable(
  'audit_archive',
  {
    ...tenantColumns(),
    firstNumber: bigint('first_number', { mode: 'number' }).notNull(),
    lastNumber: bigint('last_number', { mode: 'number' }).notNull(),
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
    /** Of the file's plain bytes, by which the file store finds it. */
    sha256: text('sha256').notNull(),
    size: bigint('size', { mode: 'number' }).notNull()
  },
  (t) => [unique('audit_archive_first').on(t.organisationId, t.firstNumber)]
);
