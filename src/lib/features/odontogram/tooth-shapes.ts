import { isFront, parseTooth, type Tooth } from './teeth.ts';

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

type Point = readonly [number, number];
type CrownForm = 'upper-incisor' | 'lower-incisor' | 'canine' | 'premolar' | 'upper-molar' | 'lower-molar';
type RootForm = 'single' | 'two-behind' | 'three' | 'two' | 'three-flared' | 'two-flared' | 'fused';

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

/** Crown outlines from the mesial neck round the biting edge to the distal neck; x of half width, y of height. */
const crownPoints: Record<CrownForm, Point[]> = {
  'upper-incisor': [
    [0.9, 0.3],
    [0.99, 0.62],
    [1, 0.84],
    [0.93, 0.965],
    [0.72, 1],
    [0, 0.995],
    [-0.68, 0.985],
    [-0.9, 0.92],
    [-0.99, 0.76],
    [-0.97, 0.54],
    [-0.86, 0.26]
  ],
  'lower-incisor': [
    [0.84, 0.3],
    [0.95, 0.62],
    [0.99, 0.86],
    [0.93, 0.97],
    [0.72, 1],
    [0, 1],
    [-0.72, 1],
    [-0.94, 0.965],
    [-0.99, 0.84],
    [-0.94, 0.6],
    [-0.82, 0.28]
  ],
  canine: [
    [0.9, 0.3],
    [0.99, 0.55],
    [0.94, 0.72],
    [0.62, 0.87],
    [0.26, 0.985],
    [0.06, 1.02],
    [-0.14, 0.975],
    [-0.56, 0.82],
    [-0.93, 0.64],
    [-1, 0.47],
    [-0.88, 0.24]
  ],
  premolar: [
    [0.9, 0.3],
    [1, 0.56],
    [0.96, 0.75],
    [0.64, 0.88],
    [0.24, 0.985],
    [0.02, 1.01],
    [-0.2, 0.98],
    [-0.6, 0.87],
    [-0.95, 0.72],
    [-1, 0.53],
    [-0.88, 0.28]
  ],
  'upper-molar': [
    [0.94, 0.28],
    [1, 0.54],
    [0.96, 0.8],
    [0.78, 0.96],
    [0.5, 1],
    [0.24, 0.93],
    [0.06, 0.86],
    [-0.14, 0.9],
    [-0.44, 0.97],
    [-0.74, 0.92],
    [-0.94, 0.74],
    [-0.99, 0.5],
    [-0.9, 0.24]
  ],
  'lower-molar': [
    [0.94, 0.28],
    [1, 0.54],
    [0.96, 0.8],
    [0.8, 0.96],
    [0.56, 0.99],
    [0.34, 0.91],
    [0.22, 0.88],
    [0.06, 0.93],
    [-0.2, 0.98],
    [-0.44, 0.91],
    [-0.54, 0.87],
    [-0.74, 0.91],
    [-0.93, 0.76],
    [-0.99, 0.5],
    [-0.92, 0.25]
  ]
};

/** Root outlines from the mesial neck to the distal neck; x of half neck, y of root length (negative). */
const rootPoints: Record<RootForm, { front: Point[]; back: Point[] | null; canals: Point[][] }> = {
  single: {
    front: [
      [0.97, -0.18],
      [0.84, -0.46],
      [0.56, -0.78],
      [0.22, -0.965],
      [-0.06, -1],
      [-0.3, -0.94],
      [-0.6, -0.72],
      [-0.86, -0.42],
      [-0.97, -0.18]
    ],
    back: null,
    canals: [
      [
        [0.02, 0.3],
        [0.03, -0.2],
        [0.02, -0.6],
        [-0.06, -0.95]
      ]
    ]
  },
  'two-behind': {
    front: [
      [0.97, -0.2],
      [0.84, -0.48],
      [0.5, -0.8],
      [0.16, -0.97],
      [-0.08, -1],
      [-0.34, -0.93],
      [-0.66, -0.7],
      [-0.88, -0.42],
      [-0.97, -0.2]
    ],
    back: [
      [0.9, -0.3],
      [0.86, -0.66],
      [0.66, -0.88],
      [0.42, -0.93],
      [0.2, -0.82],
      [-0.1, -0.4]
    ],
    canals: [
      [
        [0.02, 0.24],
        [0, -0.3],
        [-0.08, -0.95]
      ],
      [
        [0.1, 0.2],
        [0.26, -0.3],
        [0.48, -0.88]
      ]
    ]
  },
  three: {
    front: [
      [1, -0.2],
      [1.04, -0.5],
      [0.96, -0.8],
      [0.76, -0.985],
      [0.56, -0.96],
      [0.42, -0.72],
      [0.26, -0.44],
      [0.08, -0.32],
      [-0.1, -0.42],
      [-0.3, -0.68],
      [-0.5, -0.9],
      [-0.7, -0.94],
      [-0.86, -0.8],
      [-0.98, -0.5],
      [-0.99, -0.2]
    ],
    back: [
      [0.5, -0.25],
      [0.42, -0.7],
      [0.26, -1],
      [0.04, -1.08],
      [-0.16, -0.98],
      [-0.34, -0.66],
      [-0.46, -0.25]
    ],
    canals: [
      [
        [0.34, 0.2],
        [0.62, -0.3],
        [0.7, -0.92]
      ],
      [
        [0.02, 0.2],
        [0.04, -0.4],
        [0.05, -1]
      ],
      [
        [-0.3, 0.2],
        [-0.58, -0.34],
        [-0.66, -0.86]
      ]
    ]
  },
  two: {
    front: [
      [1, -0.2],
      [1.02, -0.48],
      [0.9, -0.8],
      [0.66, -0.985],
      [0.44, -0.96],
      [0.34, -0.76],
      [0.24, -0.46],
      [0.04, -0.28],
      [-0.16, -0.44],
      [-0.34, -0.72],
      [-0.56, -0.93],
      [-0.78, -0.95],
      [-0.93, -0.78],
      [-0.99, -0.48],
      [-0.98, -0.2]
    ],
    back: null,
    canals: [
      [
        [0.36, 0.2],
        [0.62, -0.3],
        [0.58, -0.92]
      ],
      [
        [-0.32, 0.2],
        [-0.6, -0.3],
        [-0.74, -0.88]
      ]
    ]
  },
  fused: {
    front: [
      [1, -0.2],
      [0.96, -0.5],
      [0.72, -0.82],
      [0.4, -0.98],
      [0.12, -0.94],
      [-0.02, -0.8],
      [-0.16, -0.93],
      [-0.46, -0.98],
      [-0.78, -0.78],
      [-0.96, -0.48],
      [-0.98, -0.2]
    ],
    back: null,
    canals: [
      [
        [0.3, 0.2],
        [0.46, -0.3],
        [0.32, -0.9]
      ],
      [
        [-0.3, 0.2],
        [-0.46, -0.3],
        [-0.42, -0.9]
      ]
    ]
  },
  'three-flared': {
    front: [
      [1.04, -0.18],
      [1.3, -0.5],
      [1.28, -0.82],
      [1.06, -0.98],
      [0.84, -0.84],
      [0.66, -0.5],
      [0.36, -0.24],
      [0, -0.17],
      [-0.36, -0.24],
      [-0.64, -0.5],
      [-0.84, -0.8],
      [-1.04, -0.92],
      [-1.24, -0.76],
      [-1.24, -0.46],
      [-1.02, -0.18]
    ],
    back: [
      [0.4, -0.14],
      [0.34, -0.66],
      [0.2, -0.96],
      [0, -1.02],
      [-0.2, -0.94],
      [-0.34, -0.62],
      [-0.4, -0.14]
    ],
    canals: [
      [
        [0.34, 0.2],
        [0.86, -0.3],
        [1.06, -0.88]
      ],
      [
        [0, 0.2],
        [0, -0.94]
      ],
      [
        [-0.3, 0.2],
        [-0.84, -0.3],
        [-1.04, -0.82]
      ]
    ]
  },
  'two-flared': {
    front: [
      [1.02, -0.18],
      [1.2, -0.5],
      [1.14, -0.82],
      [0.9, -0.98],
      [0.68, -0.86],
      [0.54, -0.5],
      [0.3, -0.24],
      [0, -0.16],
      [-0.3, -0.24],
      [-0.54, -0.5],
      [-0.72, -0.82],
      [-0.94, -0.93],
      [-1.16, -0.76],
      [-1.18, -0.46],
      [-1, -0.18]
    ],
    back: null,
    canals: [
      [
        [0.34, 0.2],
        [0.78, -0.3],
        [0.9, -0.88]
      ],
      [
        [-0.3, 0.2],
        [-0.76, -0.3],
        [-0.94, -0.82]
      ]
    ]
  }
};

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
  const atRoot = (points: Point[]) =>
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
