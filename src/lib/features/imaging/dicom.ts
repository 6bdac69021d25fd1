import dicomParser, { type DataSet, type Element } from 'dicom-parser';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import { kindFromTags } from './dicom-kind.ts';
import { bytesOf, code, integer, numbers, safeUid, text, uid } from './dicom-elements.ts';
import { type FramePlace, frameNumbers, framePlaces, isOfAllFrames } from './dicom-frames.ts';
import { dateOf, dateTimeOf, decodeText, personNames } from './dicom-text.ts';
import {
  maxFramePixels,
  maxFrames,
  maxPixels,
  type ImageInfo,
  type Laterality,
  type Photometric
} from './image.ts';
import { looksLikeDicom } from './sniff.ts';
import { readSpacing } from './spacing.ts';

/** Transfer syntaxes this room can show, with how their pixels are packed. */
const transferSyntaxes: Readonly<Record<string, PixelPacking>> = {
  '1.2.840.10008.1.2': 'little',
  '1.2.840.10008.1.2.1': 'little',
  '1.2.840.10008.1.2.1.99': 'little',
  '1.2.840.10008.1.2.2': 'big',
  '1.2.840.10008.1.2.5': 'rle',
  '1.2.840.10008.1.2.4.50': 'jpeg-baseline',
  '1.2.840.10008.1.2.4.57': 'jpeg-lossless',
  '1.2.840.10008.1.2.4.70': 'jpeg-lossless'
};
export type PixelPacking = 'little' | 'big' | 'rle' | 'jpeg-baseline' | 'jpeg-lossless';

/** Where a frame's pixels are in `bytes`, proven to lie inside it. */
export interface PixelSource {
  packing: PixelPacking;
  /** The file as parsed: for a deflated file the inflated bytes. */
  bytes: Uint8Array;
  /** Byte ranges whose concatenation is the frame. */
  parts: { offset: number; length: number }[];
  /** 0: RGBRGB…, 1: plane after plane. */
  planar: 0 | 1;
  /** Value representation of the pixel data; a big-endian OW holds 8-bit pixels in swapped pairs. */
  vr: string | null;
}

export interface DicomFile {
  info: ImageInfo;
  pixels: PixelSource;
}

export interface ReadDicomOptions {
  /** Size of the whole file where `bytes` is only its head. */
  totalBytes?: number;
  /** Which frame, from 1; the first where it is left out. */
  frame?: number;
  /** Inflates a raw deflate stream, bounded by the caller. Without it deflated files are unsupported. */
  inflate?: (deflated: Uint8Array) => Uint8Array;
}

const pixelDataTag = 'x7fe00010';

/**
 * Read a DICOM Part 10 file's header and find one of its frames. Allocates nothing in proportion to what the
 * header claims; every claim is checked against the bytes that are there.
 * @throws AppError `file_empty`, `file_not_an_image`, `dicom_truncated`, `dicom_no_pixels`,
 *   `dicom_unsupported` {transferSyntax}, `file_too_large`, `dicom_frame_out_of_reach`
 */
export function readDicom(bytes: Uint8Array, options: ReadDicomOptions = {}): DicomFile {
  if (bytes.length === 0) throw fail('file_empty');
  if (!looksLikeDicom(bytes)) throw fail('file_not_an_image');
  const data = parse(bytes, options);
  const syntax = text(data, 'x00020010') ?? '1.2.840.10008.1.2';
  const inflated = data.byteArray.length !== bytes.length;
  const totalBytes = inflated ? data.byteArray.length : Math.max(options.totalBytes ?? 0, bytes.length);
  const frame = options.frame ?? 1;
  const info = readInfo(data, frame);
  const packing = transferSyntaxes[syntax];
  if (!packing) throw fail('dicom_unsupported', { transferSyntax: safeUid(syntax) });
  const subsampled = text(data, 'x00280004')?.startsWith('YBR') ?? false;
  // Only a JPEG decoder turns YBR into RGB here.
  if (subsampled && packing !== 'jpeg-baseline') throw fail('dicom_unsupported', { transferSyntax: 'YBR' });
  const element = data.elements[pixelDataTag];
  if (!element || info.rows === 0 || info.columns === 0) throw fail('dicom_no_pixels');
  if (info.rows * info.columns > maxPixels)
    throw fail('file_too_large', { limitMegapixels: maxPixels / 1024 / 1024 });
  if (info.frames > maxFrames || info.rows * info.columns * info.frames > maxFramePixels)
    throw fail('file_too_large', { limitFrames: maxFrames });
  if (frame > info.frames) throw fail('not_found');
  const parts = findParts(data, element, { packing, info, totalBytes, frame });
  return {
    info,
    pixels: {
      packing,
      bytes: data.byteArray,
      parts,
      planar: data.uint16('x00280006') === 1 ? 1 : 0,
      vr: element.vr ?? null
    }
  };
}

function parse(bytes: Uint8Array, options: ReadDicomOptions): DataSet {
  try {
    return dicomParser.parseDicom(bytes, {
      untilTag: pixelDataTag,
      // The parser hands over the whole file and where the deflated part begins; it wants both back, inflated.
      inflater: (file: Uint8Array, position: number) => {
        if (!options.inflate) throw fail('dicom_unsupported', { transferSyntax: '1.2.840.10008.1.2.1.99' });
        const body = options.inflate(file.subarray(position));
        const whole = new Uint8Array(position + body.length);
        whole.set(file.subarray(0, position));
        whole.set(body, position);
        return whole;
      }
    });
  } catch (error) {
    // The parser throws strings, Errors and {exception, dataSet}; all mean that the structure breaks off.
    throw asAppError(error) ?? fail('dicom_truncated', {}, error);
  }
}

function readInfo(data: DataSet, frame: number): ImageInfo {
  const samplesPerPixel = data.uint16('x00280002') ?? 1;
  const bitsAllocated = data.uint16('x00280100') ?? 16;
  const bitsStored = data.uint16('x00280101') ?? bitsAllocated;
  const photometricText = text(data, 'x00280004') ?? 'MONOCHROME2';
  const photometric = photometricOf(photometricText);
  const grey =
    samplesPerPixel === 1 &&
    photometric?.startsWith('MONOCHROME') &&
    (bitsAllocated === 8 || bitsAllocated === 16);
  const colour = samplesPerPixel === 3 && photometric === 'RGB' && bitsAllocated === 8;
  if (data.elements['x00280010'] && !grey && !colour)
    throw fail('dicom_unsupported', { transferSyntax: `${code(photometricText) ?? '?'} ${bitsAllocated}` });
  const modality = code(text(data, 'x00080060'));
  const sopClassUid = uid(data, 'x00080016');
  const of = (place: FramePlace) => frameNumbers(data, place, frame);
  const [center, width] = [of(framePlaces.windowCenter)?.[0], of(framePlaces.windowWidth)?.[0]];
  const spacing = of(framePlaces.pixelSpacing);
  return {
    kind: kindFromTags({ modality, sopClassUid, words: describingWords(data) }),
    modality,
    rows: data.uint16('x00280010') ?? 0,
    columns: data.uint16('x00280011') ?? 0,
    bitsAllocated: bitsAllocated === 8 ? 8 : 16,
    bitsStored: bitsStored >= 1 && bitsStored <= bitsAllocated ? bitsStored : bitsAllocated,
    signed: data.uint16('x00280103') === 1,
    photometric: photometric ?? 'MONOCHROME2',
    samplesPerPixel: samplesPerPixel === 3 ? 3 : 1,
    frames: Math.max(1, integer(text(data, 'x00280008')) ?? 1),
    window: center !== undefined && width !== undefined && width >= 1 ? { center, width } : null,
    rescale: { slope: of(framePlaces.slope)?.[0] || 1, intercept: of(framePlaces.intercept)?.[0] ?? 0 },
    pixelSpacing: readSpacing({
      sopClassUid,
      modality,
      // One scale for the whole image: where its frames differ there is none.
      pixelSpacing: spacing && isOfAllFrames(data, framePlaces.pixelSpacing, spacing) ? spacing : null,
      calibrationType: text(data, 'x00280a02'),
      imagerPixelSpacing: numbers(data, 'x00181164')
    }),
    laterality: lateralityOf(text(data, 'x00200062') ?? text(data, 'x00200060')),
    teeth: teethOf(data),
    takenAt:
      dateTimeOf(text(data, 'x00080022'), text(data, 'x00080032')) ??
      dateTimeOf(text(data, 'x00080023'), text(data, 'x00080033')) ??
      dateTimeOf(text(data, 'x00080020'), text(data, 'x00080030')),
    identity: {
      patientId: text(data, 'x00100020'),
      names: personNames(bytesOf(data, 'x00100010'), text(data, 'x00080005')),
      birthDate: dateOf(text(data, 'x00100030'))
    },
    sopClassUid,
    sopInstanceUid: uid(data, 'x00080018'),
    seriesUid: uid(data, 'x0020000e'),
    studyUid: uid(data, 'x0020000d')
  };
}

function photometricOf(value: string): Photometric | null {
  if (value === 'MONOCHROME1' || value === 'MONOCHROME2') return value;
  return value === 'RGB' || value.startsWith('YBR_FULL') ? 'RGB' : null;
}

function lateralityOf(value: string | null): Laterality | null {
  return value === 'R' || value === 'L' || value === 'B' || value === 'U' ? value : null;
}

/** FDI numbers from Primary Anatomic Structure (0008,2228), coded in ISO 3950 (PS3.16 CID 4019). */
function teethOf(data: DataSet): string[] {
  const items = data.elements['x00082228']?.items ?? [];
  const codes = items.slice(0, 52).map((item) => (item.dataSet ? text(item.dataSet, 'x00080100') : null));
  return [
    ...new Set(
      codes.filter((code): code is string => code !== null && /^([1-4][1-8]|[5-8][1-5])$/.test(code))
    )
  ];
}

function describingWords(data: DataSet): string {
  const tags = ['x00080008', 'x0008103e', 'x00081030', 'x00181030', 'x00180015', 'x00185101', 'x00181400'];
  return tags
    .map((tag) => {
      const raw = bytesOf(data, tag);
      return raw ? decodeText(raw.subarray(0, 128), text(data, 'x00080005')) : '';
    })
    .join(' ');
}

interface FrameWanted {
  packing: PixelPacking;
  info: ImageInfo;
  totalBytes: number;
  frame: number;
}

/** Byte ranges of a frame. @throws AppError `dicom_truncated`, `dicom_no_pixels`, `dicom_frame_out_of_reach` */
function findParts(data: DataSet, element: Element, { packing, info, totalBytes, frame }: FrameWanted) {
  const available = data.byteArray.length;
  if (packing === 'little' || packing === 'big') {
    const needed = info.rows * info.columns * info.samplesPerPixel * (info.bitsAllocated / 8);
    if (element.length === 0) throw fail('dicom_no_pixels');
    const claimed = element.length === 0xffffffff ? needed : element.length;
    const end = element.dataOffset + Math.max(needed, claimed);
    // A file that says it has many frames has the bytes of all of them.
    if (claimed < needed * (element.length === 0xffffffff ? frame : info.frames) || end > totalBytes)
      throw fail('dicom_truncated');
    const offset = element.dataOffset + needed * (frame - 1);
    if (offset + needed > available)
      throw fail(frame > 1 && totalBytes > available ? 'dicom_frame_out_of_reach' : 'dicom_truncated');
    return [{ offset, length: needed }];
  }
  const whole = totalBytes <= available;
  return frameFragments(data.byteArray, element.dataOffset, { frames: info.frames, frame, whole });
}

/** More pieces than any encoder cuts a frame into. */
const maxFragments = 4096;

/**
 * Fragments of a frame (PS3.5 A.4): the items from its offset in the basic offset table up to that of the next,
 * or, with one frame, up to the sequence delimiter; with many frames and no table, each frame is one fragment.
 */
function frameFragments(
  bytes: Uint8Array,
  start: number,
  { frames, frame, whole }: { frames: number; frame: number; whole: boolean }
) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const missing = () => fail(whole || frame === 1 ? 'dicom_truncated' : 'dicom_frame_out_of_reach');
  const itemAt = (position: number) => {
    if (position + 8 > bytes.length) throw missing();
    const tag = view.getUint32(position, true);
    const length = view.getUint32(position + 4, true);
    if (tag === 0xe0ddfffe) return null;
    if (tag !== 0xe000fffe || length === 0xffffffff) throw fail('dicom_truncated');
    if (position + 8 + length > bytes.length) throw missing();
    return { offset: position + 8, length };
  };
  const table = itemAt(start);
  if (!table) throw fail('dicom_no_pixels');
  const firstItem = table.offset + table.length;
  if (table.length > 0 && table.length !== frames * 4) throw fail('dicom_truncated');
  const inTable = (index: number) => firstItem + view.getUint32(table.offset + 4 * index, true);
  const [from, to] =
    table.length >= 8
      ? [inTable(frame - 1), frame < frames ? inTable(frame) : Infinity]
      : [skipItems(itemAt, firstItem, frame - 1), Infinity];
  if (from > to) throw fail('dicom_truncated');
  const parts: { offset: number; length: number }[] = [];
  for (let position = from; position < to;) {
    const part = itemAt(position);
    if (!part) break;
    parts.push(part);
    if (parts.length > maxFragments) throw fail('dicom_truncated');
    if (frames > 1 && table.length === 0) break;
    position = part.offset + part.length;
  }
  if (parts.every((part) => part.length === 0)) throw fail('dicom_no_pixels');
  if (frames > 1 && whole) skipItems(itemAt, firstItem, frames);
  return parts;
}

/** Where the item behind the first `count` begins. @throws AppError `dicom_truncated` where there are fewer */
function skipItems(
  itemAt: (position: number) => { offset: number; length: number } | null,
  start: number,
  count: number
): number {
  let position = start;
  for (let skipped = 0; skipped < count; skipped++) {
    const part = itemAt(position);
    if (!part) throw fail('dicom_truncated');
    position = part.offset + part.length;
  }
  return position;
}
