import { sql } from 'drizzle-orm';
import {
  bigint,
  foreignKey,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid
} from 'drizzle-orm/pg-core';
import { instant, tenantColumns } from './columns.server.ts';

export const organisations = pgTable(
  'organisation',
  {
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    nameEn: text('name_en').notNull(),
    kind: text('kind', { enum: ['clinic', 'hospital'] }).notNull(),
    timeZone: text('time_zone').notNull().default('Asia/Shanghai'),
    /** Minutes without a sign of life after which a session of staff ends; 0: never. */
    idleMinutes: integer('idle_minutes').notNull().default(15),
    /** Roles that must have a second factor, from `secondFactorFrom` on. */
    secondFactorRoles: text('second_factor_roles').array().notNull().default([]),
    secondFactorFrom: instant('second_factor_from'),
    /** Days after which a consult's grant ends where nothing of it was changed. */
    grantDays: integer('grant_days').notNull().default(30),
    /** Years a record is kept after the last visit; the law's minimum at least. */
    retentionYears: integer('retention_years').notNull().default(15),
    createdAt: instant('created_at').notNull().defaultNow()
  },
  () => [check('organisation_retention', sql`retention_years between 15 and 100`)]
);

export const clinics = pgTable(
  'clinic',
  {
    ...tenantColumns(),
    name: text('name').notNull(),
    nameEn: text('name_en').notNull(),
    /** Closed: nothing new happens there; what happened stays. */
    closedAt: instant('closed_at')
  },
  (t) => [unique('clinic_tenant').on(t.organisationId, t.id)]
);

export const departments = pgTable(
  'department',
  {
    ...tenantColumns(),
    clinicId: uuid('clinic_id').notNull(),
    name: text('name').notNull(),
    nameEn: text('name_en').notNull(),
    closedAt: instant('closed_at')
  },
  (t) => [
    unique('department_tenant').on(t.organisationId, t.id),
    // What a member's place refers to: a department and the clinic it is of.
    unique('department_clinic').on(t.organisationId, t.clinicId, t.id),
    foreignKey({
      columns: [t.organisationId, t.clinicId],
      foreignColumns: [clinics.organisationId, clinics.id]
    })
  ]
);

/** News written in the transaction that made it; a trigger hands each row to the job engine. */
export const outbox = pgTable(
  'outbox',
  {
    ...tenantColumns(),
    topic: text('topic').notNull(),
    /** Rows of one subject are handled in order. */
    subject: text('subject').notNull(),
    payload: jsonb('payload').notNull()
  },
  (t) => [index('outbox_created').on(t.createdAt)]
);

/** Running numbers of an organisation, taken through the SQL function `next_number`. */
export const counters = pgTable(
  'counter',
  { ...tenantColumns(), name: text('name').notNull(), value: bigint('value', { mode: 'number' }).notNull() },
  (t) => [unique('counter_name').on(t.organisationId, t.name)]
);

/**
 * Keys an organisation's columns and files are encrypted under, each wrapped by the master key. Read by role
 * consilium_system alone.
 */
export const dataKeys = pgTable(
  'data_key',
  {
    ...tenantColumns(),
    /** `pending`: known to all processes soon, used by none yet; `current`: seals; `old`: only opens. */
    state: text('state', { enum: ['pending', 'current', 'old'] }).notNull(),
    wrapped: text('wrapped').notNull(),
    /** The name of the master key it is wrapped under. */
    wrappedBy: text('wrapped_by').notNull()
  },
  (t) => [
    index('data_key_organisation').on(t.organisationId),
    uniqueIndex('data_key_current')
      .on(t.organisationId)
      .where(sql`state = 'current'`)
  ]
);
