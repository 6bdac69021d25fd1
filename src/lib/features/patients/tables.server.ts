import { date, foreignKey, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { clinics } from '#lib/features/tenancy/tables.server.ts';
import { delegateScopes, relations } from './delegate.ts';
import { instant, sealedText, tenantColumns } from '#lib/features/tenancy/columns.server.ts';

export const patients = pgTable(
  'patient',
  {
    ...tenantColumns(),
    clinicId: uuid('clinic_id').notNull(),
    /** The clinic's own number, as printed on its papers. */
    number: text('number').notNull(),
    name: text('name').notNull(),
    sex: text('sex', { enum: ['female', 'male', 'other', 'unknown'] }).notNull(),
    birthDate: date('birth_date').notNull(),
    phone: sealedText('phone').notNull(),
    /** Keyed hashes for exact look-up; null until sealed. */
    phoneIndex: text('phone_index'),
    email: sealedText('email'),
    nationalId: sealedText('national_id'),
    nationalIdIndex: text('national_id_index'),
    address: sealedText('address')
  },
  (t) => [
    unique('patient_tenant').on(t.organisationId, t.id),
    unique('patient_number').on(t.organisationId, t.number),
    index('patient_name').on(t.organisationId, t.name),
    index('patient_phone_index').on(t.organisationId, t.phoneIndex),
    index('patient_national_id_index').on(t.organisationId, t.nationalIdIndex),
    foreignKey({
      columns: [t.organisationId, t.clinicId],
      foreignColumns: [clinics.organisationId, clinics.id]
    })
  ]
);

/** Allergies, conditions and medication: what must be known before anything is done. */
export const healthItems = pgTable(
  'health_item',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    kind: text('kind', { enum: ['allergy', 'condition', 'medication'] }).notNull(),
    label: text('label').notNull(),
    /** ICD-10 for a condition where known. */
    code: text('code'),
    /** Reaction of an allergy, dose of a medication, state of a condition. */
    detail: text('detail'),
    severity: text('severity', { enum: ['low', 'high'] }),
    since: date('since'),
    endedAt: instant('ended_at'),
    recordedById: uuid('recorded_by_id').notNull(),
    recordedByName: text('recorded_by_name').notNull()
  },
  (t) => [
    unique('health_item_tenant').on(t.organisationId, t.id),
    index('health_item_patient').on(t.organisationId, t.patientId, t.kind),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);

/** A clinical note of a visit. Never changed: a correction is a new note that names the one it amends. */
export const notes = pgTable(
  'note',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    text: text('text').notNull(),
    teeth: text('teeth').array().notNull().default([]),
    authorId: uuid('author_id').notNull(),
    authorName: text('author_name').notNull(),
    amendsId: uuid('amends_id'),
    consultId: uuid('consult_id'),
    writtenAt: instant('written_at').notNull()
  },
  (t) => [
    unique('note_tenant').on(t.organisationId, t.id),
    index('note_patient').on(t.organisationId, t.patientId, t.writtenAt),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);

/** Patients a person opened lately, for the list's first screen and the palette. */
export const recentPatients = pgTable(
  'recent_patient',
  {
    ...tenantColumns(),
    userId: uuid('user_id').notNull(),
    patientId: uuid('patient_id').notNull(),
    openedAt: instant('opened_at').notNull()
  },
  (t) => [
    unique('recent_patient_once').on(t.organisationId, t.userId, t.patientId),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);

/**
 * Somebody who stands by a patient, as stated at the clinic. Ending one (a trigger in server/db/security.sql) ends
 * their links and seats.
 */
export const patientDelegates = pgTable(
  'patient_delegate',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    name: text('name').notNull(),
    relation: text('relation', { enum: relations }).notNull(),
    scopes: text('scopes', { enum: delegateScopes }).array().notNull(),
    phone: sealedText('phone').notNull(),
    /** How the relation was shown, in a few words: a paper, said by the patient. */
    basis: text('basis').notNull().default(''),
    recordedById: uuid('recorded_by_id').notNull(),
    recordedByName: text('recorded_by_name').notNull(),
    startsAt: instant('starts_at').notNull(),
    endedAt: instant('ended_at'),
    endedById: uuid('ended_by_id'),
    endedByName: text('ended_by_name')
  },
  (t) => [
    unique('patient_delegate_tenant').on(t.organisationId, t.id),
    index('patient_delegate_patient').on(t.organisationId, t.patientId),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);
