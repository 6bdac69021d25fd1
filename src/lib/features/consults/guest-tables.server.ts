import { sql } from 'drizzle-orm';
import { foreignKey, index, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { specialties } from './consult.ts';
import { consults } from './tables.server.ts';

/**
 * [CN-70] A further specialist, asked into an open consult by name. What crosses to them are grant items of their own; a
 * trigger ends these with the row, and the row with its consult.
 */
export const consultGuests = pgTable(
  'consult_guest',
  {
    ...tenantColumns(),
    consultId: uuid('consult_id').notNull(),
    userId: uuid('user_id').notNull(),
    /** Whose member they are. */
    guestOrganisationId: uuid('guest_organisation_id').notNull(),
    guestOrganisationName: text('guest_organisation_name').notNull(),
    name: text('name').notNull(),
    title: text('title').notNull(),
    specialty: text('specialty', { enum: specialties }).notNull(),
    /** What they are asked for; empty: the consult's question. */
    reason: text('reason').notNull().default(''),
    invitedById: uuid('invited_by_id').notNull(),
    invitedByName: text('invited_by_name').notNull(),
    endedAt: instant('ended_at'),
    /** Who ended it, the one invited among them; null: it ended with its consult. */
    endedById: uuid('ended_by_id'),
    endedByName: text('ended_by_name')
  },
  (t) => [
    unique('consult_guest_tenant').on(t.organisationId, t.id),
    uniqueIndex('consult_guest_open')
      .on(t.organisationId, t.consultId, t.userId)
      .where(sql`ended_at is null`),
    index('consult_guest_user').on(t.userId, t.guestOrganisationId),
    foreignKey({
      columns: [t.organisationId, t.consultId],
      foreignColumns: [consults.organisationId, consults.id]
    })
  ]
);
