import { sql } from 'drizzle-orm';
import {
  check,
  date,
  foreignKey,
  index,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid
} from 'drizzle-orm/pg-core';
import { patients } from '#lib/features/patients/tables.server.ts';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { erasureBases, type ErasureCounts } from './erasure.ts';
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

/**
 * The erasure of one record, and once done its certificate. Outlives the patient's row, hence no foreign key to it;
 * holds ids, counts and the names of staff, nothing of the patient.
 */
export const erasures = pgTable(
  'erasure',
  {
    ...tenantColumns(),
    subjectId: uuid('subject_id').notNull(),
    basis: text('basis', { enum: erasureBases }).notNull(),
    askedById: uuid('asked_by_id').notNull(),
    askedByName: text('asked_by_name').notNull(),
    askedAt: instant('asked_at').notNull(),
    withdrawnAt: instant('withdrawn_at'),
    approvedById: uuid('approved_by_id'),
    approvedByName: text('approved_by_name'),
    approvedAt: instant('approved_at'),
    /** When the rows were deleted, in one transaction; the files follow. */
    rowsGoneAt: instant('rows_gone_at'),
    doneAt: instant('done_at'),
    /** As the dry run said; once the rows are gone, what was deleted. */
    counts: jsonb('counts').$type<ErasureCounts>().notNull(),
    digest: text('digest')
  },
  (t) => [
    unique('erasure_tenant').on(t.organisationId, t.id),
    uniqueIndex('erasure_once')
      .on(t.organisationId, t.subjectId)
      .where(sql`withdrawn_at is null`),
    index('erasure_asked').on(t.organisationId, t.askedAt),
    check('erasure_second_person', sql`approved_by_id is null or approved_by_id <> asked_by_id`)
  ]
);

/** Files still to be deleted, or deleted, of an erasure whose rows are gone. */
export const erasureFiles = pgTable(
  'erasure_file',
  {
    ...tenantColumns(),
    erasureId: uuid('erasure_id').notNull(),
    sha256: text('sha256').notNull(),
    removedAt: instant('removed_at')
  },
  (t) => [
    unique('erasure_file_once').on(t.organisationId, t.erasureId, t.sha256),
    foreignKey({
      name: 'erasure_file_fk',
      columns: [t.organisationId, t.erasureId],
      foreignColumns: [erasures.organisationId, erasures.id]
    })
  ]
);
