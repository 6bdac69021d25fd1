import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid
} from 'drizzle-orm/pg-core';
import { patients } from '#lib/features/patients/tables.server.ts';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { agreers } from './plan.ts';

/** A plan of treatment for one patient; its work is in the items. */
export const treatmentPlans = pgTable(
  'treatment_plan',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    title: text('title').notNull(),
    status: text('status', { enum: ['active', 'done', 'cancelled'] }).notNull(),
    note: text('note').notNull().default(''),
    consultId: uuid('consult_id'),
    /** The accepted proposal this came from. */
    proposalId: uuid('proposal_id'),
    authorId: uuid('author_id').notNull(),
    authorName: text('author_name').notNull(),
    authorOrganisationId: uuid('author_organisation_id').notNull(),
    acceptedAt: instant('accepted_at').notNull(),
    acceptedBy: text('accepted_by').notNull(),
    /** Who said yes to it, the patient or who speaks for them; null: nobody yet. */
    agreedBy: text('agreed_by', { enum: agreers }),
    agreedAt: instant('agreed_at'),
    agreedRecordedBy: text('agreed_recorded_by'),
    updatedAt: instant('updated_at').notNull()
  },
  (t) => [
    unique('treatment_plan_tenant').on(t.organisationId, t.id),
    uniqueIndex('treatment_plan_proposal').on(t.organisationId, t.proposalId),
    index('treatment_plan_patient').on(t.organisationId, t.patientId, t.acceptedAt),
    foreignKey({
      name: 'treatment_plan_patient_fk',
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);

/** One procedure of a plan. `patientId` is repeated so that row-level security need not join. */
export const treatmentPlanItems = pgTable(
  'treatment_plan_item',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    planId: uuid('plan_id').notNull(),
    /** 1, 2, 3 … in the order of treatment. */
    phase: integer('phase').notNull(),
    phaseTitle: text('phase_title').notNull().default(''),
    /** 1, 2, 3 … within the phase. */
    position: integer('position').notNull(),
    /** FDI number, or null where the procedure concerns the whole mouth. */
    tooth: text('tooth'),
    surfaces: text('surfaces').array().notNull().default([]),
    procedure: text('procedure').notNull(),
    visits: integer('visits').notNull(),
    visitsDone: integer('visits_done').notNull().default(0),
    /** Minutes of one visit. */
    minutes: integer('minutes').notNull(),
    /** In minor units (fen, cents) of the clinic's currency; null: not priced. */
    priceMinor: bigint('price_minor', { mode: 'number' }),
    note: text('note').notNull().default(''),
    status: text('status', { enum: ['planned', 'in-progress', 'done', 'cancelled'] }).notNull(),
    /** Why it is cancelled. */
    cancelReason: text('cancel_reason').notNull().default(''),
    appointmentId: uuid('appointment_id'),
    updatedAt: instant('updated_at').notNull()
  },
  (t) => [
    unique('treatment_plan_item_tenant').on(t.organisationId, t.id),
    index('treatment_plan_item_plan').on(t.organisationId, t.planId, t.phase, t.position),
    foreignKey({
      name: 'treatment_plan_item_plan_fk',
      columns: [t.organisationId, t.planId],
      foreignColumns: [treatmentPlans.organisationId, treatmentPlans.id]
    }),
    foreignKey({
      name: 'treatment_plan_item_patient_fk',
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    }),
    check('treatment_plan_item_tooth', sql`${t.tooth} is null or ${t.tooth} ~ '^([1-4][1-8]|[5-8][1-5])$'`),
    check('treatment_plan_item_visits', sql`${t.visits} >= 1 and ${t.visitsDone} >= 0 and ${t.minutes} > 0`)
  ]
);
