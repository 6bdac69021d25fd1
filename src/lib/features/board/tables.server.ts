import {
  bigint,
  boolean,
  customType,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid
} from 'drizzle-orm/pg-core';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });

/** The board of a consult: one Yjs document about one patient. [BD-1] */
export const boardDocuments = pgTable(
  'board_document',
  {
    ...tenantColumns(),
    /** A board belongs to a consult, a room above this one, hence no foreign key here. */
    consultId: uuid('consult_id').notNull(),
    patientId: uuid('patient_id').notNull(),
    /** Number of the newest row in the log. Its row lock makes numbers follow commit order, without gaps. [BD-5] */
    lastNumber: bigint('last_number', { mode: 'number' }).notNull().default(0),
    /** From then on the board is readable, no longer writable. */
    closedAt: instant('closed_at')
  },
  (t) => [
    unique('board_document_tenant').on(t.organisationId, t.id),
    unique('board_document_consult').on(t.organisationId, t.consultId),
    index('board_document_patient').on(t.organisationId, t.patientId),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);

/**
 * Append-only log of what changed, by whom, when; its beginning is in board_segment. Has no id of its own: document and number name a row, and
 * one index fewer is felt on the busiest table. [BD-5]
 */
export const boardUpdates = pgTable(
  'board_update',
  {
    organisationId: uuid('organisation_id').notNull(),
    documentId: uuid('document_id').notNull(),
    consultId: uuid('consult_id').notNull(),
    /** 1, 2, 3 … without gaps within a document. */
    number: bigint('number', { mode: 'number' }).notNull(),
    /** User or invite id, as the session said; `system` for what the server wrote. */
    author: text('author').notNull(),
    /** When the server received it. */
    at: instant('at').notNull(),
    /** A Yjs update, encoding version 1. */
    bytes: bytea('bytes').notNull()
  },
  (t) => [
    primaryKey({ columns: [t.organisationId, t.documentId, t.number] }),
    foreignKey({
      columns: [t.organisationId, t.documentId],
      foreignColumns: [boardDocuments.organisationId, boardDocuments.id]
    })
  ]
);

/**
 * The beginning of a log, packed: rows `first` to `last` as they were, which are then no longer in board_update. Only
 * added to, as the log is. [BD-9]
 */
export const boardSegments = pgTable(
  'board_segment',
  {
    organisationId: uuid('organisation_id').notNull(),
    documentId: uuid('document_id').notNull(),
    consultId: uuid('consult_id').notNull(),
    /** Segments follow each other without gaps from row 1 on. */
    first: bigint('first', { mode: 'number' }).notNull(),
    last: bigint('last', { mode: 'number' }).notNull(),
    /** Earliest and latest receipt of a row in it. */
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
    /** Bytes of the updates in it, before packing. */
    size: integer('size').notNull(),
    /** segment.server.ts. */
    bytes: bytea('bytes').notNull()
  },
  (t) => [
    primaryKey({ columns: [t.organisationId, t.documentId, t.first] }),
    foreignKey({
      columns: [t.organisationId, t.documentId],
      foreignColumns: [boardDocuments.organisationId, boardDocuments.id]
    })
  ]
);

/** The newest whole state of a document; the log after `upTo` completes it. One row a document. [BD-6] */
export const boardSnapshots = pgTable(
  'board_snapshot',
  {
    organisationId: uuid('organisation_id').notNull(),
    documentId: uuid('document_id').notNull(),
    consultId: uuid('consult_id').notNull(),
    /** Every row of the log up to and including this number is in `state`. */
    upTo: bigint('up_to', { mode: 'number' }).notNull(),
    /** A Yjs update, encoding version 1, that holds the whole document, garbage collected. */
    state: bytea('state').notNull(),
    /** `state` is packed (pack.server.ts); older ones are not. */
    packed: boolean('packed').notNull().default(false),
    /** Length of the state in bytes, before packing. */
    size: integer('size').notNull(),
    at: instant('at').notNull()
  },
  (t) => [
    primaryKey({ columns: [t.organisationId, t.documentId] }),
    foreignKey({
      columns: [t.organisationId, t.documentId],
      foreignColumns: [boardDocuments.organisationId, boardDocuments.id]
    })
  ]
);
