/**
 * Writes DICOM Part 10 files (PS3.10), explicit VR little endian. For the pictures this project makes
 * itself: phantoms, and fixtures of tests.
 */
import { concat } from '#lib/kernel/bytes.ts';

export type DicomVr =
  | 'AE'
  | 'AS'
  | 'CS'
  | 'DA'
  | 'DS'
  | 'IS'
  | 'LO'
  | 'LT'
  | 'OB'
  | 'OW'
  | 'PN'
  | 'SH'
  | 'SQ'
  | 'ST'
  | 'TM'
  | 'UI'
  | 'UL'
  | 'US'
  | 'SS';
export type DicomValue =
  string | number | readonly (string | number)[] | Uint8Array | readonly DicomElement[][];

/** `[tag as 8 hex digits, VR, value]`; an empty string writes an empty value (type 2). */
export type DicomElement = readonly [tag: string, vr: DicomVr, value: DicomValue];

const longVrs = new Set<DicomVr>(['OB', 'OW', 'SQ']);
const encoder = new TextEncoder();

/** Root of UIDs made from UUIDs (PS3.5 B.2): no registration needed, never collides. */
export function uidFromUuid(uuid: string): string {
  return `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`;
}

/** A complete file. `elements` need not be sorted; group 2 is written from `sopClassUid` and its friends. */
export function writeDicom(options: {
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntax?: string;
  elements: readonly DicomElement[];
}): Uint8Array {
  const meta = writeElements([
    ['00020001', 'OB', Uint8Array.of(0, 1)],
    ['00020002', 'UI', options.sopClassUid],
    ['00020003', 'UI', options.sopInstanceUid],
    ['00020010', 'UI', options.transferSyntax ?? '1.2.840.10008.1.2.1'],
    ['00020012', 'UI', '2.25.301562874629103847561029384756102938475'],
    ['00020013', 'SH', 'CONSILIUM_1']
  ]);
  const length = writeElements([['00020000', 'UL', meta.length]]);
  const prefix = new Uint8Array(132);
  prefix.set(encoder.encode('DICM'), 128);
  return concat([prefix, length, meta, writeElements(options.elements)]);
}

function writeElements(elements: readonly DicomElement[]): Uint8Array {
  const sorted = [...elements].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return concat(sorted.flatMap(writeElement));
}

function writeElement([tag, vr, value]: DicomElement): Uint8Array[] {
  const body = vr === 'SQ' ? writeItems(value as readonly DicomElement[][]) : encodeValue(vr, value);
  const head = new Uint8Array(longVrs.has(vr) ? 12 : 8);
  const view = new DataView(head.buffer);
  view.setUint16(0, parseInt(tag.slice(0, 4), 16), true);
  view.setUint16(2, parseInt(tag.slice(4), 16), true);
  head.set(encoder.encode(vr), 4);
  if (longVrs.has(vr)) view.setUint32(8, body.length, true);
  else if (body.length > 0xffff) throw new RangeError(`${tag}: ${body.length} bytes do not fit VR ${vr}`);
  else view.setUint16(6, body.length, true);
  return [head, body];
}

function writeItems(items: readonly DicomElement[][]): Uint8Array {
  return concat(
    items.flatMap((item) => {
      const body = writeElements(item);
      const head = new Uint8Array(8);
      const view = new DataView(head.buffer);
      view.setUint32(0, 0xe000fffe, true);
      view.setUint32(4, body.length, true);
      return [head, body];
    })
  );
}

function encodeValue(vr: DicomVr, value: DicomValue): Uint8Array {
  if (value instanceof Uint8Array) return value.length % 2 === 0 ? value : concat([value, Uint8Array.of(0)]);
  const values = (Array.isArray(value) ? value : [value]) as readonly (string | number)[];
  if (vr === 'US' || vr === 'SS' || vr === 'UL') {
    const size = vr === 'UL' ? 4 : 2;
    const bytes = new Uint8Array(values.length * size);
    const view = new DataView(bytes.buffer);
    values.forEach((each, i) =>
      size === 2
        ? view.setUint16(i * 2, Number(each) & 0xffff, true)
        : view.setUint32(i * 4, Number(each), true)
    );
    return bytes;
  }
  const text = encoder.encode(values.join('\\'));
  return text.length % 2 === 0 ? text : concat([text, Uint8Array.of(vr === 'UI' ? 0 : 0x20)]);
}
