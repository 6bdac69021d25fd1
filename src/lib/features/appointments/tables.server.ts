import { check, foreignKey, index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import { members } from '#lib/features/identity/tables.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { clinics } from '#lib/features/tenancy/tables.server.ts';
import { appointmentStatuses } from './appointment.ts';

/** A dental chair: the resource an appointment holds besides the practitioner. */
export const chairs = pgTable(
  'chair',
  {
    ...tenantColumns(),
    clinicId: uuid('clinic_id').notNull(),
    name: text('name').notNull(),
    /** Order on the day's page. */
    position: integer('position').notNull().default(0)
  },
  (t) => [
    unique('chair_tenant').on(t.organisationId, t.id),
    unique('chair_name').on(t.organisationId, t.clinicId, t.name),
    foreignKey({
      columns: [t.organisationId, t.clinicId],
      foreignColumns: [clinics.organisationId, clinics.id]
    })
  ]
);

/** The exclusion constraints against double booking are in constraints.sql: Drizzle cannot say them. */
export const appointments = pgTable(
  'appointment',
  {
    ...tenantColumns(),
    clinicId: uuid('clinic_id').notNull(),
    patientId: uuid('patient_id').notNull(),
    practitionerId: uuid('practitioner_id').notNull(),
    chairId: uuid('chair_id').notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    status: text('status', { enum: appointmentStatuses }).notNull().default('booked'),
    checkedInAt: instant('checked_in_at'),
    seatedAt: instant('seated_at'),
    finishedAt: instant('finished_at'),
    cancelledAt: instant('cancelled_at'),
    cancelReason: text('cancel_reason').notNull().default(''),
    reason: text('reason').notNull(),
    note: text('note').notNull().default(''),
    /** Where it came from, in rooms of a higher tier: ids only, no foreign key. */
    planItemId: uuid('plan_item_id'),
    consultId: uuid('consult_id'),
    /** The user who booked; null: the server itself. */
    createdById: uuid('created_by_id')
  },
  (t) => [
    unique('appointment_tenant').on(t.organisationId, t.id),
    index('appointment_day').on(t.organisationId, t.clinicId, t.startsAt),
    index('appointment_patient').on(t.organisationId, t.patientId, t.startsAt),
    check('appointment_lasts', sql`${t.endsAt} > ${t.startsAt}`),
    foreignKey({
      columns: [t.organisationId, t.clinicId],
      foreignColumns: [clinics.organisationId, clinics.id]
    }),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    }),
    foreignKey({
      columns: [t.organisationId, t.practitionerId],
      foreignColumns: [members.organisationId, members.id]
    }),
    foreignKey({ columns: [t.organisationId, t.chairId], foreignColumns: [chairs.organisationId, chairs.id] })
  ]
);
