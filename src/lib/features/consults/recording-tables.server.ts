import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid
} from 'drizzle-orm/pg-core';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import {
  recordingEnds,
  recordingMakers,
  recordingStates,
  recordingTypes,
  type RecordingSpan
} from './recording.ts';
import { consults } from './tables.server.ts';

/** A recording of a consult's room: one row from its start on; closed, what is played. */
export const consultRecordings = pgTable(
  'consult_recording',
  {
    ...tenantColumns(),
    consultId: uuid('consult_id').notNull(),
    patientId: uuid('patient_id').notNull(),
    state: text('state', { enum: recordingStates }).notNull(),
    type: text('type', { enum: recordingTypes }).notNull(),
    maker: text('maker', { enum: recordingMakers }).notNull().default('browser'),
    /** [RC-15] The egress service's name for it. */
    egressId: text('egress_id'),
    /** [RC-16] Since then the media server takes nothing more, by this server's clock. */
    stoppedAt: instant('stopped_at'),
    /** Whose browser records, or who asked the media server to. */
    startedById: uuid('started_by_id').notNull(),
    startedByName: text('started_by_name').notNull(),
    startedByOrganisationId: uuid('started_by_organisation_id').notNull(),
    startedAt: instant('started_at').notNull(),
    /** Names of those who had said yes when it began: the patient, and who was there. */
    agreed: text('agreed').array().notNull(),
    spans: jsonb('spans').$type<RecordingSpan[]>().notNull(),
    /** What records was heard of last. */
    heardAt: instant('heard_at').notNull(),
    endedAt: instant('ended_at'),
    end: text('end_reason', { enum: recordingEnds }),
    /** How many pieces that browser says it made; null: it has not said. Of the media server: 0 once it is done. */
    pieces: integer('pieces'),
    closedAt: instant('closed_at'),
    /** Of the file that stands before the pieces when it is played; null: none is needed. */
    headSha256: text('head_sha256'),
    headSize: integer('head_size'),
    /** Of the pieces laid one after the other: from this byte on, up to that one. */
    bodyFrom: bigint('body_from', { mode: 'number' }),
    bodyTo: bigint('body_to', { mode: 'number' }),
    /** How many pieces those are. */
    bodyPieces: integer('body_pieces'),
    durationMs: integer('duration_ms'),
    /** Of what is played. */
    size: bigint('size', { mode: 'number' }),
    sha256: text('sha256'),
    /** Pieces were missing: it plays up to the first of them. */
    cut: boolean('cut').notNull().default(false),
    /** [RC-14] */
    deletedAt: instant('deleted_at'),
    deletedById: uuid('deleted_by_id'),
    deletedByName: text('deleted_by_name'),
    deleteReason: text('delete_reason')
  },
  (t) => [
    unique('consult_recording_tenant').on(t.organisationId, t.id),
    index('consult_recording_consult').on(t.organisationId, t.consultId, t.startedAt),
    // [RC-2] One at a time.
    uniqueIndex('consult_recording_running')
      .on(t.organisationId, t.consultId)
      .where(sql`state in ('recording', 'paused')`),
    index('consult_recording_open')
      .on(t.state)
      .where(sql`state in ('recording', 'paused', 'ended')`),
    foreignKey({
      columns: [t.organisationId, t.consultId],
      foreignColumns: [consults.organisationId, consults.id]
    })
  ]
);

/** A piece of a recording as it came in; a row is there once its file is durable. Only added to. */
export const recordingPieces = pgTable(
  'consult_recording_piece',
  {
    ...tenantColumns(),
    consultId: uuid('consult_id').notNull(),
    recordingId: uuid('recording_id').notNull(),
    number: integer('number').notNull(),
    fileSha256: text('file_sha256').notNull(),
    size: integer('size').notNull(),
    /** Milliseconds of the room's time from the start to the end of this piece. */
    untilMs: integer('until_ms').notNull()
  },
  (t) => [
    unique('consult_recording_piece_once').on(t.organisationId, t.recordingId, t.number),
    index('consult_recording_piece_consult').on(t.organisationId, t.consultId),
    index('consult_recording_piece_file').on(t.organisationId, t.fileSha256),
    foreignKey({
      columns: [t.organisationId, t.recordingId],
      foreignColumns: [consultRecordings.organisationId, consultRecordings.id]
    })
  ]
);
