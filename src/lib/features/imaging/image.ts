/** The words of this room: what an image is, where its scale comes from, how it is first shown. */

export const imageKinds = [
  'panoramic',
  'periapical',
  'bitewing',
  'lateral-ceph',
  'cbct',
  'intraoral-photo',
  'other'
] as const;
export type ImageKind = (typeof imageKinds)[number];

/**
 * Where a scale comes from. `calibrated`: the file states millimetres in the plane of the anatomy.
 * `detector`: millimetres at the detector, magnified by an unknown factor. `none`: nothing is known.
 */
export type SpacingSource = 'calibrated' | 'detector' | 'none';

/** Distance between the centres of neighbouring pixels, in millimetres; 0 where `source` is `none`. */
export interface PixelSpacing {
  /** Between rows: vertical. */
  rowMm: number;
  /** Between columns: horizontal. */
  columnMm: number;
  source: SpacingSource;
}

export const noSpacing: PixelSpacing = { rowMm: 0, columnMm: 0, source: 'none' };

/** Grey window in modality units (after rescale). `width` ≥ 1. */
export interface GreyWindow {
  center: number;
  width: number;
}

/** Modality transform: value = stored × slope + intercept (PS3.3 C.11.1). */
export interface Rescale {
  slope: number;
  intercept: number;
}

export type Photometric = 'MONOCHROME1' | 'MONOCHROME2' | 'RGB';
export type Laterality = 'R' | 'L' | 'B' | 'U';

/** Who a file says it shows. Compared with the open patient, never logged, never stored in the clear. */
export interface FileIdentity {
  patientId: string | null;
  /** All component groups of the name as written, e.g. `["WANG^XIUYING", "王^秀英"]`. */
  names: string[];
  /** `YYYY-MM-DD`. */
  birthDate: string | null;
}

/** What a file says of itself, whatever its format. */
export interface ImageInfo {
  kind: ImageKind;
  modality: string | null;
  rows: number;
  columns: number;
  bitsAllocated: 8 | 16;
  bitsStored: number;
  signed: boolean;
  photometric: Photometric;
  samplesPerPixel: 1 | 3;
  frames: number;
  window: GreyWindow | null;
  rescale: Rescale;
  pixelSpacing: PixelSpacing;
  laterality: Laterality | null;
  /** FDI numbers named by the file, in its order. */
  teeth: string[];
  /** Local date and time of the device, `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ss`: DICOM seldom knows a zone. */
  takenAt: string | null;
  identity: FileIdentity;
  sopClassUid: string | null;
  sopInstanceUid: string | null;
  seriesUid: string | null;
  studyUid: string | null;
}

/** A picture beyond this many pixels is refused before memory is taken for it. */
export const maxPixels = 64 * 1024 * 1024;

/** Bytes of a file that are held in memory to read it: its header and first frame must lie within. */
export const maxHeadBytes = 160 * 1024 * 1024;

/** Frames of one file, and their pixels together: a whole jaw at the finest resolution in use. */
export const maxFrames = 4096;
export const maxFramePixels = 2 ** 31;

/** Set by a person who knows the true length of something in the picture. */
export interface Calibration {
  mmPerPixel: number;
  source: 'user';
  /** Name of who calibrated. */
  by: string;
  /** ISO 8601, UTC. */
  at: string;
  /** What was measured, e.g. "implant 10 mm". */
  knownObject: string;
}

/** More teeth than this on a picture and it is one of the jaw, not of a tooth. */
const teethOfOneTooth = 6;

/** What shows a tooth: the pictures of it first, then those of the whole jaw, each as they come. */
export function imagesOfTooth<T extends { kind: ImageKind; teeth: readonly string[] }>(
  images: readonly T[],
  tooth: string
): T[] {
  const near = images.filter(({ teeth }) => teeth.includes(tooth) && teeth.length <= teethOfOneTooth);
  const whole = images.filter(
    (image) =>
      !near.includes(image) &&
      (image.teeth.includes(tooth) ||
        (image.teeth.length === 0 && (image.kind === 'panoramic' || image.kind === 'cbct')))
  );
  return [...near, ...whole];
}
