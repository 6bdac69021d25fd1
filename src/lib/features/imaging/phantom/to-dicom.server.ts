import { createHash } from 'node:crypto';
import { uidFromUuid, writeDicom, type DicomElement } from '../dicom-writer.server.ts';
import type { ImageKind, Laterality } from '../image.ts';
import type { Radiograph } from './radiograph.server.ts';

export interface PhantomFacts {
  kind: Extract<ImageKind, 'panoramic' | 'periapical' | 'bitewing' | 'lateral-ceph'>;
  /** Any text; the same text gives the same UIDs. */
  identity: string;
  patient: { name: string; number: string; birthDate: string | null; sex: 'M' | 'F' | 'O' };
  takenAt: Date;
  teeth: readonly string[];
  laterality: Laterality;
  /** Millimetres a pixel at the detector. */
  detectorMm: number;
  /** Millimetres a pixel in the patient, where a ruler in the picture gives them. */
  calibratedMm: number | null;
}

const digitalXray = '1.2.840.10008.5.1.4.1.1.1.1';
const intraoralXray = '1.2.840.10008.5.1.4.1.1.1.3';

const descriptions = {
  panoramic: 'Panoramic phantom',
  periapical: 'Periapical phantom',
  bitewing: 'Bitewing phantom',
  'lateral-ceph': 'Lateral cephalogram phantom'
} as const;

/** A phantom as a DICOM file: Digital X-Ray or Digital Intra-Oral X-Ray, for presentation (PS3.3 A.26, A.28). */
export function phantomDicom(radiograph: Radiograph, facts: PhantomFacts): Uint8Array {
  const { kind, identity, patient, takenAt } = facts;
  const intraoral = kind === 'periapical' || kind === 'bitewing';
  const sopClassUid = intraoral ? intraoralXray : digitalXray;
  const sopInstanceUid = uidOf(`instance ${identity}`);
  const [date, time] = localStamp(takenAt);
  const elements: DicomElement[] = [
    ['00080005', 'CS', 'ISO_IR 192'],
    ['00080008', 'CS', ['ORIGINAL', 'PRIMARY', '']],
    ['00080016', 'UI', sopClassUid],
    ['00080018', 'UI', sopInstanceUid],
    ...(['00080020', '00080021', '00080022', '00080023'] as const).map((tag): DicomElement => [
      tag,
      'DA',
      date
    ]),
    ...(['00080030', '00080031', '00080032', '00080033'] as const).map((tag): DicomElement => [
      tag,
      'TM',
      time
    ]),
    ['00080050', 'SH', ''],
    ['00080060', 'CS', intraoral ? 'IO' : kind === 'panoramic' ? 'PX' : 'DX'],
    ['00080068', 'CS', 'FOR PRESENTATION'],
    ['00080070', 'LO', 'Consilium'],
    ['00080090', 'PN', ''],
    ['0008103e', 'LO', descriptions[kind]],
    ['00081090', 'LO', 'Phantom generator'],
    ['00082218', 'SQ', [anatomy(kind)]],
    ...(intraoral ? ([['00082228', 'SQ', facts.teeth.map(toothCode)]] as DicomElement[]) : []),
    ['00100010', 'PN', patient.name],
    ['00100020', 'LO', patient.number],
    ['00100030', 'DA', patient.birthDate?.replaceAll('-', '') ?? ''],
    ['00100040', 'CS', patient.sex],
    ['00180060', 'DS', intraoral ? '65' : '70'],
    ['00181020', 'LO', '1'],
    ['00181164', 'DS', [mm(facts.detectorMm), mm(facts.detectorMm)]],
    ['00181508', 'CS', kind === 'panoramic' ? 'PANORAMIC' : kind === 'lateral-ceph' ? 'CEPHALOSTAT' : 'NONE'],
    ['00187004', 'CS', 'DIRECT'],
    ['0020000d', 'UI', uidOf(`study ${patient.number} ${date}`)],
    ['0020000e', 'UI', uidOf(`series ${identity}`)],
    ['00200010', 'SH', '1'],
    ['00200011', 'IS', '1'],
    ['00200013', 'IS', '1'],
    ['00200020', 'CS', kind === 'lateral-ceph' ? ['A', 'F'] : ['L', 'F']],
    ['00200062', 'CS', facts.laterality],
    ['00280301', 'CS', 'NO'],
    ['00282110', 'CS', '00'],
    ['00400555', 'SQ', []],
    ['20500020', 'CS', 'IDENTITY'],
    ...spacing(facts),
    ...pixelElements(radiograph)
  ];
  return writeDicom({ sopClassUid, sopInstanceUid, elements });
}

function pixelElements({ rows, columns, bitsStored, pixels, window }: Radiograph): DicomElement[] {
  // Typed arrays are little endian on every machine Node runs on.
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return [
    ['00280002', 'US', 1],
    ['00280004', 'CS', 'MONOCHROME2'],
    ['00280010', 'US', rows],
    ['00280011', 'US', columns],
    ['00280100', 'US', 16],
    ['00280101', 'US', bitsStored],
    ['00280102', 'US', bitsStored - 1],
    ['00280103', 'US', 0],
    ['00281040', 'CS', 'LOG'],
    ['00281041', 'SS', -1],
    ['00281050', 'DS', String(window.center)],
    ['00281051', 'DS', String(window.width)],
    ['00281052', 'DS', '0'],
    ['00281053', 'DS', '1'],
    ['00281054', 'LO', 'US'],
    ['7fe00010', 'OW', bytes]
  ];
}

/** The detector's spacing is repeated, as real devices do; only a ruler in the picture makes it millimetres. */
function spacing({ detectorMm, calibratedMm }: PhantomFacts): DicomElement[] {
  if (calibratedMm === null) return [['00280030', 'DS', [mm(detectorMm), mm(detectorMm)]]];
  return [
    ['00280030', 'DS', [mm(calibratedMm), mm(calibratedMm)]],
    ['00280a02', 'CS', 'FIDUCIAL'],
    ['00280a04', 'LO', 'Ruler in the midsagittal plane']
  ];
}

function anatomy(kind: PhantomFacts['kind']): DicomElement[] {
  const [code, meaning] =
    kind === 'lateral-ceph'
      ? ['69536005', 'Head']
      : kind === 'panoramic'
        ? ['661005', 'Jaw region']
        : ['74262004', 'Oral cavity'];
  return [
    ['00080100', 'SH', code],
    ['00080102', 'SH', 'SCT'],
    ['00080104', 'LO', meaning]
  ];
}

function toothCode(tooth: string): DicomElement[] {
  return [
    ['00080100', 'SH', tooth],
    ['00080102', 'SH', 'ISO3950'],
    ['00080104', 'LO', `Tooth ${tooth}`]
  ];
}

const mm = (value: number): string => String(Number(value.toFixed(4)));

/** Date and time as a device at the clinic writes them: local, no zone. Phantoms live in UTC+8. */
function localStamp(at: Date): [string, string] {
  const iso = new Date(at.getTime() + 8 * 3_600_000).toISOString();
  return [iso.slice(0, 10).replaceAll('-', ''), iso.slice(11, 19).replaceAll(':', '')];
}

function uidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return uidFromUuid(`${hex.slice(0, 12)}4${hex.slice(13, 16)}8${hex.slice(17, 32)}`);
}
