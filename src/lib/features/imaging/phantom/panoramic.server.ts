import {
  addBlob,
  addCortex,
  addMask,
  addStretched,
  addStroke,
  blur,
  curve,
  newField,
  smoothstep,
  xy,
  type Field
} from './field.server.ts';
import {
  both,
  height,
  maskOf,
  middle,
  mirrored,
  occlusal,
  pixelsPerMm,
  width,
  zoom,
  type Build,
  type Outline
} from './jaw-frame.server.ts';
import { paintAirways, paintMidface } from './midface.server.ts';
import { paintTooth } from './paint-tooth.server.ts';
import { addMarker, expose, type Radiograph } from './radiograph.server.ts';
import { seededRandom, tileSize, trabecularTile, type Random } from './random.server.ts';
import { lowerTeeth, upperTeeth, type Mouth, type ToothSize, type ToothState } from './teeth.server.ts';

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
    mirrored([...xy('0,560 240,620 330,900 360,1240 260,1362'), [0, 1385 + jaw.drop]], jaw),
    14
  );
  addMask(half, chin, 0.07);
}

function paintBones({ half, jaw, mouth }: Build): { mandible: Field; maxilla: Field } {
  const d = jaw.drop;
  const mandible = maskOf(
    mirrored(
      [
        ...crestLine(false, jaw),
        ...xy(
          '806,790 842,700 858,590 862,480 880,398 908,372 936,408 968,468 1012,486 1046,440 1052,378 1038,332 1062,296 1108,288 1140,312 1136,360 1112,420 1104,520 1098,660 1082,800 1056,920 1010,1022'
        ),
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
  both({ jaw }, (_, at, way) => {
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
    addStroke(half, curve(way('858,560 838,700 800,806 728,884 640,930')), 20, 0.15, zoom, true);
    addStroke(half, curve(way('1000,520 990,700 940,860')), 120, 0.05, zoom, true);
    addStroke(half, curve(way('1058,470 1070,410 1092,330')), 70, 0.08, zoom, true);
    // Shadow of the other side's angle, unsharp.
    addStroke(half, curve(way('620,620 820,520 1040,470')), 170, 0.08, zoom, true);
  });
  addBlob(half, { x: middle / zoom, y: (1215 + d) / zoom, rx: 90, ry: 24 }, 0.12);
  const maxilla = maskOf(
    mirrored(
      [
        ...xy('0,424 170,428 400,420 600,404 740,392 806,430 838,520 836,590'),
        ...crestLine(true, jaw).toReversed()
      ],
      jaw
    ),
    3
  );
  addMask(half, maxilla, 0.25);
  addCortex(half, maxilla, 5, 0.08);
  const face = maskOf(
    mirrored(xy('0,40 260,60 480,120 700,60 800,180 812,400 780,560 400,600 0,600'), jaw),
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
