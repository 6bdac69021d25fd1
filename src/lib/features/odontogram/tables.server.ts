import { sql } from 'drizzle-orm';
import { check, foreignKey, index, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { patients } from '#lib/features/patients/tables.server.ts';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';

/**
 * One thing seen on one tooth, as one person wrote it down. Never changed: what no longer holds is followed
 * by a later finding, what was wrong is withdrawn (the three last columns, written once).
 */
export const findings = pgTable(
  'finding',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    /** FDI / ISO 3950 two-digit number. */
    tooth: text('tooth').notNull(),
    surfaces: text('surfaces').array().notNull().default([]),
    code: text('code').notNull(),
    status: text('status', { enum: ['needs', 'existing', 'done', 'proposed'] }).notNull(),
    /** Degree or material; its meaning depends on the code (findings.ts). */
    grade: text('grade'),
    note: text('note').notNull().default(''),
    icd10: text('icd10'),
    authorId: uuid('author_id').notNull(),
    authorName: text('author_name').notNull(),
    authorOrganisationId: uuid('author_organisation_id').notNull(),
    recordedAt: instant('recorded_at').notNull(),
    consultId: uuid('consult_id'),
    /** The accepted line of a remote expert's proposal this came from. */
    proposalId: uuid('proposal_id'),
    withdrawnAt: instant('withdrawn_at'),
    withdrawnBy: text('withdrawn_by'),
    withdrawnReason: text('withdrawn_reason')
  },
  (t) => [
    unique('finding_tenant').on(t.organisationId, t.id),
    // A proposal enters the chart once, however often "accept" is pressed.
    uniqueIndex('finding_proposal').on(t.organisationId, t.proposalId),
    index('finding_patient').on(t.organisationId, t.patientId, t.recordedAt),
    foreignKey({
      name: 'finding_patient_fk',
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    }),
    check('finding_tooth', sql`${t.tooth} ~ '^([1-4][1-8]|[5-8][1-5])$'`),
    check('finding_withdrawal', sql`(${t.withdrawnAt} is null) = (${t.withdrawnBy} is null)`)
  ]
);
