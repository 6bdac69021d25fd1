import { addBlob, addStroke, blur, newField, smoothstep, type Field } from './field.server.ts';
import { paintTooth } from './paint-tooth.server.ts';
import { expose, type Radiograph } from './radiograph.server.ts';
import { seededRandom, tileSize, trabecularTile, type Random } from './random.server.ts';
import { lowerTeeth, upperTeeth, type Mouth } from './teeth.server.ts';

/** A size 2 sensor, 31 × 41 mm; pixels of 0.03 mm; teeth magnified 1.06 times. */
const long = 1360;
const short = 1020;
const pixelsPerMm = 35.3;
export const intraoralPixelMm = 0.03;

interface Row {
  upper: boolean;
  /** FDI numbers from the viewer's left to right. */
  teeth: readonly string[];
  /** Height of the biting plane, pixels from the top. */
  plane: number;
}

export interface IntraoralOptions {
  seed: number;
  mouth: Mouth;
  view: 'lower' | 'upper' | 'bitewing';
  /** FDI numbers from the viewer's left to right; for a bitewing the upper row, then the lower. */
  teeth: readonly string[];
  lower?: readonly string[];
  portrait?: boolean;
}

/** A phantom intraoral radiograph: periapical of either jaw, or bitewing. */
export function makeIntraoral({
  seed,
  mouth,
  view,
  teeth,
  lower = [],
  portrait = false
}: IntraoralOptions): Radiograph {
  const random = seededRandom(seed * 7 + 3);
  const [width, height] = portrait ? [short, long] : [long, short];
  const field = newField(width, height, 0.14);
  const rows: Row[] =
    view === 'bitewing'
      ? [
          { upper: true, teeth, plane: height * 0.485 },
          { upper: false, teeth: lower, plane: height * 0.505 }
        ]
      : [{ upper: view === 'upper', teeth, plane: view === 'upper' ? height * 0.885 : height * 0.13 }];
  for (const row of rows) paintRow(field, row, mouth, random);
  if (portrait && view === 'upper') paintMidline(field);
  addBlob(field, { x: width - 46, y: 46, rx: 13, ry: 13, hard: 1 }, 0.7);
  blur(field, 1);
  const pixels = expose(field, random, { gain: 0.98, grain: 46, sharpen: 0.35 });
  return { rows: height, columns: width, bitsStored: 12, pixels, window: { center: 1850, width: 3200 } };
}

interface Placed {
  fdi: string;
  x: number;
  half: number;
  neck: number;
}

function paintRow(field: Field, { upper, teeth, plane }: Row, mouth: Mouth, random: Random): void {
  const sizes = upper ? upperTeeth : lowerTeeth;
  const sizeOf = (fdi: string) => sizes[Number(fdi[1]) - 1]!;
  const total = teeth.reduce((sum, fdi) => sum + sizeOf(fdi).width * pixelsPerMm, 0);
  let x = field.width / 2 - total / 2 + random.between(-20, 20);
  const placed: Placed[] = teeth.map((fdi) => {
    const size = sizeOf(fdi);
    const half = (size.width * pixelsPerMm) / 2;
    x += half * 2;
    return { fdi, x: x - half, half, neck: size.crown * pixelsPerMm };
  });
  const away = upper ? -1 : 1;
  paintBone(field, placed, { plane, away, random, mouth });
  for (const { fdi, x: at } of placed) {
    const quadrant = Number(fdi[0]);
    const right = quadrant === 1 || quadrant === 4;
    const state = mouth[fdi] ?? {};
    const base = sizeOf(fdi);
    const size = {
      ...base,
      crown: base.crown * random.between(0.97, 1.03),
      root: base.root * random.between(0.94, 1.04)
    };
    const position = Number(fdi[1]);
    const lean = (position > 5 ? 0.1 : 0.03) + random.between(-0.02, 0.02);
    const outwards = right ? -1 : 1;
    const distal = ((upper ? -1 : 1) * outwards) as 1 | -1;
    const angle = Math.atan2(away * Math.cos(lean), outwards * Math.sin(lean));
    paintTooth(field, {
      x: at,
      y: plane + random.between(-5, 5),
      angle,
      distal,
      pixelsPerMm,
      size,
      state,
      bone: 0.42
    });
  }
}

interface BoneOptions {
  plane: number;
  away: 1 | -1;
  random: Random;
  mouth: Mouth;
}

/** Alveolar bone from the crest away from the teeth, its crest dipping at each tooth. */
function paintBone(field: Field, placed: readonly Placed[], { plane, away, random }: BoneOptions): void {
  const crest = crestLine(field.width, placed);
  const tile = trabecularTile();
  const ox = random.between(0, tileSize);
  const oy = random.between(0, tileSize);
  for (let y = 0; y < field.height; y++)
    for (let x = 0; x < field.width; x++) {
      const depth = ((y - plane) * away - crest[x]!) / pixelsPerMm;
      if (depth < -0.6) {
        // Cheek and gum thin out towards the crown.
        if (depth > -3)
          field.data[y * field.width + x] =
            field.data[y * field.width + x]! + 0.05 * smoothstep(-3, -0.6, depth);
        continue;
      }
      const solid = smoothstep(-0.35, 0.5, depth);
      const struts =
        sampleTile(tile, x * 0.42 + ox, y * 0.36 + oy) + 0.8 * sampleTile(tile, x * 0.19 + oy, y * 0.17 + ox);
      const plate = 0.17 * Math.exp(-(((depth - 0.15) / 0.32) ** 2));
      const at = y * field.width + x;
      field.data[at] =
        field.data[at]! + solid * (0.25 + 0.2 * smoothstep(0, 14, depth) + 0.088 * struts) + plate;
    }
}

/** Distance of the crest from the biting plane, in pixels, for every column. */
function crestLine(width: number, placed: readonly Placed[]): Float32Array {
  const knots: [number, number][] = placed.flatMap(({ x, half, neck }, i): [number, number][] => {
    const next = placed[i + 1];
    const between = next ? (neck + next.neck) / 2 : neck;
    const peak: [number, number] = [x + half, between + 0.9 * pixelsPerMm];
    return i === 0
      ? [[x - half, neck + 0.9 * pixelsPerMm], [x, neck + 2.2 * pixelsPerMm], peak]
      : [[x, neck + 2.2 * pixelsPerMm], peak];
  });
  const line = new Float32Array(width);
  for (let x = 0; x < width; x++) {
    const i = knots.findIndex(([at]) => at > x);
    const a = knots[i < 0 ? knots.length - 1 : Math.max(0, i - 1)]!;
    const b = knots[i < 0 ? knots.length - 1 : i]!;
    const t = b[0] === a[0] ? 0 : smoothstep(a[0], b[0], x);
    line[x] = a[1] + (b[1] - a[1]) * t;
  }
  return line;
}

function paintMidline(field: Field): void {
  const { width, height } = field;
  // The suture between the maxillae, the incisive foramen, the floor of the nose.
  addStroke(
    field,
    [
      { x: width / 2, y: height * 0.2 },
      { x: width / 2 + 4, y: height * 0.58 }
    ],
    9,
    -0.12
  );
  addBlob(field, { x: width / 2, y: height * 0.36, rx: 34, ry: 48, hard: 0.3 }, -0.13);
  for (const side of [-1, 1]) {
    addBlob(field, { x: width / 2 + side * 210, y: -60, rx: 190, ry: 150, hard: 0.6 }, -0.22);
    const floor = [
      { x: width / 2 + side * 20, y: 40 },
      { x: width / 2 + side * 110, y: 96 },
      { x: width / 2 + side * 250, y: 112 },
      { x: width / 2 + side * 420, y: 60 }
    ];
    addStroke(field, floor, 16, 0.2, 1, true);
  }
}

function sampleTile(tile: Float32Array, x: number, y: number): number {
  const mask = tileSize - 1;
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const u = x - x0;
  const v = y - y0;
  const top = (y0 & mask) * tileSize;
  const low = ((y0 + 1) & mask) * tileSize;
  const a = tile[top + (x0 & mask)]! * (1 - u) + tile[top + ((x0 + 1) & mask)]! * u;
  const b = tile[low + (x0 & mask)]! * (1 - u) + tile[low + ((x0 + 1) & mask)]! * u;
  return a * (1 - v) + b * v;
}
