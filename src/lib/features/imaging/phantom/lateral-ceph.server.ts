import {
  addBlob,
  addCortex,
  addMask,
  addStretched,
  addStroke,
  blur,
  curve,
  newField,
  polygonMask,
  smoothstep,
  xy,
  type Field
} from './field.server.ts';
import { paintTooth } from './paint-tooth.server.ts';
import { expose, type Radiograph } from './radiograph.server.ts';
import { seededRandom, tileSize, trabecularTile } from './random.server.ts';
import { lowerTeeth, upperTeeth } from './teeth.server.ts';

const width = 2000;
const height = 2200;
const zoom = 2;
export const cephDetectorMm = 0.125;
/** In the midsagittal plane, where the ruler hangs: magnified 1.1 times. */
export const cephMidplaneMm = 0.1136;
const pixelsPerMm = 1 / cephMidplaneMm;

type Outline = readonly (readonly [number, number])[];

/** A phantom lateral cephalogram, face to the right, ruler in front of the forehead. */
export function makeLateralCeph({ seed }: { seed: number }): Radiograph {
  const random = seededRandom(seed * 13 + 5);
  const half = newField(width / zoom, height / zoom, 0.03);
  const mask = (outline: Outline, soft = 2) =>
    polygonMask(half.width, half.height, curve(outline, true), zoom, soft);
  const line = (points: Outline, w: number, gain: number, taper = true) =>
    addStroke(half, curve(points), w, gain, zoom, taper);

  // Soft tissue profile: forehead, nose, lips, chin, throat.
  const skin = mask(
    xy(
      '300,420 520,170 860,70 1240,90 1500,260 1590,470 1612,640 1600,720 1650,830 1730,960 1742,1010 1690,1046 1650,1070 1680,1130 1700,1172 1668,1216 1690,1268 1682,1316 1640,1350 1660,1420 1640,1500 1560,1552 1400,1580 1290,1640 1230,1800 1220,2230 420,2230 400,1700 260,1200 210,760'
    ),
    4
  );
  addMask(half, skin, 0.2);
  addCortex(half, skin, 20, -0.05);

  // Skull vault: two tables with diploe between.
  const vault = mask(
    xy(
      '1560,560 1530,330 1380,170 1100,96 800,104 520,230 350,470 300,760 360,1010 500,1130 700,1160 900,1080 1100,900 1300,760 1480,690'
    ),
    2
  );
  addMask(half, vault, 0.15);
  addCortex(half, vault, 9, 0.34);
  addCortex(half, vault, 22, 0.12);
  // Base of the skull: anterior fossa, orbit roofs, sella, clivus, petrous bone.
  line(xy('1540,640 1420,650 1300,690 1180,716 1112,722'), 16, 0.34);
  line(xy('1500,600 1400,586 1280,610 1180,660'), 12, 0.2);
  line(xy('1112,722 1096,760 1062,792 1020,780 1006,736 990,720'), 14, 0.36);
  line(xy('998,726 960,830 900,960 868,1020'), 22, 0.3);
  addBlob(half, { x: 860 / zoom, y: 900 / zoom, rx: 95, ry: 55, angle: -0.3, hard: 0.4 }, 0.36);
  addBlob(half, { x: 800 / zoom, y: 930 / zoom, rx: 14, ry: 14, hard: 0.8 }, -0.3);
  addBlob(half, { x: 760 / zoom, y: 1040 / zoom, rx: 70, ry: 60, hard: 0.3 }, 0.14);
  addBlob(half, { x: 1190 / zoom, y: 790 / zoom, rx: 60, ry: 36, hard: 0.6 }, -0.09);
  // Frontal sinus, orbit, key ridge, pterygomaxillary fissure.
  addBlob(half, { x: 1528 / zoom, y: 560 / zoom, rx: 16, ry: 46, angle: 0.2, hard: 0.7 }, -0.12);
  line(xy('1524,690 1440,760 1420,850 1470,910 1530,900'), 13, 0.24);
  line(xy('1330,880 1340,990 1372,1050 1410,1020 1420,930'), 14, 0.22);
  line(xy('1150,850 1180,940 1172,1040 1160,1070'), 9, 0.2);
  line(xy('1196,850 1196,960 1166,1074'), 8, 0.18);
  // Nasal bone; maxilla with its two spines; sinus behind it.
  line(xy('1560,650 1600,720 1640,810'), 15, 0.3);
  const maxilla = mask(
    xy(
      '1150,1066 1300,1056 1480,1056 1600,1062 1612,1080 1570,1110 1590,1180 1560,1222 1420,1210 1240,1196 1150,1160'
    ),
    3
  );
  addMask(half, maxilla, 0.24);
  addCortex(half, maxilla, 6, 0.2);
  line(xy('1140,1070 1300,1060 1480,1058 1640,1064'), 13, 0.36, false);
  addBlob(half, { x: 1330 / zoom, y: 950 / zoom, rx: 80, ry: 60, hard: 0.7 }, -0.06);
  // Mandible.
  const mandible = mask(
    xy(
      '1020,1000 1050,948 1092,960 1100,1010 1150,1080 1200,1030 1236,1044 1240,1160 1270,1240 1420,1252 1560,1246 1590,1262 1588,1330 1610,1420 1600,1488 1550,1516 1460,1500 1330,1470 1180,1438 1090,1392 1040,1300 1030,1150 1012,1060'
    ),
    2
  );
  addMask(half, mandible, 0.3);
  addCortex(half, mandible, 6, 0.3);
  addCortex(half, mandible, 16, 0.12);
  line(xy('1120,1180 1180,1300 1320,1380 1460,1400'), 22, -0.07);
  // Airway, soft palate, tongue, hyoid.
  line(xy('1110,1090 1090,1200 1030,1420 1010,1640 1010,2000'), 62, -0.15, false);
  line(xy('1150,1086 1104,1150 1080,1230'), 40, 0.08);
  line(xy('1150,1160 1300,1190 1460,1210'), 26, -0.07);
  line(xy('1090,1640 1160,1620 1230,1596'), 26, 0.26);
  // Cervical vertebrae.
  [1180, 1340, 1490, 1640, 1790, 1940, 2090].forEach((y, i) => {
    const x = 830 - i * 4 + Math.sin(i) * 6;
    const w = i === 1 ? 74 : 84;
    if (i === 0)
      return line(
        [
          [x - 190, y - 10],
          [x - 60, y + 10],
          [x + 80, y - 16]
        ],
        52,
        0.26
      );
    const body = mask(
      [
        [x - w, y - 58],
        [x, y - 52],
        [x + w, y - 58],
        [x + w - 8, y],
        [x + w, y + 58],
        [x, y + 50],
        [x - w, y + 58],
        [x - w + 8, y]
      ],
      2
    );
    addMask(half, body, 0.24);
    addCortex(half, body, 6, 0.24);
    line(
      [
        [x - w, y - 10],
        [x - w - 120, y + 20],
        [x - w - 210, y + 50 + i * 6]
      ],
      52,
      0.2
    );
    if (i === 1)
      line(
        [
          [x + 20, y - 60],
          [x + 24, y - 150],
          [x + 20, y - 210]
        ],
        56,
        0.26
      );
  });
  const field = newField(width, height);
  addStretched(field, half);
  for (const [m, gain] of [
    [mandible, 0.075],
    [maxilla, 0.05],
    [vault, 0.04]
  ] as const)
    addTexture(field, m, gain);
  const dentition = newField(width, height);
  paintDentition(dentition, random.between(-0.05, 0.06));
  addMask(field, dentition, 0.62);
  paintRuler(field);
  addStroke(
    field,
    [
      { x: 800, y: 948 },
      { x: 802, y: 950 }
    ],
    22,
    1.2
  );
  blur(field, 2);
  const pixels = expose(field, random, { gain: 0.95, grain: 40, sharpen: 0.4 });
  return { rows: height, columns: width, bitsStored: 12, pixels, window: { center: 1700, width: 2900 } };
}

/** Both sides' teeth on top of each other: molars doubled and faint, incisors in profile. */
function paintDentition(field: Field, torque: number): void {
  const plane = 1226;
  const seen: readonly [position: number, x: number, lean: number][] = [
    [7, 1282, 0.05],
    [6, 1368, 0.03],
    [5, 1444, 0],
    [4, 1502, -0.04],
    [3, 1548, -0.12]
  ];
  for (const offset of [0, 9])
    for (const [position, x, lean] of seen) {
      const common = { distal: -1 as const, pixelsPerMm: pixelsPerMm * 0.86, state: {}, bone: 0.2 };
      const up = { ...upperTeeth[position - 1]!, root: upperTeeth[position - 1]!.root * 0.9 };
      const down = lowerTeeth[position - 1]!;
      const y = plane + (x - 1420) * 0.05;
      paintTooth(field, {
        ...common,
        x: x + offset,
        y: y - 4,
        angle: -Math.PI / 2 + lean,
        size: up,
        distal: 1
      });
      paintTooth(field, {
        ...common,
        x: x + offset - 12,
        y: y + 4,
        angle: Math.PI / 2 - lean - 0.1,
        size: down
      });
    }
  const incisor = { distal: 1 as const, pixelsPerMm, state: {}, bone: 0.25 };
  const profile = { ...upperTeeth[0]!, width: 7 };
  paintTooth(field, { ...incisor, x: 1634, y: 1250, angle: -Math.PI / 2 - 0.36 - torque, size: profile });
  paintTooth(field, {
    ...incisor,
    x: 1612,
    y: 1226,
    angle: Math.PI / 2 + 0.2 + torque,
    size: { ...lowerTeeth[0]!, width: 5.8 },
    distal: -1
  });
}

function addTexture(field: Field, mask: Field, gain: number): void {
  const tile = trabecularTile();
  const wrap = tileSize - 1;
  for (let y = 0; y < field.height; y++)
    for (let x = 0; x < field.width; x++) {
      const m = mask.data[(y >> 1) * mask.width + (x >> 1)]!;
      if (m < 0.02) continue;
      const at = y * field.width + x;
      field.data[at] =
        field.data[at]! +
        gain *
          m *
          (tile[(y & wrap) * tileSize + (x & wrap)]! +
            0.6 * tile[((y >> 1) & wrap) * tileSize + ((x >> 1) & wrap)]!);
    }
}

/** A steel ruler of 45 mm with a hole every 5 mm, hanging in the midsagittal plane. */
function paintRuler(field: Field): void {
  const x = 1850;
  const top = 420;
  const length = 45 * pixelsPerMm;
  for (let y = Math.floor(top - 20); y < top + length + 20; y++)
    for (let px = x - 24; px < x + 24; px++)
      field.data[y * field.width + px] = 1.5 * smoothstep(24, 20, Math.abs(px - x));
  for (let i = 0; i <= 9; i++)
    addBlob(field, { x, y: top + i * 5 * pixelsPerMm, rx: 6, ry: 6, hard: 1 }, -1.2);
}
