import { isFront, parseTooth, type Tooth } from './teeth.ts';
import { crownPoints, rootPoints, type CrownForm, type Point, type RootForm } from './tooth-outlines.ts';

/**
 * Outlines of teeth from the buccal side. Drawn for the patient's upper right: mesial towards +x, roots
 * towards −y, the neck (cemento-enamel junction) at y = 0; other quadrants are mirrored by the chart.
 * Units: chart pixels. Proportions follow the mean measures in Wheeler's Dental Anatomy, with narrow front
 * teeth widened a little so that they can be hit.
 */
export interface ToothShape {
  /** Half the greatest width of the crown. */
  halfWidth: number;
  crownHeight: number;
  rootLength: number;
  crown: string;
  /** Roots in front, one outline. */
  roots: string;
  /** The palatal root of upper molars and first premolars, seen behind; or null. */
  backRoot: string | null;
  /** Canals from the pulp chamber to each apex. */
  canals: string[];
  /** Tips of the roots, for lesions. */
  apices: [number, number][];
  /** Faint lines on the crown: lobes, grooves. */
  relief: string;
  /** Line of the gum at the neck. */
  neck: string;
  /** Half the width of the neck. */
  halfNeck: number;
}

interface Measures {
  /** Millimetres: width, width at the neck, crown height, root length. */
  mm: readonly [number, number, number, number];
  crown: CrownForm;
  roots: RootForm;
}

const permanentUpper: Measures[] = [
  { mm: [8.6, 6.4, 10.5, 13], crown: 'upper-incisor', roots: 'single' },
  { mm: [6.9, 5, 9.2, 13], crown: 'upper-incisor', roots: 'single' },
  { mm: [7.7, 5.6, 10.2, 16.4], crown: 'canine', roots: 'single' },
  { mm: [7.3, 5.2, 8.6, 13.6], crown: 'premolar', roots: 'two-behind' },
  { mm: [7.2, 5.2, 8.4, 13.6], crown: 'premolar', roots: 'single' },
  { mm: [10.4, 7.9, 7.8, 12.4], crown: 'upper-molar', roots: 'three' },
  { mm: [9.8, 7.3, 7.4, 11.6], crown: 'upper-molar', roots: 'three' },
  { mm: [9, 6.8, 6.8, 10.4], crown: 'upper-molar', roots: 'fused' }
];
const permanentLower: Measures[] = [
  { mm: [6, 4, 9, 12.4], crown: 'lower-incisor', roots: 'single' },
  { mm: [6.3, 4.2, 9.3, 13.4], crown: 'lower-incisor', roots: 'single' },
  { mm: [7.2, 5.4, 10.6, 15.4], crown: 'canine', roots: 'single' },
  { mm: [7.2, 5, 8.6, 13.6], crown: 'premolar', roots: 'single' },
  { mm: [7.3, 5.2, 8.2, 14], crown: 'premolar', roots: 'single' },
  { mm: [11, 8.6, 7.6, 13.4], crown: 'lower-molar', roots: 'two' },
  { mm: [10.5, 8, 7.2, 12.6], crown: 'lower-molar', roots: 'two' },
  { mm: [9.8, 7.4, 6.9, 10.8], crown: 'lower-molar', roots: 'fused' }
];
const primaryUpper: Measures[] = [
  { mm: [7, 5, 6, 10], crown: 'upper-incisor', roots: 'single' },
  { mm: [5.8, 4.2, 5.8, 10.4], crown: 'upper-incisor', roots: 'single' },
  { mm: [7, 5, 6.5, 12], crown: 'canine', roots: 'single' },
  { mm: [7.6, 5.4, 5.3, 9.6], crown: 'upper-molar', roots: 'three-flared' },
  { mm: [8.8, 6.4, 5.8, 10.6], crown: 'upper-molar', roots: 'three-flared' }
];
const primaryLower: Measures[] = [
  { mm: [5.2, 3.6, 5.4, 9], crown: 'lower-incisor', roots: 'single' },
  { mm: [5.2, 3.6, 5.5, 9.6], crown: 'lower-incisor', roots: 'single' },
  { mm: [6, 4.2, 6.2, 11], crown: 'canine', roots: 'single' },
  { mm: [8, 6.2, 5.8, 9.4], crown: 'lower-molar', roots: 'two-flared' },
  { mm: [9.6, 7.2, 5.7, 10.6], crown: 'lower-molar', roots: 'two-flared' }
];

const pxPerMm = { x: 5.5, y: 4.7 };

const cache = new Map<string, ToothShape>();

/** The outline of a tooth by its FDI number. @throws AppError `unknown_tooth` */
export function shapeOf(number: string): ToothShape {
  let shape = cache.get(number);
  if (!shape) cache.set(number, (shape = drawShape(parseTooth(number))));
  return shape;
}

function drawShape(tooth: Tooth): ToothShape {
  const table =
    tooth.dentition === 'permanent'
      ? tooth.arch === 'upper'
        ? permanentUpper
        : permanentLower
      : tooth.arch === 'upper'
        ? primaryUpper
        : primaryLower;
  const { mm, crown, roots } = table[tooth.position - 1]!;
  const halfWidth = (mm[0] / 2) * pxPerMm.x;
  const halfNeck = (mm[1] / 2) * pxPerMm.x;
  const crownHeight = mm[2] * pxPerMm.y;
  const rootLength = mm[3] * pxPerMm.y;

  // The neck bows towards the root on front teeth and lies nearly flat on molars.
  const bow = isFront(tooth) ? 0.14 : tooth.toothClass === 'premolar' ? 0.1 : 0.05;
  const neckLine: Point[] = [
    [-halfNeck, 0],
    [-halfNeck * 0.55, -bow * crownHeight * 0.8],
    [0, -bow * crownHeight],
    [halfNeck * 0.55, -bow * crownHeight * 0.8],
    [halfNeck, 0]
  ];
  const crownOutline = crownPoints[crown].map(([x, y]): Point => [x * halfWidth, y * crownHeight]);
  const atRoot = (points: readonly Point[]) =>
    points.map(([x, y]): Point => [x * halfNeck, y > 0 ? y * crownHeight : y * rootLength]);
  const root = rootPoints[roots];
  const canals = root.canals.map(atRoot);
  return {
    halfWidth,
    crownHeight,
    rootLength,
    halfNeck,
    crown: closed([...neckLine, ...crownOutline]),
    roots: `${open([[halfNeck, 1], ...atRoot(root.front), [-halfNeck, 1]])}Z`,
    backRoot: root.back ? `${open(atRoot(root.back))}Z` : null,
    canals: canals.map(open),
    apices: canals.map((canal) => canal.at(-1)! as [number, number]),
    relief: relief(crown, halfWidth, crownHeight),
    neck: open(neckLine)
  };
}

function relief(form: CrownForm, w: number, h: number): string {
  const line = (...points: Point[]) => open(points.map(([x, y]): Point => [x * w, y * h]));
  switch (form) {
    case 'upper-incisor':
      return line([0.34, 0.5], [0.36, 0.7], [0.34, 0.86]) + line([-0.32, 0.5], [-0.34, 0.7], [-0.32, 0.84]);
    case 'lower-incisor':
      return line([0.3, 0.62], [0.3, 0.88]) + line([-0.3, 0.62], [-0.3, 0.88]);
    case 'canine':
      return line([0.1, 0.3], [0.13, 0.6], [0.08, 0.88]);
    case 'premolar':
      return line([0.05, 0.34], [0.06, 0.6], [0.03, 0.84]);
    case 'upper-molar':
      return line([0.06, 0.84], [0.07, 0.6], [0.03, 0.42]);
    case 'lower-molar':
      return line([0.22, 0.86], [0.22, 0.6], [0.18, 0.44]) + line([-0.54, 0.85], [-0.52, 0.66], [-0.5, 0.52]);
  }
}

const n = (value: number) => String(Math.round(value * 100) / 100);

/** Catmull-Rom through the points, as cubic Béziers. */
function through(points: readonly Point[], at: (i: number) => Point): string {
  let path = '';
  for (let i = 0; i < points.length; i++) {
    const [before, from, to, after] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    path += `C${n(from[0] + (to[0] - before[0]) / 6)} ${n(from[1] + (to[1] - before[1]) / 6)} ${n(
      to[0] - (after[0] - from[0]) / 6
    )} ${n(to[1] - (after[1] - from[1]) / 6)} ${n(to[0])} ${n(to[1])}`;
  }
  return path;
}

/** A smooth closed outline. */
export function closed(points: readonly Point[]): string {
  const at = (i: number) => points[(i + points.length) % points.length]!;
  return `M${n(points[0]![0])} ${n(points[0]![1])}${through(points, at)}Z`;
}

/** A smooth line. */
export function open(points: readonly Point[]): string {
  const at = (i: number) => points[Math.max(0, Math.min(points.length - 1, i))]!;
  return `M${n(points[0]![0])} ${n(points[0]![1])}${through(points.slice(0, -1), at)}`;
}
