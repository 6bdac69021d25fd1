import { createGzip, inflateRawSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { Decoder } from 'jpeg-lossless-decoder-js';
import sharp from 'sharp';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import { clean, decodePixels, framePart, type DecodedPixels } from './dicom-pixels.ts';
import { readDicom, type DicomFile } from './dicom.ts';
import { joinFrame, packGrey, type FrameHeader } from './frame-format.ts';
import {
  maxHeadBytes,
  maxPixels,
  noSpacing,
  type FileIdentity,
  type GreyWindow,
  type ImageInfo
} from './image.ts';
import { frameFacts, greyHeader } from './frame-header.ts';
import { jpegSize } from './jpeg-size.ts';
import { cleanPhoto } from './photo-clean.server.ts';
import { mediaTypeOf, sniff } from './sniff.ts';
import { greyThumbnail, thumbnailSide } from './thumbnail.server.ts';
import { windowFromRange } from './window.ts';

const maxInflatedBytes = maxHeadBytes;
const gzipPieceBytes = 1024 * 1024;
/** Photos are shown at no more than this; the original stays as it came. */
const maxPhotoSide = 4096;

/** All that is made of a file when it comes in. */
export interface Ingested {
  info: Omit<ImageInfo, 'identity'>;
  identity: FileIdentity;
  window: GreyWindow;
  mediaType: string;
  /** For showing: see frame-format.ts. Already gzip-compressed. */
  frame: Buffer;
  thumbnail: Buffer;
}

/** Which picture of the file to make, and the window of one that states none. */
export interface FrameWish {
  /** From 1. */
  frame: number;
  window: GreyWindow | null;
}

/**
 * Read a file that somebody sent: what it is, what to show, what to list. Trusts nothing it says.
 * @param totalBytes size of the whole file; `head` is its beginning, at most `maxHeadBytes`
 * @throws AppError of `readDicom`; `file_not_an_image` for damaged photos
 */
export async function ingest(
  head: Buffer,
  totalBytes: number,
  wish: FrameWish = { frame: 1, window: null }
): Promise<Ingested> {
  if (totalBytes === 0) throw fail('file_empty');
  const format = sniff(head);
  if (!format) throw fail('file_not_an_image');
  if (format === 'dicom') return ingestDicom(head, totalBytes, wish);
  if (head.length < totalBytes) throw fail('file_too_large', { limitMegabytes: maxHeadBytes / 1048576 });
  return ingestPhoto(format, head);
}

async function ingestDicom(head: Buffer, totalBytes: number, wish: FrameWish): Promise<Ingested> {
  const file = readDicom(head, { totalBytes, inflate, frame: wish.frame });
  const decoded = await decode(file);
  const { identity, ...info } = file.info;
  const base = { info, identity, mediaType: mediaTypeOf.dicom };
  if (decoded.kind === 'rgb') {
    const { columns: width, rows: height, rgb } = decoded;
    const jpeg = await sharp(rgb, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 92 })
      .toBuffer();
    return { ...base, ...(await encodedFrame(jpeg, info)) };
  }
  const { rows, columns, pixels } = decoded;
  const header = greyHeader(info, pixels, wish.window);
  const { window } = header;
  const invert = info.photometric === 'MONOCHROME1';
  const thumbnail = await greyThumbnail({ rows, columns, pixels, rescale: info.rescale, window, invert });
  // Kept for good, or made for who waits for it.
  const level = wish.frame === 1 ? 6 : 1;
  const frame = await gzipFrame(header, packGrey(pixels, columns, header.format === 'grey8' ? 1 : 2), level);
  return { ...base, window, frame, thumbnail };
}

/** Piece by piece: the largest picture would else be in memory twice more. */
async function gzipFrame(header: FrameHeader, payload: Uint8Array, level: number): Promise<Buffer> {
  function* pieces() {
    yield joinFrame(header, new Uint8Array(0));
    for (let at = 0; at < payload.length; at += gzipPieceBytes)
      yield payload.subarray(at, at + gzipPieceBytes);
  }
  const packed: Buffer[] = [];
  for await (const part of Readable.from(pieces()).pipe(createGzip({ level })) as AsyncIterable<Buffer>)
    packed.push(part);
  return Buffer.concat(packed);
}

function inflate(deflated: Uint8Array): Buffer {
  try {
    return inflateRawSync(deflated, { maxOutputLength: maxInflatedBytes });
  } catch (error) {
    if (error instanceof RangeError)
      throw fail('file_too_large', { limitMegabytes: maxInflatedBytes / 1048576 }, error);
    throw fail('dicom_truncated', {}, error);
  }
}

async function decode(file: DicomFile): Promise<DecodedPixels> {
  const { info, pixels } = file;
  if (pixels.packing === 'jpeg-baseline') return decodeBaseline(file);
  if (pixels.packing !== 'jpeg-lossless') return decodePixels(file);
  if (info.samplesPerPixel !== 1) throw fail('dicom_unsupported', { transferSyntax: 'JPEG Lossless RGB' });
  const stream = framePart(pixels);
  checkJpegSize(stream, info);
  // Each sample has a code of at least one bit; the decoder would take what is missing for black.
  if (stream.length * 8 < info.rows * info.columns) throw fail('dicom_truncated');
  try {
    // A copy: a Buffer is a window into its whole file, and its `slice` is another one.
    const whole = new Uint8Array(stream).buffer;
    const raw = new Decoder().decompress(whole, 0, whole.byteLength);
    const count = info.rows * info.columns;
    const samples = info.bitsAllocated === 8 ? new Uint8Array(raw) : new Uint16Array(raw);
    if (samples.length < count) throw fail('dicom_truncated');
    const words = Uint16Array.from(samples.subarray(0, count));
    return {
      kind: 'grey',
      rows: info.rows,
      columns: info.columns,
      pixels: clean(words, info.bitsStored, info.signed)
    };
  } catch (error) {
    // The decoder throws plain Errors for every kind of damage.
    throw asAppError(error) ?? fail('dicom_truncated', {}, error);
  }
}

/** Decoders believe the JPEG's own header: it must say what the DICOM header said, before memory is taken. */
function checkJpegSize(stream: Uint8Array, { rows, columns }: DicomFile['info']): void {
  const size = jpegSize(stream);
  if (size?.rows !== rows || size.columns !== columns) throw fail('dicom_truncated');
}

async function decodeBaseline({ info, pixels }: DicomFile): Promise<DecodedPixels> {
  const { rows, columns } = info;
  const colour = info.samplesPerPixel === 3;
  const stream = framePart(pixels);
  checkJpegSize(stream, info);
  const image = sharp(stream, { limitInputPixels: maxPixels, failOn: 'truncated' });
  const { data, info: out } = await (colour ? image.toColourspace('srgb') : image.greyscale())
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw fail('dicom_truncated', {}, error);
    });
  if (out.width !== columns || out.height !== rows || out.channels !== (colour ? 3 : 1))
    throw fail('dicom_truncated');
  if (colour) return { kind: 'rgb', rows, columns, rgb: data };
  return { kind: 'grey', rows, columns, pixels: clean(Uint16Array.from(data), 8, false) };
}

async function ingestPhoto(format: 'jpeg' | 'png', file: Buffer): Promise<Ingested> {
  const { picture, exif } = await cleanPhoto(format, file);
  try {
    const source = sharp(picture, { limitInputPixels: maxPixels, failOn: 'truncated' });
    const { channels = 3 } = await source.metadata();
    // Turned upright; size limited; place, device and every other tag of the camera left behind.
    const shown = await source
      .rotate()
      .resize(maxPhotoSide, maxPhotoSide, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .flatten({ background: '#000' })
      .jpeg({ quality: 90 })
      .toBuffer({ resolveWithObject: true });
    const info: Ingested['info'] = {
      kind: channels >= 3 ? 'intraoral-photo' : 'other',
      modality: null,
      rows: shown.info.height,
      columns: shown.info.width,
      bitsAllocated: 8,
      bitsStored: 8,
      signed: false,
      photometric: 'RGB',
      samplesPerPixel: 3,
      frames: 1,
      window: null,
      rescale: { slope: 1, intercept: 0 },
      pixelSpacing: noSpacing,
      laterality: null,
      teeth: [],
      takenAt: exifTime(exif),
      sopClassUid: null,
      sopInstanceUid: null,
      seriesUid: null,
      studyUid: null
    };
    const identity: FileIdentity = { patientId: null, names: [], birthDate: null };
    return { info, identity, mediaType: mediaTypeOf[format], ...(await encodedFrame(shown.data, info)) };
  } catch (error) {
    throw asAppError(error) ?? fail('file_not_an_image', {}, error);
  }
}

async function encodedFrame(jpeg: Buffer, info: Ingested['info']) {
  const window = windowFromRange(0, 255);
  const range = { low: 0, high: 255 };
  const header: FrameHeader = {
    ...frameFacts(info),
    format: 'encoded',
    window,
    windowSource: 'percentile',
    range,
    mediaType: 'image/jpeg'
  };
  const [frame, thumbnail] = await Promise.all([
    gzipFrame(header, jpeg, 1),
    sharp(jpeg).resize(thumbnailSide, thumbnailSide, { fit: 'inside' }).webp({ quality: 78 }).toBuffer()
  ]);
  return { window, frame, thumbnail };
}

/** The moment a camera wrote, `YYYY:MM:DD HH:MM:SS` anywhere in its Exif block; null where there is none. */
function exifTime(exif: Buffer | null): string | null {
  const text = exif?.subarray(0, 65_536).toString('latin1') ?? '';
  const times = [...text.matchAll(/(\d{4}):(\d{2}):(\d{2}) (\d{2}:\d{2}:\d{2})/g)].map(
    ([, y, m, d, time]) => `${y}-${m}-${d}T${time}`
  );
  // Taken, digitised, changed: the earliest is when it was taken.
  return times.filter((time) => !Number.isNaN(Date.parse(`${time}Z`))).sort()[0] ?? null;
}
