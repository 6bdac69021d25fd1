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
  type Field
} from './field.server.ts';
import { paintTooth } from './paint-tooth.server.ts';
import { addMarker, expose, type Radiograph } from './radiograph.server.ts';
import { seededRandom, tileSize, trabecularTile, type Random } from './random.server.ts';
import { lowerTeeth, upperTeeth, type Mouth, type ToothSize, type ToothState } from './teeth.server.ts';

const width = 2800;
const height = 1400;
const middle = width / 2;
/** Bones are drawn at half size: panoramic layers are no sharper than that. */
const zoom = 2;
/** Pixels a millimetre of tooth: 0.1 mm pixels, magnified 1.22 times, as panoramic devices do. */
const pixelsPerMm = 12.2;

type Outline = readonly (readonly [number, number])[];

interface Build {
  random: Random;
  mouth: Mouth;
  /** Small differences between faces. */
  jaw: { wide: number; drop: number; smile: number };
  half: Field;
}

/**
 * A phantom panoramic radiograph, 2800 × 1400 pixels of 0.1 mm at the detector. Not a person: drawn from
 * curves and averages; the same seed and mouth give the same picture.
 */
export function makePanoramic(options: { seed: number; mouth: Mouth }): Radiograph {
  const random = seededRandom(options.seed);
  const jaw = {
    wide: random.between(0.97, 1.04),
    drop: random.between(-18, 22),
    smile: random.between(52, 78)
  };
  const build: Build = { random, mouth: options.mouth, jaw, half: newField(width / zoom, height / zoom) };
  paintSoftTissue(build);
  const { mandible, maxilla } = paintBones(build);
  paintMidface(build);
  paintAirways(build);
  paintMandibularCanal(build);
  const field = newField(width, height);
  addStretched(field, build.half);
  addTrabeculae(field, mandible, random, 0.1);
  addTrabeculae(field, maxilla, random, 0.075);
  paintArches(field, build);
  addMarker(field, 'R', 96, 150, 74);
  blur(field, 2);
  const pixels = expose(field, random, { gain: 1.12, grain: 34, sharpen: 0.42 });
  return { rows: height, columns: width, bitsStored: 12, pixels, window: { center: 1780, width: 2700 } };
}

/** Points given for the right half as distances from the midline, mirrored to a whole outline. */
function mirrored(points: Outline, jaw: Build['jaw']): [number, number][] {
  const right = points.map(([dx, y]) => [middle + dx * jaw.wide, y] as [number, number]);
  const left = points
    .toReversed()
    .filter(([dx]) => dx > 0)
    .map(([dx, y]) => [middle - dx * jaw.wide, y] as [number, number]);
  return [...right, ...left];
}

function both(
  build: Build,
  draw: (side: 1 | -1, at: (dx: number, y: number) => [number, number]) => void
): void {
  for (const side of [1, -1] as const) draw(side, (dx, y) => [middle + side * dx * build.jaw.wide, y]);
}

const maskOf = (points: [number, number][], soft: number): Field =>
  polygonMask(width / zoom, height / zoom, curve(points, true), zoom, soft);

function paintSoftTissue({ half, random, jaw }: Build): void {
  const { width: w, height: h, data } = half;
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const dx = Math.abs(x - w / 2) / (w / 2);
      const dy = y / h;
      let mu =
        0.17 +
        0.07 * smoothstep(0, 0.5, dy) -
        0.16 * smoothstep(0.86, 1.02, dx) * (1 - smoothstep(0.35, 0.9, dy));
      // The neck's spine shows as a pale column behind the front teeth, and at both edges.
      mu += 0.2 * Math.exp(-((dx / 0.15) ** 2)) * (0.35 + 0.65 * smoothstep(0.1, 0.95, dy));
      mu += 0.34 * smoothstep(0.87, 0.99, dx) * smoothstep(0.3, 0.6, dy);
      mu -= 0.14 * smoothstep(0.91, 1, dy) * (1 - smoothstep(0.5, 0.8, dx));
      data[y * w + x] = mu;
    }
  // Vertebral bodies at the edges.
  for (const side of [1, -1])
    for (let i = 0; i < 4; i++) {
      const y = 560 + i * 205 + random.between(-8, 8);
      addBlob(half, { x: (middle + side * 1345) / zoom, y: y / zoom, rx: 50, ry: 44, hard: 0.45 }, 0.11);
      addStroke(
        half,
        curve([
          [middle + side * 1260, y + 92],
          [middle + side * 1330, y + 100],
          [middle + side * 1400, y + 96]
        ]),
        22,
        0.08,
        zoom
      );
    }
  // Flesh is never even.
  const clouds = newField(44, 22);
  for (let i = 0; i < clouds.data.length; i++) clouds.data[i] = random.normal() * 0.02;
  addStretched(half, clouds);
  // Chin and lips.
  const chin = maskOf(
    mirrored(
      [
        [0, 560],
        [240, 620],
        [330, 900],
        [360, 1240],
        [260, 1362],
        [0, 1385 + jaw.drop]
      ],
      jaw
    ),
    14
  );
  addMask(half, chin, 0.07);
}

function paintBones({ half, jaw, mouth, random }: Build): { mandible: Field; maxilla: Field } {
  const d = jaw.drop;
  const mandible = maskOf(
    mirrored(
      [
        ...crestLine(false, jaw),
        [806, 790],
        [842, 700],
        [858, 590],
        [862, 480],
        [880, 398],
        [908, 372],
        [936, 408],
        [968, 468],
        [1012, 486],
        [1046, 440],
        [1052, 378],
        [1038, 332],
        [1062, 296],
        [1108, 288],
        [1140, 312],
        [1136, 360],
        [1112, 420],
        [1104, 520],
        [1098, 660],
        [1082, 800],
        [1056, 920],
        [1010, 1022],
        [930, 1098 + d],
        [780, 1158 + d],
        [600, 1206 + d],
        [400, 1250 + d],
        [200, 1284 + d],
        [0, 1292 + d]
      ],
      jaw
    ),
    2
  );
  const toothless = Object.values(mouth).filter((t) => t.missing).length;
  // Thin at the crest, thicker towards the base: cancellous bone between two plates that diverge.
  addMask(half, mandible, 0.25 - 0.003 * toothless);
  const basal = { ...mandible, data: mandible.data.slice() };
  blur(basal, 34);
  for (let i = 0; i < basal.data.length; i++)
    basal.data[i] = Math.max(0, basal.data[i]! - 0.35) * mandible.data[i]!;
  addMask(half, basal, 0.26);
  addCortex(half, mandible, 5, 0.3);
  addCortex(half, mandible, 13, 0.1);
  // The lower border is the thickest cortex; the ridge of the ramus and the oblique line cross the molars' roots.
  both({ jaw, half, mouth, random }, (_, at) => {
    addStroke(
      half,
      curve([
        at(0, 1272 + d),
        at(200, 1264 + d),
        at(400, 1231 + d),
        at(600, 1188 + d),
        at(780, 1140 + d),
        at(930, 1078 + d)
      ]),
      24,
      0.3,
      zoom,
      true
    );
    addStroke(
      half,
      curve([at(858, 560), at(838, 700), at(800, 806), at(728, 884), at(640, 930)]),
      20,
      0.15,
      zoom,
      true
    );
    addStroke(half, curve([at(1000, 520), at(990, 700), at(940, 860)]), 120, 0.05, zoom, true);
    addStroke(half, curve([at(1058, 470), at(1070, 410), at(1092, 330)]), 70, 0.08, zoom, true);
    // Shadow of the other side's angle, unsharp.
    addStroke(half, curve([at(620, 620), at(820, 520), at(1040, 470)]), 170, 0.08, zoom, true);
  });
  addBlob(half, { x: middle / zoom, y: (1215 + d) / zoom, rx: 90, ry: 24 }, 0.12);
  const maxilla = maskOf(
    mirrored(
      [
        [0, 424],
        [170, 428],
        [400, 420],
        [600, 404],
        [740, 392],
        [806, 430],
        [838, 520],
        [836, 590],
        ...crestLine(true, jaw).toReversed()
      ],
      jaw
    ),
    3
  );
  addMask(half, maxilla, 0.25);
  addCortex(half, maxilla, 5, 0.08);
  const face = maskOf(
    mirrored(
      [
        [0, 40],
        [260, 60],
        [480, 120],
        [700, 60],
        [800, 180],
        [812, 400],
        [780, 560],
        [400, 600],
        [0, 600]
      ],
      jaw
    ),
    20
  );
  addMask(half, face, 0.2);
  return { mandible, maxilla };
}

/**
 * The edge of the alveolar bone from the midline backwards: some 1.5 mm beyond the necks of the teeth, higher
 * between them.
 */
function crestLine(upper: boolean, jaw: Build['jaw']): [number, number][] {
  const sizes = upper ? upperTeeth : lowerTeeth;
  const away = upper ? -1 : 1;
  const points: [number, number][] = [];
  let reach = 2;
  sizes.forEach((size, i) => {
    const next = sizes[i + 1] ?? size;
    const span = size.width * pixelsPerMm * 0.985;
    const neck = size.crown * pixelsPerMm + 8;
    const between = (neck + next.crown * pixelsPerMm + 8) / 2;
    if (i === 0) points.push([0, occlusal(0, jaw) + away * (neck + 2)]);
    points.push([reach + span / 2, occlusal(reach + span / 2, jaw) + away * (neck + 12)]);
    reach += span;
    points.push([reach, occlusal(reach, jaw) + away * (between - 7)]);
  });
  return points;
}

function paintMidface(build: Build): void {
  const { half, jaw, random } = build;
  both(build, (side, at) => {
    const sway = random.between(-10, 10);
    // Maxillary sinus: air behind thin walls, dipping between the roots.
    const sinus = maskOf(
      [
        at(236, 300),
        at(300, 232),
        at(440, 206),
        at(610, 222),
        at(716, 300),
        at(758, 420),
        at(742, 520),
        at(676, 556 + sway),
        at(610, 534),
        at(548, 552 + sway),
        at(468, 520),
        at(388, 500),
        at(300, 420)
      ],
      2
    );
    addMask(half, sinus, -0.2);
    addCortex(half, sinus, 3, 0.26);
    // Zygoma: the process as a U over the first molar, the arch backwards.
    addStroke(
      half,
      curve([at(516, 306), at(538, 424), at(596, 476), at(656, 430), at(690, 330)]),
      17,
      0.3,
      zoom,
      true
    );
    addStroke(half, curve([at(670, 372), at(800, 372), at(920, 344), at(1040, 262)]), 56, 0.16, zoom, true);
    addStroke(half, curve([at(680, 350), at(800, 346), at(920, 316), at(1036, 236)]), 9, 0.16, zoom, true);
    addStroke(half, curve([at(676, 398), at(800, 402), at(915, 376)]), 9, 0.14, zoom, true);
    // Orbit floor; glenoid fossa and articular eminence over the condyle.
    addStroke(
      half,
      curve([at(190, 120), at(300, 178), at(460, 190), at(610, 158), at(700, 86)]),
      15,
      0.28,
      zoom,
      true
    );
    addStroke(
      half,
      curve([at(930, 282), at(986, 300), at(1034, 262), at(1086, 232), at(1148, 250), at(1180, 306)]),
      20,
      0.3,
      zoom,
      true
    );
    addStroke(half, curve([at(1016, 170), at(1130, 190), at(1290, 170)]), 130, 0.15, zoom, true);
    // Nasal cavity with its lower turbinate.
    const nose = maskOf(
      [at(12, 120), at(80, 90), at(140, 170), at(186, 290), at(190, 380), at(100, 420), at(14, 414)],
      5
    );
    addMask(half, nose, -0.2);
    addCortex(half, nose, 3, 0.1);
    addBlob(
      half,
      { x: at(108, 0)[0] / zoom, y: 342 / zoom, rx: 28, ry: 30, angle: side * 0.25, hard: 0.3 },
      0.16
    );
    // Hard palate, the near side sharp and its shadow soft; pterygoid plate; styloid; hyoid; ear lobe.
    addStroke(
      half,
      curve([at(0, 428), at(180, 434), at(400, 426), at(600, 410), at(770, 392)]),
      13,
      0.34,
      zoom,
      true
    );
    addStroke(half, curve([at(60, 468), at(300, 472), at(560, 452), at(760, 428)]), 26, 0.12, zoom, true);
    addStroke(half, curve([at(800, 400), at(826, 480), at(834, 570)]), 22, 0.16, zoom, true);
    addStroke(half, curve([at(1190, 400), at(1166, 520), at(1130, 660)]), 13, 0.16, zoom, true);
    addStroke(
      half,
      curve([at(420, 1372), at(560, 1340), at(720, 1334), at(840, 1306)]),
      34,
      0.13,
      zoom,
      true
    );
    addBlob(half, { x: at(1236, 0)[0] / zoom, y: 520 / zoom, rx: 32, ry: 56, hard: 0.6 }, 0.1);
  });
  // Septum and nasal spine.
  addStroke(
    half,
    curve([
      [middle, 130],
      [middle + 8, 260],
      [middle - 2, 420]
    ]),
    17,
    0.34,
    zoom,
    true
  );
  addStroke(
    half,
    curve([
      [middle, 420],
      [middle, 462]
    ]),
    34,
    0.2,
    zoom,
    true
  );
  addStroke(
    half,
    curve([
      [middle, 470],
      [middle, occlusal(0, jaw) - 130]
    ]),
    7,
    -0.09,
    zoom,
    true
  );
}

function paintAirways(build: Build): void {
  const { half, jaw } = build;
  both(build, (_, at) => {
    // Air between soft palate and tongue, and behind the tongue across the ramus.
    addStroke(
      half,
      curve([at(0, 548), at(300, 544), at(560, 528), at(760, 516), at(900, 550)]),
      60,
      -0.07,
      zoom
    );
    addStroke(half, curve([at(930, 500), at(948, 660), at(928, 850), at(884, 1040)]), 84, -0.15, zoom);
    addStroke(half, curve([at(800, 470), at(900, 474), at(990, 560)]), 60, 0.08, zoom);
  });
  const tongue = maskOf(
    mirrored(
      [
        [0, 590],
        [340, 590],
        [640, 560],
        [820, 600],
        [860, 800],
        [700, 1000],
        [0, 1060]
      ],
      jaw
    ),
    16
  );
  addMask(half, tongue, 0.06);
  // Between the arches: lips and cheeks only.
  const gap = Array.from({ length: 41 }, (_, i) => ({
    x: middle + (i - 20) * 40,
    y: occlusal((i - 20) * 40, jaw)
  }));
  addStroke(half, gap, 26, -0.1, zoom);
}

function paintMandibularCanal(build: Build): void {
  const { half, jaw } = build;
  const d = jaw.drop;
  both(build, (_, at) => {
    const course: Outline = [
      at(986, 640),
      at(972, 760),
      at(926, 880),
      at(840, 974 + d),
      at(720, 1046 + d),
      at(580, 1096 + d),
      at(460, 1116 + d),
      at(380, 1086 + d)
    ];
    addStroke(half, curve(course), 26, -0.1, zoom);
    for (const off of [-17, 17])
      addStroke(half, curve(course.map(([x, y]) => [x + off * 0.5, y + off] as const)), 7, 0.1, zoom);
    addBlob(half, { x: at(368, 0)[0] / zoom, y: (1070 + d) / zoom, rx: 14, ry: 10, hard: 0.5 }, -0.2);
  });
}

/** Bone structure of the jaws, from fine to coarse towards the angle. */
function addTrabeculae(field: Field, mask: Field, random: Random, gain: number): void {
  const tile = trabecularTile();
  const wrap = tileSize - 1;
  const ox = Math.floor(random.next() * tileSize);
  const oy = Math.floor(random.next() * tileSize);
  for (let y = 0; y < field.height; y++) {
    const row = (y >> 1) * mask.width;
    for (let x = 0; x < field.width; x++) {
      const m = mask.data[row + (x >> 1)]!;
      if (m < 0.02) continue;
      const fine = tile[((y + oy) & wrap) * tileSize + ((x + ox) & wrap)]!;
      const coarse = tile[(((y >> 1) + 77) & wrap) * tileSize + (((x >> 1) + ox) & wrap)]!;
      const at = y * field.width + x;
      field.data[at] = field.data[at]! + gain * m * (fine + 0.7 * coarse);
    }
  }
}

/** Height of the biting plane at a distance from the midline: a slight smile, as with a well placed head. */
function occlusal(dx: number, jaw: Build['jaw']): number {
  return 762 - jaw.smile * (dx / 800) ** 2;
}

function paintArches(field: Field, { mouth, jaw, random }: Build): void {
  for (const upper of [true, false])
    for (const side of [1, -1] as const) {
      let reach = 2;
      const sizes = upper ? upperTeeth : lowerTeeth;
      sizes.forEach((size, i) => {
        const fdi = `${upper ? (side < 0 ? 1 : 2) : side < 0 ? 4 : 3}${i + 1}`;
        const span = size.width * pixelsPerMm * 0.985;
        paintOne(field, {
          size,
          state: mouth[fdi] ?? {},
          upper,
          side,
          dx: (reach + span / 2) * jaw.wide,
          index: i,
          jaw,
          random
        });
        reach += span;
      });
    }
}

function paintOne(
  field: Field,
  tooth: {
    size: ToothSize;
    state: ToothState;
    upper: boolean;
    side: 1 | -1;
    dx: number;
    index: number;
    jaw: Build['jaw'];
    random: Random;
  }
): void {
  const { size, state, upper, side, dx, index, jaw, random } = tooth;
  const varied = {
    ...size,
    crown: size.crown * random.between(0.95, 1.03),
    root: size.root * random.between(0.92, 1.07)
  };
  const wobble = random.between(-0.035, 0.035);
  const lift = random.between(-6, 6);
  // Roots lean distally, most in the lower molars; the front teeth's apices converge a little.
  const lean =
    (upper ? [0.03, 0.07, 0.1, 0.06, 0.05, 0.05, 0.1, 0.16] : [0.0, 0.03, 0.08, 0.09, 0.12, 0.2, 0.28, 0.36])[
      index
    ]! + wobble;
  const x = middle + side * dx;
  const y = occlusal(dx, jaw) + (upper ? -7 : 7) + lift;
  const down = upper ? -1 : 1;
  const angle = Math.atan2(down * Math.cos(lean), side * Math.sin(lean));
  // `distal` is the across direction that points away from the midline.
  const distal = (upper ? (side > 0 ? -1 : 1) : side > 0 ? 1 : -1) as 1 | -1;
  const base = { pixelsPerMm, size: varied, state, bone: upper ? 0.3 : 0.42, distal };
  if (state.impacted)
    return paintTooth(field, {
      ...base,
      x: x - side * 26,
      y: y + down * 78,
      angle: Math.atan2(down * 0.42, side * 0.9)
    });
  paintTooth(field, { ...base, x, y, angle });
}
