import { customType, timestamp, uuid } from 'drizzle-orm/pg-core';
import { newId } from '#lib/kernel/ids.ts';
import type { Sealed } from '#lib/kernel/ports.ts';

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

/**
 * A column whose value is encrypted: text in the database, `Sealed` in the code, so that a plain string can
 * neither be written to it nor read from it by mistake.
 */
export const sealedText = customType<{ data: Sealed; driverData: string }>({
  dataType: () => 'text',
  toDriver: (value) => value.sealed,
  fromDriver: (value) => ({ sealed: value })
});
