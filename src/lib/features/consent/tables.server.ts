import { foreignKey, index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { personKinds, purposes, ways } from './consent.ts';

/** What somebody said to one question, once. Only the columns of a withdrawal are ever written later. */
export const consentReceipts = pgTable(
  'consent_receipt',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    /** Among the patient's receipts, from 1; given under a lock, so that the latest is never in doubt. */
    number: integer('number').notNull(),
    personKind: text('person_kind', { enum: personKinds }).notNull(),
    /** The patient, delegate or user it covers. */
    personId: uuid('person_id').notNull(),
    personName: text('person_name').notNull(),
    purpose: text('purpose', { enum: purposes }).notNull(),
    answer: text('answer', { enum: ['given', 'refused'] }).notNull(),
    version: integer('version').notNull(),
    locale: text('locale', { enum: ['zh-CN', 'en'] }).notNull(),
    /** SHA-256 of the words that were shown (text-hash.server.ts), hex. */
    textHash: text('text_hash').notNull(),
    way: text('way', { enum: ways }).notNull(),
    /** The user, or the link it was said through. */
    byId: text('by_id').notNull(),
    byName: text('by_name').notNull(),
    consultId: uuid('consult_id'),
    at: instant('at').notNull(),
    withdrawnAt: instant('withdrawn_at'),
    withdrawnWay: text('withdrawn_way', { enum: ways }),
    withdrawnById: text('withdrawn_by_id'),
    withdrawnByName: text('withdrawn_by_name')
  },
  (t) => [
    unique('consent_receipt_number').on(t.organisationId, t.patientId, t.number),
    index('consent_receipt_person').on(t.organisationId, t.patientId, t.personId, t.purpose),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);
