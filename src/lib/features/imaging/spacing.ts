import { noSpacing, type PixelSpacing } from './image.ts';

/**
 * SOP classes whose pixels are shadows on a detector: anatomy is magnified by its distance from it.
 * DICOM PS3.4 table B.5-1.
 */
const projectionSopClasses = new Set([
  '1.2.840.10008.5.1.4.1.1.1', // Computed Radiography
  '1.2.840.10008.5.1.4.1.1.1.1', // Digital X-Ray, for presentation
  '1.2.840.10008.5.1.4.1.1.1.1.1', // Digital X-Ray, for processing
  '1.2.840.10008.5.1.4.1.1.1.2', // Mammography, for presentation
  '1.2.840.10008.5.1.4.1.1.1.2.1', // Mammography, for processing
  '1.2.840.10008.5.1.4.1.1.1.3', // Intra-oral, for presentation
  '1.2.840.10008.5.1.4.1.1.1.3.1', // Intra-oral, for processing
  '1.2.840.10008.5.1.4.1.1.12.1', // X-Ray Angiographic
  '1.2.840.10008.5.1.4.1.1.12.1.1', // Enhanced XA
  '1.2.840.10008.5.1.4.1.1.12.2', // X-Ray Radiofluoroscopic
  '1.2.840.10008.5.1.4.1.1.12.2.1' // Enhanced XRF
]);

const projectionModalities = new Set(['PX', 'IO', 'DX', 'CR', 'MG', 'RF', 'XA', 'RG']);

/** Modalities of tomographic pictures, where Pixel Spacing is in the patient by definition. */
const planarModalities = new Set(['CT', 'MR', 'PT', 'NM']);

/** Two spacings a device wrote from one number may differ in the last printed digit. */
const relativeTolerance = 1e-3;

export interface SpacingTags {
  sopClassUid: string | null;
  modality: string | null;
  /** (0028,0030) row, column in mm. */
  pixelSpacing: readonly number[] | null;
  /** (0028,0A02) GEOMETRY or FIDUCIAL. */
  calibrationType: string | null;
  /** (0018,1164) row, column in mm, at the front plane of the detector. */
  imagerPixelSpacing: readonly number[] | null;
}

/**
 * What the file's spacing tags are worth as millimetres on the patient. DICOM PS3.3 10.7.1 (Pixel Spacing
 * Calibration macro) with the reading that OHIF and cornerstone3D use: on a projection radiograph a Pixel
 * Spacing that only repeats the Imager Pixel Spacing, or that comes without any calibration tag, is the
 * detector's; it counts as calibrated when the Calibration Type says so or when the two differ.
 */
export function readSpacing(tags: SpacingTags): PixelSpacing {
  const plane = validPair(tags.pixelSpacing);
  const imager = validPair(tags.imagerPixelSpacing);
  if (!isProjection(tags)) {
    const known = plane !== null && planarModalities.has(tags.modality ?? '');
    if (plane) return { rowMm: plane[0], columnMm: plane[1], source: known ? 'calibrated' : 'detector' };
    return noSpacing;
  }
  if (plane && tags.calibrationType) return { rowMm: plane[0], columnMm: plane[1], source: 'calibrated' };
  if (plane && imager && !same(plane, imager))
    return { rowMm: plane[0], columnMm: plane[1], source: 'calibrated' };
  const detector = imager ?? plane;
  return detector ? { rowMm: detector[0], columnMm: detector[1], source: 'detector' } : noSpacing;
}

function isProjection(tags: SpacingTags): boolean {
  return projectionSopClasses.has(tags.sopClassUid ?? '') || projectionModalities.has(tags.modality ?? '');
}

function validPair(values: readonly number[] | null): [number, number] | null {
  const [row, column] = values ?? [];
  if (row === undefined || !Number.isFinite(row) || row <= 0) return null;
  const second = column ?? row;
  return Number.isFinite(second) && second > 0 ? [row, second] : null;
}

function same(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a.every((value, i) => Math.abs(value - b[i]!) <= relativeTolerance * value);
}
