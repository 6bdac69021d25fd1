import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import type { DicomElement } from '#lib/features/imaging/dicom-writer.server.ts';
import type { Box } from './seen.ts';

/** Images whose every grey and millimetre is known. */
export const names = ['phantom', 'frames', 'wide', 'upper'] as const;
export type Name = (typeof names)[number];

/** Image pixels of the phantom: a ball of 5 mm, an implant of 10 mm, a landmark, and grey steps. */
export const phantom = {
  columns: 800,
  rows: 600,
  ball: { x: 200, y: 150, radius: 40 },
  implant: { x: 400, y: 120, width: 20, height: 160 },
  landmark: { x: 600, y: 200, side: 30 },
  steps: { y: 400, height: 120, width: 50, values: Array.from({ length: 16 }, (_, i) => 128 + i * 250) }
};
export const ballMm = 5;
export const wideColumns = 18_000;
export const window = { center: 2048, width: 4096 };

function grey(columns: number, rows: number, value: (x: number, y: number) => number): DicomElement[] {
  const pixels = new Uint8Array(columns * rows * 2);
  const view = new DataView(pixels.buffer);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) view.setUint16((y * columns + x) * 2, value(x, y), true);
  return [['7fe00010', 'OW', pixels]];
}

function phantomValue(x: number, y: number): number {
  const { ball, implant, landmark, steps } = phantom;
  if (Math.hypot(x + 0.5 - ball.x, y + 0.5 - ball.y) <= ball.radius) return 3500;
  if (inside(x, y, implant)) return 3000;
  if (inside(x, y, { ...landmark, width: landmark.side, height: landmark.side })) return 4095;
  if (y >= steps.y && y < steps.y + steps.height) return steps.values[Math.floor(x / steps.width)]!;
  return 300;
}

function inside(x: number, y: number, box: Box): boolean {
  return x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
}

let instance = 0;
/** Of nobody, so that it fits the patient it is given to. */
function anonymous(size: { columns: number; rows: number; frames?: number }, set: DicomElement[]) {
  return fixtureDicom({
    ...size,
    drop: ['00100010', '00100020', '00100030'],
    set: [['00080018', 'UI', `2.25.7${instance++}`], ...set]
  });
}

const toothCode = (tooth: string): DicomElement[] => [
  ['00080060', 'CS', 'IO'],
  ['00082228', 'SQ', [[['00080100', 'SH', tooth]]]]
];

/** Three frames, each of one grey; a picture wider than any browser's canvas, black on its left, white on its right. */
export function files(): Uint8Array[] {
  const { columns, rows } = phantom;
  const side = 400;
  const stack = new Uint8Array(side * side * 2 * 3);
  const view = new DataView(stack.buffer);
  for (let i = 0; i < side * side * 3; i++)
    view.setUint16(i * 2, 700 + 1200 * Math.floor(i / (side * side)), true);
  const wide = { columns: wideColumns, rows: 900 };
  const bytes = new Uint8Array(wide.columns * wide.rows);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i % wide.columns < wide.columns / 2 ? 40 : 200;
  return [
    anonymous({ columns, rows }, [...grey(columns, rows, phantomValue), ...toothCode('36')]),
    anonymous({ columns: side, rows: side, frames: 3 }, [
      ['00080060', 'CS', 'CT'],
      ['7fe00010', 'OW', stack]
    ]),
    anonymous(wide, [
      ['00280100', 'US', 8],
      ['00280101', 'US', 8],
      ['00281050', 'DS', '128'],
      ['00281051', 'DS', '256'],
      ['7fe00010', 'OW', bytes]
    ]),
    anonymous({ columns: 500, rows: 400 }, [...grey(500, 400, () => 1500), ...toothCode('16')])
  ];
}
