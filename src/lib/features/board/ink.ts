import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/**
 * Points of a stroke in progress, packed. Writing the whole stroke on every move costs bytes that grow with
 * the square of its length; a chunk holds only what came since the last one: per segment its number, its
 * type, the index from which its points are replaced, then each point as the difference to the one before
 * in hundredths of a page unit (tldraw itself keeps no more than two decimals).
 */
export interface InkPoint {
  x: number;
  y: number;
  z?: number | undefined;
}
export interface InkSegment {
  type: 'free' | 'straight';
  points: readonly InkPoint[];
}

const unitsPerPixel = 100;
const maxPointsPerChunk = 10_000;

/** What leads from `before` to `after`; null where they are equal or `after` has fewer segments. */
export function inkChunk(before: readonly InkSegment[], after: readonly InkSegment[]): Uint8Array | null {
  if (after.length < before.length) return null;
  const encoder = encoding.createEncoder();
  let changed = false;
  after.forEach((segment, index) => {
    const old = before[index];
    const from = old && old.type === segment.type ? firstDifference(old.points, segment.points) : 0;
    if (old && old.type === segment.type && from === segment.points.length && from === old.points.length)
      return;
    changed = true;
    encoding.writeVarUint(encoder, index);
    encoding.writeVarUint(encoder, segment.type === 'free' ? 0 : 1);
    encoding.writeVarUint(encoder, from);
    encoding.writeVarUint(encoder, segment.points.length - from);
    let last = units(segment.points[from - 1]);
    for (const point of segment.points.slice(from)) {
      const next = units(point);
      next.forEach((value, axis) => encoding.writeVarInt(encoder, value - last[axis]!));
      last = next;
    }
  });
  return changed ? encoding.toUint8Array(encoder) : null;
}

/**
 * Segments with a chunk applied; what is not segments or not a chunk leaves them as they are, because both
 * come from other people's browsers.
 */
export function applyInk(segments: unknown, chunk: unknown): unknown {
  if (!Array.isArray(segments) || !(chunk instanceof Uint8Array)) return segments;
  try {
    return decodeOnto(segments as InkSegment[], chunk);
  } catch {
    // A cut-off or nonsensical chunk: the finished stroke arrives whole anyway.
    return segments;
  }
}

function decodeOnto(segments: readonly InkSegment[], chunk: Uint8Array): InkSegment[] {
  const next = [...segments];
  const decoder = decoding.createDecoder(chunk);
  while (decoding.hasContent(decoder)) {
    const index = decoding.readVarUint(decoder);
    const type = decoding.readVarUint(decoder) === 0 ? 'free' : 'straight';
    const from = decoding.readVarUint(decoder);
    const count = decoding.readVarUint(decoder);
    const kept = next[index]?.points ?? [];
    if (index > next.length || from > kept.length || count > maxPointsPerChunk)
      throw new RangeError('ink chunk');
    const points = kept.slice(0, from);
    let last = units(points[from - 1]);
    for (let i = 0; i < count; i++) {
      last = last.map((value) => value + decoding.readVarInt(decoder));
      const [x, y, z] = last as [number, number, number];
      points.push({ x: x / unitsPerPixel, y: y / unitsPerPixel, z: z / unitsPerPixel });
    }
    next[index] = { type, points };
  }
  return next;
}

function units(point: InkPoint | undefined): number[] {
  return [point?.x ?? 0, point?.y ?? 0, point ? (point.z ?? 0.5) : 0].map((value) =>
    Math.round(value * unitsPerPixel)
  );
}

function firstDifference(a: readonly InkPoint[], b: readonly InkPoint[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const [p, q] = [a[i]!, b[i]!];
    if (p !== q && (p.x !== q.x || p.y !== q.y || p.z !== q.z)) return i;
  }
  return shared;
}
