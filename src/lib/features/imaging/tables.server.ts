import { bigint, foreignKey, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { patients } from '#lib/features/patients/tables.server.ts';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { imageKinds, type Calibration, type GreyWindow, type PixelSpacing } from './image.ts';

/** Files kept in the file store, one row for each content an organisation has. */
export const storedFiles = pgTable(
  'stored_file',
  {
    ...tenantColumns(),
    /** Lower-case hex of the plain bytes: the key in the file store. */
    sha256: text('sha256').notNull(),
    size: bigint('size', { mode: 'number' }).notNull(),
    mediaType: text('media_type').notNull(),
    contentEncoding: text('content_encoding', { enum: ['gzip'] })
  },
  (t) => [
    unique('stored_file_tenant').on(t.organisationId, t.id),
    unique('stored_file_content').on(t.organisationId, t.sha256)
  ]
);

/** One picture of one patient. The original is `file`, what is shown is `frame`, both in the file store. */
export const images = pgTable(
  'image',
  {
    ...tenantColumns(),
    patientId: uuid('patient_id').notNull(),
    kind: text('kind', { enum: imageKinds }).notNull(),
    modality: text('modality'),
    rows: integer('rows').notNull(),
    columns: integer('columns').notNull(),
    bitsStored: integer('bits_stored').notNull(),
    frames: integer('frames').notNull().default(1),
    pixelSpacing: jsonb('pixel_spacing').$type<PixelSpacing>().notNull(),
    window: jsonb('window').$type<GreyWindow>().notNull(),
    laterality: text('laterality', { enum: ['R', 'L', 'B', 'U'] }),
    teeth: text('teeth').array().notNull().default([]),
    /** As the device wrote it, without a zone: `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ss`. */
    takenAt: text('taken_at'),
    sopInstanceUid: text('sop_instance_uid'),
    seriesUid: text('series_uid'),
    studyUid: text('study_uid'),
    fileSha256: text('file_sha256').notNull(),
    fileSize: bigint('file_size', { mode: 'number' }).notNull(),
    mediaType: text('media_type').notNull(),
    frameSha256: text('frame_sha256').notNull(),
    thumbnailSha256: text('thumbnail_sha256').notNull(),
    /** Set by a person; wins over the file's own spacing. */
    calibration: jsonb('calibration').$type<Calibration>(),
    /** How the file's own identity compared; `confirmed`: a person said it is this patient all the same. */
    identityCheck: text('identity_check', { enum: ['same', 'none', 'confirmed'] }).notNull(),
    /** By the virus scanner; `not-scanned`: it could not be asked. Null: none was configured. */
    scan: text('scan', { enum: ['clean', 'not-scanned'] }),
    uploadedById: uuid('uploaded_by_id'),
    uploadedByName: text('uploaded_by_name').notNull(),
    uploadedAt: instant('uploaded_at').notNull(),
    /** Out of the record's view, never destroyed: put with the wrong patient, unreadable. */
    withdrawnAt: instant('withdrawn_at'),
    withdrawnBy: text('withdrawn_by'),
    withdrawnReason: text('withdrawn_reason')
  },
  (t) => [
    unique('image_tenant').on(t.organisationId, t.id),
    // The same file twice is one picture.
    unique('image_content').on(t.organisationId, t.patientId, t.fileSha256),
    index('image_patient').on(t.organisationId, t.patientId, t.takenAt),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);
