export type Point = readonly [number, number];
export type CrownForm =
  'upper-incisor' | 'lower-incisor' | 'canine' | 'premolar' | 'upper-molar' | 'lower-molar';
export type RootForm = 'single' | 'two-behind' | 'three' | 'two' | 'three-flared' | 'two-flared' | 'fused';

export interface RootOutline {
  front: readonly Point[];
  /** A root seen behind the others, or null. */
  back: readonly Point[] | null;
  canals: readonly (readonly Point[])[];
}

/** `'x y, x y'` as points. */
function points(text: string): readonly Point[] {
  return text.split(', ').map((pair): Point => {
    const [x, y] = pair.split(' ').map(Number);
    return [x!, y!];
  });
}

/** Crown outlines from the mesial neck round the biting edge to the distal neck; x of half width, y of height. */
export const crownPoints: Record<CrownForm, readonly Point[]> = {
  'upper-incisor': points(
    '0.9 0.3, 0.99 0.62, 1 0.84, 0.93 0.965, 0.72 1, 0 0.995, -0.68 0.985, -0.9 0.92, -0.99 0.76, -0.97 0.54, -0.86 0.26'
  ),
  'lower-incisor': points(
    '0.84 0.3, 0.95 0.62, 0.99 0.86, 0.93 0.97, 0.72 1, 0 1, -0.72 1, -0.94 0.965, -0.99 0.84, -0.94 0.6, -0.82 0.28'
  ),
  canine: points(
    '0.9 0.3, 0.99 0.55, 0.94 0.72, 0.62 0.87, 0.26 0.985, 0.06 1.02, -0.14 0.975, -0.56 0.82, -0.93 0.64, -1 0.47, -0.88 0.24'
  ),
  premolar: points(
    '0.9 0.3, 1 0.56, 0.96 0.75, 0.64 0.88, 0.24 0.985, 0.02 1.01, -0.2 0.98, -0.6 0.87, -0.95 0.72, -1 0.53, -0.88 0.28'
  ),
  'upper-molar': points(
    '0.94 0.28, 1 0.54, 0.96 0.8, 0.78 0.96, 0.5 1, 0.24 0.93, 0.06 0.86, -0.14 0.9, -0.44 0.97, -0.74 0.92, -0.94 0.74, -0.99 0.5, -0.9 0.24'
  ),
  'lower-molar': points(
    '0.94 0.28, 1 0.54, 0.96 0.8, 0.8 0.96, 0.56 0.99, 0.34 0.91, 0.22 0.88, 0.06 0.93, -0.2 0.98, -0.44 0.91, -0.54 0.87, -0.74 0.91, -0.93 0.76, -0.99 0.5, -0.92 0.25'
  )
};

/** Root outlines from the mesial neck to the distal neck; x of half neck, y of root length (negative). */
export const rootPoints: Record<RootForm, RootOutline> = {
  single: {
    front: points(
      '0.97 -0.18, 0.84 -0.46, 0.56 -0.78, 0.22 -0.965, -0.06 -1, -0.3 -0.94, -0.6 -0.72, -0.86 -0.42, -0.97 -0.18'
    ),
    back: null,
    canals: [points('0.02 0.3, 0.03 -0.2, 0.02 -0.6, -0.06 -0.95')]
  },
  'two-behind': {
    front: points(
      '0.97 -0.2, 0.84 -0.48, 0.5 -0.8, 0.16 -0.97, -0.08 -1, -0.34 -0.93, -0.66 -0.7, -0.88 -0.42, -0.97 -0.2'
    ),
    back: points('0.9 -0.3, 0.86 -0.66, 0.66 -0.88, 0.42 -0.93, 0.2 -0.82, -0.1 -0.4'),
    canals: [points('0.02 0.24, 0 -0.3, -0.08 -0.95'), points('0.1 0.2, 0.26 -0.3, 0.48 -0.88')]
  },
  three: {
    front: points(
      '1 -0.2, 1.04 -0.5, 0.96 -0.8, 0.76 -0.985, 0.56 -0.96, 0.42 -0.72, 0.26 -0.44, 0.08 -0.32, -0.1 -0.42, -0.3 -0.68, -0.5 -0.9, -0.7 -0.94, -0.86 -0.8, -0.98 -0.5, -0.99 -0.2'
    ),
    back: points('0.5 -0.25, 0.42 -0.7, 0.26 -1, 0.04 -1.08, -0.16 -0.98, -0.34 -0.66, -0.46 -0.25'),
    canals: [
      points('0.34 0.2, 0.62 -0.3, 0.7 -0.92'),
      points('0.02 0.2, 0.04 -0.4, 0.05 -1'),
      points('-0.3 0.2, -0.58 -0.34, -0.66 -0.86')
    ]
  },
  two: {
    front: points(
      '1 -0.2, 1.02 -0.48, 0.9 -0.8, 0.66 -0.985, 0.44 -0.96, 0.34 -0.76, 0.24 -0.46, 0.04 -0.28, -0.16 -0.44, -0.34 -0.72, -0.56 -0.93, -0.78 -0.95, -0.93 -0.78, -0.99 -0.48, -0.98 -0.2'
    ),
    back: null,
    canals: [points('0.36 0.2, 0.62 -0.3, 0.58 -0.92'), points('-0.32 0.2, -0.6 -0.3, -0.74 -0.88')]
  },
  fused: {
    front: points(
      '1 -0.2, 0.96 -0.5, 0.72 -0.82, 0.4 -0.98, 0.12 -0.94, -0.02 -0.8, -0.16 -0.93, -0.46 -0.98, -0.78 -0.78, -0.96 -0.48, -0.98 -0.2'
    ),
    back: null,
    canals: [points('0.3 0.2, 0.46 -0.3, 0.32 -0.9'), points('-0.3 0.2, -0.46 -0.3, -0.42 -0.9')]
  },
  'three-flared': {
    front: points(
      '1.04 -0.18, 1.3 -0.5, 1.28 -0.82, 1.06 -0.98, 0.84 -0.84, 0.66 -0.5, 0.36 -0.24, 0 -0.17, -0.36 -0.24, -0.64 -0.5, -0.84 -0.8, -1.04 -0.92, -1.24 -0.76, -1.24 -0.46, -1.02 -0.18'
    ),
    back: points('0.4 -0.14, 0.34 -0.66, 0.2 -0.96, 0 -1.02, -0.2 -0.94, -0.34 -0.62, -0.4 -0.14'),
    canals: [
      points('0.34 0.2, 0.86 -0.3, 1.06 -0.88'),
      points('0 0.2, 0 -0.94'),
      points('-0.3 0.2, -0.84 -0.3, -1.04 -0.82')
    ]
  },
  'two-flared': {
    front: points(
      '1.02 -0.18, 1.2 -0.5, 1.14 -0.82, 0.9 -0.98, 0.68 -0.86, 0.54 -0.5, 0.3 -0.24, 0 -0.16, -0.3 -0.24, -0.54 -0.5, -0.72 -0.82, -0.94 -0.93, -1.16 -0.76, -1.18 -0.46, -1 -0.18'
    ),
    back: null,
    canals: [points('0.34 0.2, 0.78 -0.3, 0.9 -0.88'), points('-0.3 0.2, -0.76 -0.3, -0.94 -0.82')]
  }
};
