/** The mouth guide's judgement, apart from cameras and models: what to say next, when to take the picture. */

/** Lengths of one look are fractions of the picture's shorter side; points as the face landmarker numbers them. */
export interface MouthPlace {
  /** Middle of the lips, fractions of width and height. */
  x: number;
  y: number;
  /** Between the outer corners of the lips (61, 291). */
  width: number;
  /** The same in pixels of the picture that was looked at. */
  widthPx: number;
  /** Gap of the lips (13, 14) ÷ width of the mouth inside (78, 308). A ratio: no length can be told from a face. */
  opening: number;
}

/** What one frame shows. */
export interface Look {
  /** Null: no face. */
  mouth: MouthPlace | null;
  /** Points the model gave; 478 of a face. */
  points: number;
  /** Mean luma of the mouth's region, 0…255; of the whole picture where there is no face. */
  light: number;
  /** Variance of the Laplacian of that region at a fixed size: larger is sharper. */
  sharpness: number;
  /** What looking took, ms. */
  tookMs: number;
}

/** In the order in which they are said: the first that holds. */
export const hints = ['light', 'face', 'closer', 'back', 'centre', 'wider', 'still', 'good'] as const;
export type Hint = (typeof hints)[number];

const darkBelow = 55;
const nearFrom = 0.18;
const nearTo = 0.62;
const wideFrom = 0.4;
/** Of the mouth's width, between two looks. */
const stillBelow = 0.06;
/** From the edge of the picture. */
const margin = 0.12;
/** Looks that must follow each other. */
export const steadyLooks = 3;
/** Below this nothing in the region has an edge, whatever the best look so far was. */
const sharpFrom = 12;
/** Of the sharpest look of this mouth so far. */
const sharpShare = 0.7;

/** What to say of `look`, having seen `before`. */
export function hintOf(look: Look, before: Look | null): Hint {
  if (look.light < darkBelow) return 'light';
  const { mouth } = look;
  if (!mouth) return 'face';
  if (mouth.width < nearFrom) return 'closer';
  if (mouth.width > nearTo) return 'back';
  if (mouth.x < margin || mouth.x > 1 - margin || mouth.y < margin || mouth.y > 1 - margin) return 'centre';
  if (mouth.opening < wideFrom) return 'wider';
  const former = before?.mouth;
  if (!former || Math.hypot(mouth.x - former.x, mouth.y - former.y) > stillBelow * mouth.width)
    return 'still';
  return 'good';
}

/** True where the last looks were good and the newest is about as sharp as this mouth gets here. */
export function isMoment(looks: readonly { look: Look; hint: Hint }[]): boolean {
  const last = looks.slice(-steadyLooks);
  const newest = last.at(-1);
  if (!newest || last.length < steadyLooks || last.some(({ hint }) => hint !== 'good')) return false;
  const best = Math.max(...looks.map(({ look }) => (look.mouth ? look.sharpness : 0)));
  return newest.look.sharpness >= Math.max(sharpFrom, sharpShare * best);
}

/** How far the model puts a point of the lips beside where it is, as seen on drawn faces, pixels. */
const pointErrorPx = 2;

/**
 * Opening of the last looks and its error (one standard deviation): what the looks differ by, and what the points'
 * own error makes of it: σ² = (√2·e ÷ w)²·(1 + r²) for the ratio r of two lengths between points, each off by e.
 * Null without a mouth.
 */
export function openingOf(looks: readonly Look[]): { ratio: number; error: number } | null {
  const mouths = looks.flatMap(({ mouth }) => mouth ?? []);
  if (mouths.length === 0) return null;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const ratio = mean(mouths.map(({ opening }) => opening));
  const spread = mean(mouths.map(({ opening }) => (opening - ratio) ** 2));
  const widthPx = mean(mouths.map((mouth) => mouth.widthPx));
  const ofPoints = ((Math.SQRT2 * pointErrorPx) / widthPx) ** 2 * (1 + ratio * ratio);
  return { ratio, error: Math.sqrt(spread + ofPoints) };
}

/** Share of one core that looking may take. */
const budget = 0.2;
const quickestMs = 120;
const slowestMs = 1_500;
/** So slow in a row, and the device cannot. */
const hopelessMs = 1_200;
const hopelessLooks = 4;

/** Pause before the next look, so that the call keeps its share of the machine; null: this device cannot. */
export function pauseAfter(tookMs: readonly number[]): number | null {
  const last = tookMs.slice(-hopelessLooks);
  if (last.length === hopelessLooks && last.every((ms) => ms > hopelessMs)) return null;
  // Of the last three, so that one hiccup does not slow the guide down.
  const usual = [...tookMs.slice(-3)].sort((a, b) => a - b)[Math.floor(Math.min(3, tookMs.length) / 2)] ?? 0;
  return Math.min(slowestMs, Math.max(quickestMs, usual / budget - usual));
}
