import { writeDicom, type DicomElement } from './dicom-writer.server.ts';

export const frameStep = 500;

/**
 * A small valid X-ray for tests: a ramp from 0, wrapping at `bitsStored`; of several frames each begins `frameStep`
 * higher than the one before. `set` replaces or adds elements.
 */
export function fixtureDicom(
  options: {
    rows?: number;
    columns?: number;
    bitsStored?: number;
    frames?: number;
    set?: DicomElement[];
    drop?: string[];
    transferSyntax?: string;
  } = {}
): Uint8Array {
  const { rows = 6, columns = 8, bitsStored = 12, frames = 1 } = options;
  const count = rows * columns;
  const pixels = new Uint8Array(count * frames * 2);
  const view = new DataView(pixels.buffer);
  for (let i = 0; i < count * frames; i++)
    view.setUint16(i * 2, ((i % count) * 37 + Math.floor(i / count) * frameStep) % (1 << bitsStored), true);
  const base: DicomElement[] = [
    ['00080005', 'CS', 'ISO_IR 192'],
    ['00080016', 'UI', '1.2.840.10008.5.1.4.1.1.1.1'],
    ['00080018', 'UI', '2.25.1001'],
    ['00080022', 'DA', '20260214'],
    ['00080032', 'TM', '093015'],
    ['00080060', 'CS', 'PX'],
    ['00100010', 'PN', 'WANG^XIUYING=王^秀英'],
    ['00100020', 'LO', 'Q-0001'],
    ['00100030', 'DA', '19590312'],
    ['00181164', 'DS', ['0.1', '0.1']],
    ['0020000d', 'UI', '2.25.1002'],
    ['0020000e', 'UI', '2.25.1003'],
    ['00280002', 'US', 1],
    ['00280004', 'CS', 'MONOCHROME2'],
    ...(frames > 1 ? [['00280008', 'IS', String(frames)] as const] : []),
    ['00280010', 'US', rows],
    ['00280011', 'US', columns],
    ['00280030', 'DS', ['0.1', '0.1']],
    ['00280100', 'US', 16],
    ['00280101', 'US', bitsStored],
    ['00280102', 'US', bitsStored - 1],
    ['00280103', 'US', 0],
    ['00281050', 'DS', '2048'],
    ['00281051', 'DS', '4096'],
    ['7fe00010', 'OW', pixels]
  ];
  const replaced = new Set([...(options.set ?? []).map(([tag]) => tag), ...(options.drop ?? [])]);
  return writeDicom({
    sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
    sopInstanceUid: '2.25.1001',
    ...(options.transferSyntax ? { transferSyntax: options.transferSyntax } : {}),
    elements: [...base.filter(([tag]) => !replaced.has(tag)), ...(options.set ?? [])]
  });
}
