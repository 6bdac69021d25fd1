import { canonicalJson } from '#lib/kernel/canonical-json.ts';
import type { ShapeScale } from './shapes.ts';

export interface ImageRegister {
  allows(consultId: string, imageId: string): boolean | Promise<void>;
  /** Whether that is what the record says of the image's scale. */
  allowsScale(consultId: string, imageId: string, scale: ShapeScale): boolean | Promise<void>;
  allowsFrame(consultId: string, imageId: string, frame: number): boolean | Promise<void>;
}

/** What the record of the patient says of an image that its board may show. */
export interface KnownImage {
  scale: ShapeScale;
  frames: number;
}

/**
 * Which images a consult may show, at what scale and with how many frames, looked up with `load` and remembered for `keepMs`. What is not
 * among what is remembered is looked up anew, at most once in `retryMs` a consult, so that one just shared is let in.
 */
export function imageRegister(options: {
  load: (consultId: string) => Promise<ReadonlyMap<string, KnownImage>>;
  nowMs: () => number;
  keepMs?: number;
  retryMs?: number;
}): ImageRegister {
  const { load, nowMs, keepMs = 30_000, retryMs = 1_000 } = options;
  const known = new Map<string, { images: ReadonlyMap<string, KnownImage>; atMs: number }>();
  const loading = new Map<string, Promise<void>>();

  function refresh(consultId: string): Promise<void> {
    const under = loading.get(consultId);
    if (under) return under;
    const started = (async () => {
      try {
        const images = await load(consultId);
        for (const [id, entry] of known) if (nowMs() - entry.atMs > keepMs) known.delete(id);
        known.set(consultId, { images, atMs: nowMs() });
      } finally {
        loading.delete(consultId);
      }
    })();
    loading.set(consultId, started);
    return started;
  }

  function holds(
    consultId: string,
    isThere: (images: ReadonlyMap<string, KnownImage>) => boolean
  ): boolean | Promise<void> {
    const entry = known.get(consultId);
    const ageMs = entry ? nowMs() - entry.atMs : Number.POSITIVE_INFINITY;
    if (!entry || ageMs > keepMs) return refresh(consultId);
    if (isThere(entry.images)) return true;
    return ageMs <= retryMs ? false : refresh(consultId);
  }

  return {
    allows: (consultId, imageId) => holds(consultId, (images) => images.has(imageId)),
    allowsScale: (consultId, imageId, scale) =>
      holds(consultId, (images) => isSameScale(images.get(imageId)?.scale, scale)),
    allowsFrame: (consultId, imageId, frame) =>
      holds(consultId, (images) => frame <= (images.get(imageId)?.frames ?? 1))
  };
}

export function isSameScale(a: unknown, b: unknown): boolean {
  return isObject(a) && isObject(b) && canonicalJson(a) === canonicalJson(b);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
