import type { images } from './tables.server.ts';
import type { ImageView } from './view.ts';

/** A row as pages may see it: no storage keys, nothing of the file's own identity. */
export function imageView(row: typeof images.$inferSelect): ImageView {
  return {
    id: row.id,
    patientId: row.patientId,
    kind: row.kind,
    modality: row.modality,
    rows: row.rows,
    columns: row.columns,
    bitsStored: row.bitsStored,
    frames: row.frames,
    pixelSpacing: row.pixelSpacing,
    calibration: row.calibration,
    window: row.window,
    laterality: row.laterality,
    teeth: row.teeth,
    takenAt: row.takenAt,
    sopInstanceUid: row.sopInstanceUid,
    mediaType: row.mediaType,
    fileSize: row.fileSize,
    unscanned: row.scan === 'not-scanned',
    uploadedByName: row.uploadedByName,
    uploadedAt: row.uploadedAt.toISOString(),
    withdrawn: row.withdrawnAt && {
      at: row.withdrawnAt.toISOString(),
      by: row.withdrawnBy ?? '',
      reason: row.withdrawnReason ?? ''
    }
  };
}
