import type { Calibration, GreyWindow, ImageKind, Laterality, PixelSpacing } from './image.ts';

/** One picture as pages show it. Plain values, sent to the browser as they are. */
export interface ImageView {
  id: string;
  patientId: string;
  kind: ImageKind;
  modality: string | null;
  rows: number;
  columns: number;
  bitsStored: number;
  frames: number;
  pixelSpacing: PixelSpacing;
  calibration: Calibration | null;
  window: GreyWindow;
  laterality: Laterality | null;
  teeth: string[];
  /** Local time of the device, no zone: `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ss`. */
  takenAt: string | null;
  sopInstanceUid: string | null;
  mediaType: string;
  fileSize: number;
  /** Taken in while the virus scanner could not be asked. */
  unscanned: boolean;
  uploadedByName: string;
  /** ISO 8601, UTC. */
  uploadedAt: string;
  /** Taken out of the record's view, by whom, when (ISO 8601, UTC) and why. */
  withdrawn: { at: string; by: string; reason: string } | null;
}
