import { timestamp, uuid } from 'drizzle-orm/pg-core';
import { newId } from '#lib/kernel/ids.ts';

/** Columns every tenant table begins with: `...tenantColumns()`. */
export function tenantColumns() {
  return {
    id: uuid('id')
      .primaryKey()
      .$defaultFn(() => newId()),
    organisationId: uuid('organisation_id').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow()
  };
}

/** A point in time: stored in UTC, to the millisecond, as JavaScript has it. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
