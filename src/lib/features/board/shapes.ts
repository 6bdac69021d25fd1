import * as v from 'valibot';

/**
 * The board's own shapes as plain data: their props, checked alike in the browser (as tldraw validators,
 * island/schema.ts) and on the server. Knows neither tldraw nor React.
 */
export const ownShapeTypes = ['xray', 'measure', 'pin', 'odontogram'] as const;
export type OwnShapeType = (typeof ownShapeTypes)[number];

/** tldraw's shapes that a board may hold. Links, embedded pages and videos are not among them. */
export const drawnShapeTypes = [
  'arrow',
  'draw',
  'geo',
  'group',
  'highlight',
  'line',
  'note',
  'text'
] as const;

const finite = v.pipe(v.number(), v.finite());
const coordinate = v.pipe(finite, v.minValue(-1e6), v.maxValue(1e6));
const pixels = v.pipe(finite, v.minValue(1), v.maxValue(65_536));
const millimetres = v.pipe(finite, v.minValue(0), v.maxValue(500));
const name = v.pipe(v.string(), v.maxLength(120));
/** ISO 8601 in UTC, or empty where nothing happened yet. */
const instant = v.pipe(v.string(), v.maxLength(32));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** From 1. */
export const ordinal = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000));

/** FDI number, or empty. */
const fdi = v.pipe(v.string(), v.regex(/^([1-8][1-8])?$/));

/**
 * `length`: two points. `polyline`, `tooth`: two or more, along a line (`tooth`: along a tooth, crown to apex).
 * `angle`: three, at the middle one. `cobb`: four, between the line of the first two and that of the last two.
 * `rect`, `ellipse`: two opposite corners; statistics of the values inside.
 */
export const measureKinds = ['length', 'polyline', 'tooth', 'angle', 'cobb', 'rect', 'ellipse'] as const;
export type MeasureKind = (typeof measureKinds)[number];

export const maxMeasurePoints = 64;
export const pointCounts: Readonly<Record<MeasureKind, { least: number; most: number }>> = {
  length: { least: 2, most: 2 },
  polyline: { least: 2, most: maxMeasurePoints },
  tooth: { least: 2, most: maxMeasurePoints },
  angle: { least: 3, most: 3 },
  cobb: { least: 4, most: 4 },
  rect: { least: 2, most: 2 },
  ellipse: { least: 2, most: 2 }
};
export const maxEarlierScales = 200;

export const point = v.object({ x: coordinate, y: coordinate });
export type Point = v.InferOutput<typeof point>;

export const greyWindow = v.object({
  center: v.pipe(finite, v.minValue(-1e6), v.maxValue(1e6)),
  width: v.pipe(finite, v.minValue(1), v.maxValue(1e6))
});
export type GreyWindow = v.InferOutput<typeof greyWindow>;

export const scaleKinds = ['none', 'detector', 'calibrated', 'user'] as const;

/**
 * How pixels become millimetres, and who says so. Only `calibrated` (the file says it) and `user` (a person
 * measured something known) make millimetres; `detector` is kept to be named, never used as such.
 */
export const shapeScale = v.object({
  kind: v.picklist(scaleKinds),
  /** Millimetres between rows and between columns; 0 where unknown. */
  rowMm: millimetres,
  columnMm: millimetres,
  by: name,
  at: instant,
  /** What was measured to calibrate, e.g. "5 mm ball"; empty unless `user`. */
  on: name
});
export type ShapeScale = v.InferOutput<typeof shapeScale>;

export const noScale: ShapeScale = { kind: 'none', rowMm: 0, columnMm: 0, by: '', at: '', on: '' };

/** Props of each own shape, entry by entry. */
export const ownShapeProps = {
  /** An image at its natural size: one page unit is one image pixel, so marks on it are in image pixels. */
  xray: {
    imageId: id,
    w: pixels,
    h: pixels,
    /** Which frame of several is shown, from 1. */
    frame: ordinal,
    kind: v.pipe(v.string(), v.maxLength(32)),
    /** Local date it was taken, `YYYY-MM-DD`; empty where unknown. */
    takenOn: v.pipe(v.string(), v.maxLength(10)),
    side: v.picklist(['', 'R', 'L', 'B', 'U']),
    /** Teeth the image shows, FDI. */
    teeth: v.pipe(v.array(v.pipe(v.string(), v.maxLength(2))), v.maxLength(32)),
    /** Null: the picture's own default. */
    window: v.nullable(greyWindow),
    invert: v.boolean(),
    sharpen: v.boolean(),
    /** Mirrored, with all that lies on it; points stay in image pixels. */
    flip: v.boolean(),
    /** Not `scale`: tldraw takes a prop of that name for a number that shapes are enlarged by. */
    calibration: shapeScale,
    /** The scales before the present one, oldest first: the present one is version `earlier.length + 1`. */
    earlier: v.pipe(v.array(shapeScale), v.maxLength(maxEarlierScales))
  },
  /** Points in pixels of the X-ray it is a child of; `measureKinds` says how many. */
  measure: {
    kind: v.picklist(measureKinds),
    points: v.pipe(v.array(point), v.minLength(2), v.maxLength(maxMeasurePoints)),
    /** FDI number of the tooth that is measured, or empty. */
    tooth: fdi,
    color: v.picklist(['yellow', 'light-blue', 'light-green', 'orange']),
    /** Size of line and text relative to the page, chosen from the zoom it was drawn at. */
    size: v.pipe(finite, v.minValue(0.05), v.maxValue(200))
  },
  /** A place only: what is said about it are rows of the consult, which a patient's browser never receives. */
  pin: {
    number: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9_999)),
    /** FDI number, or empty. */
    tooth: fdi,
    size: v.pipe(finite, v.minValue(0.05), v.maxValue(200))
  },
  /** The live chart: the board holds its place only, what it shows comes from the record. */
  odontogram: { w: pixels, h: pixels }
} as const;

export type XrayProps = v.InferOutput<v.ObjectSchema<typeof ownShapeProps.xray, undefined>>;
export type MeasureProps = v.InferOutput<v.ObjectSchema<typeof ownShapeProps.measure, undefined>>;
export type PinProps = v.InferOutput<v.ObjectSchema<typeof ownShapeProps.pin, undefined>>;
export type OdontogramProps = v.InferOutput<v.ObjectSchema<typeof ownShapeProps.odontogram, undefined>>;

/** Which version of its calibration an image is at: 1, 2, 3 … */
export function calibrationVersion({ earlier }: Pick<XrayProps, 'earlier'>): number {
  return earlier.length + 1;
}

/** Who made a shape and when; every shape of a board carries it in `meta`. */
export interface Authorship {
  by: string;
  /** Empty on a pin, which names nobody. */
  byName: string;
  /** ISO 8601, UTC. */
  at: string;
  /** The image it was made on, if any, which of its frames (from 1), and at which version of its calibration. */
  imageId?: string;
  frame?: number;
  calibration?: number;
}

const authorship = v.object({
  by: v.pipe(v.string(), v.maxLength(64)),
  byName: v.optional(name, ''),
  at: instant,
  imageId: v.optional(id),
  frame: v.optional(ordinal),
  calibration: v.optional(ordinal)
});

/** The authorship in a shape's `meta`; null where there is none. */
export function authorOf(meta: unknown): Authorship | null {
  const parsed = v.safeParse(authorship, meta);
  if (!parsed.success) return null;
  const { imageId, frame, calibration, ...rest } = parsed.output;
  return {
    ...rest,
    ...(imageId === undefined ? {} : { imageId }),
    ...(frame === undefined ? {} : { frame }),
    ...(calibration === undefined ? {} : { calibration })
  };
}

/** True where `type` and `props` are one of the board's own shapes, whole and within bounds. */
export function isOwnShape(type: unknown, props: unknown): boolean {
  if (typeof type !== 'string' || !(type in ownShapeProps)) return false;
  return v.safeParse(v.strictObject(ownShapeProps[type as OwnShapeType]), props).success;
}

/** The image ids a record refers to, for the check that they are this patient's. */
export function imageIdsOf(record: { type?: unknown; props?: unknown; meta?: unknown }): string[] {
  const ids = new Set<string>();
  for (const part of [record.props, record.meta]) {
    if (typeof part === 'object' && part !== null && 'imageId' in part && typeof part.imageId === 'string')
      ids.add(part.imageId);
  }
  return [...ids];
}
