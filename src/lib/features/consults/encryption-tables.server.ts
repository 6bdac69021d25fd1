import { boolean, foreignKey, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { sealedText, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import type { CannotEncrypt } from './encryption.ts';
import { consults } from './tables.server.ts';

/** [CN-80] The end-to-end encryption of one consult's call. */
export const callEncryptions = pgTable(
  'call_encryption',
  {
    ...tenantColumns(),
    consultId: uuid('consult_id').notNull(),
    /** What every key of this call is derived from; never leaves the server. */
    secret: sealedText('secret').notNull(),
    /** Counts keys: a new one when somebody has left. */
    epoch: integer('epoch').notNull().default(1),
    /** A host's wish; null: on for visits. */
    choice: boolean('choice'),
    choiceByName: text('choice_by_name'),
    cannot: jsonb('cannot').$type<CannotEncrypt[]>().notNull().default([])
  },
  (t) => [
    unique('call_encryption_once').on(t.organisationId, t.consultId),
    foreignKey({
      columns: [t.organisationId, t.consultId],
      foreignColumns: [consults.organisationId, consults.id]
    })
  ]
);
