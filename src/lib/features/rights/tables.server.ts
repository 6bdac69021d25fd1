import { sql } from 'drizzle-orm';
import { check, date, foreignKey, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { patients } from '#lib/features/patients/tables.server.ts';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { recordParts, resultKinds } from './parts.ts';
import { refusals } from './retention.ts';

const patientKey = (name: string, t: { organisationId: never; patientId: never }) =>
  foreignKey({
    name,
    columns: [t.organisationId, t.patientId],
    foreignColumns: [patients.organisationId, patients.id]
  });

/** What a patient says is wrong in the record, and what became of it. The record's own entries stay as they were. */
export const correctionRequests = pgTable(
  'correction_request',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    /** The consult whose link the patient used; null: written down by staff. */
    consultId: uuid('consult_id'),
    part: text('part', { enum: recordParts }).notNull(),
    text: text('text').notNull(),
    /** User, or invite of the link. */
    askedById: uuid('asked_by_id').notNull(),
    askedByName: text('asked_by_name').notNull(),
    askedAt: instant('asked_at').notNull(),
    state: text('state', { enum: ['open', 'accepted', 'refused'] })
      .notNull()
      .default('open'),
    /** What was changed, or why not. */
    answer: text('answer').notNull().default(''),
    resultKind: text('result_kind', { enum: resultKinds }),
    resultId: uuid('result_id'),
    decidedById: uuid('decided_by_id'),
    decidedByName: text('decided_by_name'),
    decidedAt: instant('decided_at')
  },
  (t) => [
    index('correction_request_patient').on(t.organisationId, t.patientId, t.askedAt),
    index('correction_request_state').on(t.organisationId, t.state, t.askedAt),
    index('correction_request_consult').on(t.organisationId, t.consultId),
    patientKey('correction_request_patient_fk', t as never),
    check('correction_request_decided', sql`(${t.state} = 'open') = (${t.decidedAt} is null)`)
  ]
);

/** A wish to have the record deleted, with what the law said on that day. */
export const deletionRequests = pgTable(
  'deletion_request',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    reason: text('reason').notNull(),
    askedById: uuid('asked_by_id').notNull(),
    askedByName: text('asked_by_name').notNull(),
    askedAt: instant('asked_at').notNull(),
    /** The day of the organisation's zone up to which the record must be kept, as computed then. */
    keepUntil: date('keep_until').notNull(),
    /** Null: nothing stood against it; it waits to be carried out. */
    refusedFor: text('refused_for', { enum: refusals })
  },
  (t) => [
    index('deletion_request_patient').on(t.organisationId, t.patientId, t.askedAt),
    patientKey('deletion_request_patient_fk', t as never)
  ]
);

/** Keeps a record whatever the retention says: a dispute, an inquiry. One in force at a time. */
export const legalHolds = pgTable(
  'legal_hold',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    reason: text('reason').notNull(),
    setById: uuid('set_by_id').notNull(),
    setByName: text('set_by_name').notNull(),
    setAt: instant('set_at').notNull(),
    liftedById: uuid('lifted_by_id'),
    liftedByName: text('lifted_by_name'),
    liftedAt: instant('lifted_at'),
    liftReason: text('lift_reason').notNull().default('')
  },
  (t) => [
    uniqueIndex('legal_hold_in_force')
      .on(t.organisationId, t.patientId)
      .where(sql`lifted_at is null`),
    patientKey('legal_hold_patient_fk', t as never)
  ]
);
