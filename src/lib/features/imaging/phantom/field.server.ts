/** A plane of attenuation, and the few brushes that anatomy needs. Coordinates are in pixels of the field. */
export interface Field {
  width: number;
  height: number;
  data: Float32Array;
}
export interface Spot {
  x: number;
  y: number;
}

export function newField(width: number, height: number, value = 0): Field {
  const data = new Float32Array(width * height);
  if (value !== 0) data.fill(value);
  return { width, height, data };
}

export const smoothstep = (low: number, high: number, x: number): number => {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
};

/** Points written as text, `"12,40 13,44"`: outlines stay readable as one line. */
export function xy(text: string): [number, number][] {
  return text.split(' ').map((pair) => pair.split(',').map(Number) as [number, number]);
}

/** A Catmull-Rom curve through points `[x, y]`, sampled `steps` times a section. */
export function curve(points: readonly (readonly [number, number])[], closed = false, steps = 14): Spot[] {
  const n = points.length;
  const at = (i: number) => (closed ? points[(i + n) % n]! : points[Math.min(n - 1, Math.max(0, i))]!);
  const out: Spot[] = [];
  for (let i = 0; i < (closed ? n : n - 1); i++) {
    const [p0, p1, p2, p3] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let k = 0; k < steps; k++) {
      const t = k / steps;
      const spline = (a: number, b: number, c: number, d: number) =>
        0.5 *
        (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t);
      out.push({ x: spline(p0[0], p1[0], p2[0], p3[0]), y: spline(p0[1], p1[1], p2[1], p3[1]) });
    }
  }
  const [x, y] = at(n - 1);
  if (!closed) out.push({ x, y });
  return out;
}

/** A mask, 0…1, of a closed outline given in coordinates `zoom` times finer than the mask. */
export function polygonMask(
  width: number,
  height: number,
  outline: readonly Spot[],
  zoom: number,
  soft = 1
): Field {
  const mask = newField(width, height);
  const sub = 2;
  for (let row = 0; row < height * sub; row++) {
    const y = ((row + 0.5) / sub) * zoom;
    const crossings: number[] = [];
    for (let i = 0; i < outline.length; i++) {
      const a = outline[i]!;
      const b = outline[(i + 1) % outline.length]!;
      if (a.y <= y === b.y <= y) continue;
      crossings.push((a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) / zoom);
    }
    crossings.sort((p, q) => p - q);
    const base = Math.floor(row / sub) * width;
    for (let k = 0; k + 1 < crossings.length; k += 2)
      addSpan(mask.data, base, width, crossings[k]!, crossings[k + 1]!, 1 / sub);
  }
  if (soft > 0) blur(mask, soft);
  return mask;
}

function addSpan(
  data: Float32Array,
  base: number,
  width: number,
  from: number,
  to: number,
  weight: number
): void {
  const start = Math.max(0, from);
  const end = Math.min(width, to);
  for (let x = Math.floor(start); x < end; x++)
    data[base + x] = data[base + x]! + weight * Math.max(0, Math.min(x + 1, end) - Math.max(x, start));
}

/** Box blur, twice: near enough to a Gaussian. In place. */
export function blur(field: Field, radius: number): void {
  const { width, height, data } = field;
  const r = Math.max(1, Math.round(radius));
  const line = new Float32Array(width);
  const spare = new Float32Array(data.length);
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) blurRow(data.subarray(y * width, (y + 1) * width), r, line);
    blurColumns({ width, height, data }, r, spare);
    data.set(spare);
  }
}

function blurRow(row: Float32Array, r: number, line: Float32Array): void {
  const n = row.length;
  line.set(row);
  let sum = 0;
  for (let i = -r; i <= r; i++) sum += line[Math.min(n - 1, Math.max(0, i))]!;
  const scale = 1 / (2 * r + 1);
  for (let i = 0; i < n; i++) {
    row[i] = sum * scale;
    sum += line[Math.min(n - 1, i + r + 1)]! - line[Math.max(0, i - r)]!;
  }
}

/** All columns at once, row by row: memory is read in its own order, ten times faster than column by column. */
function blurColumns({ width, height, data }: Field, r: number, out: Float32Array): void {
  const sums = new Float64Array(width);
  const rowAt = (y: number) => Math.min(height - 1, Math.max(0, y)) * width;
  for (let y = -r; y <= r; y++)
    for (let x = 0, at = rowAt(y); x < width; x++) sums[x] = sums[x]! + data[at + x]!;
  const scale = 1 / (2 * r + 1);
  for (let y = 0; y < height; y++) {
    const next = rowAt(y + r + 1);
    const last = rowAt(y - r);
    for (let x = 0, at = y * width; x < width; x++) {
      out[at + x] = sums[x]! * scale;
      sums[x] = sums[x]! + data[next + x]! - data[last + x]!;
    }
  }
}

/** `target += gain · mask`, same size. */
export function addMask(target: Field, mask: Field, gain: number): void {
  for (let i = 0; i < mask.data.length; i++) target.data[i] = target.data[i]! + gain * mask.data[i]!;
}

/** Bright rim just inside a mask's outline, as cortical bone seen edge-on. */
export function addCortex(target: Field, mask: Field, thickness: number, gain: number): void {
  const inner: Field = { ...mask, data: mask.data.slice() };
  blur(inner, thickness);
  for (let i = 0; i < mask.data.length; i++) {
    const m = mask.data[i]!;
    if (m > 0) target.data[i] = target.data[i]! + gain * m * Math.max(0, 1 - inner.data[i]!) * 2;
  }
}

/**
 * A line with a soft round profile. Points in coordinates `zoom` times finer than the field; `width` is the
 * full width at half height, in the same coordinates. `taper`: the line fades in and out over its length.
 */
export function addStroke(
  target: Field,
  path: readonly Spot[],
  width: number,
  gain: number,
  zoom = 1,
  taper = false
): void {
  const sigma = width / zoom / 2.355;
  const reach = Math.ceil(sigma * 3);
  const box = path.reduce(
    (b, p) => ({
      x0: Math.min(b.x0, p.x),
      y0: Math.min(b.y0, p.y),
      x1: Math.max(b.x1, p.x),
      y1: Math.max(b.y1, p.y)
    }),
    { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity }
  );
  const left = Math.max(0, Math.floor(box.x0 / zoom) - reach);
  const top = Math.max(0, Math.floor(box.y0 / zoom) - reach);
  const w = Math.min(target.width, Math.ceil(box.x1 / zoom) + reach + 1) - left;
  const h = Math.min(target.height, Math.ceil(box.y1 / zoom) + reach + 1) - top;
  if (w <= 0 || h <= 0) return;
  const nearest = new Float32Array(w * h).fill(1e9);
  const along = new Float32Array(w * h);
  for (let i = 0; i + 1 < path.length; i++) {
    const a = { x: path[i]!.x / zoom - left, y: path[i]!.y / zoom - top };
    const b = { x: path[i + 1]!.x / zoom - left, y: path[i + 1]!.y / zoom - top };
    nearSegment({ nearest, along, w, h, reach, part: i / (path.length - 1) }, a, b);
  }
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const d = nearest[y * w + x]!;
      if (d > reach * reach) continue;
      const at = (y + top) * target.width + x + left;
      const strength = taper ? gain * Math.min(1, Math.sin(Math.PI * along[y * w + x]!) * 1.5) : gain;
      target.data[at] = target.data[at]! + strength * Math.exp(-d / (2 * sigma * sigma));
    }
}

interface Nearest {
  nearest: Float32Array;
  along: Float32Array;
  w: number;
  h: number;
  reach: number;
  /** How far along the whole line this section begins, 0…1. */
  part: number;
}

/** Squared distances to one section of a line, kept where they are the least so far. */
function nearSegment({ nearest, along, w, h, reach, part }: Nearest, a: Spot, b: Spot): void {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length2 = dx * dx + dy * dy || 1e-6;
  const x1 = Math.min(w - 1, Math.ceil(Math.max(a.x, b.x) + reach));
  const y1 = Math.min(h - 1, Math.ceil(Math.max(a.y, b.y) + reach));
  for (let y = Math.max(0, Math.floor(Math.min(a.y, b.y) - reach)); y <= y1; y++)
    for (let x = Math.max(0, Math.floor(Math.min(a.x, b.x) - reach)); x <= x1; x++) {
      const t = Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / length2));
      const d = (x - a.x - t * dx) ** 2 + (y - a.y - t * dy) ** 2;
      if (d < nearest[y * w + x]!) {
        nearest[y * w + x] = d;
        along[y * w + x] = part;
      }
    }
}

/** A soft ellipse, turned by `angle` radians. `hard` 0: a Gaussian; 1: nearly a disc. */
export function addBlob(
  target: Field,
  spot: { x: number; y: number; rx: number; ry: number; angle?: number; hard?: number },
  gain: number
): void {
  const { x: cx, y: cy, rx, ry, angle = 0, hard = 0 } = spot;
  const reach = Math.ceil(Math.max(rx, ry) * 2.2);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const edge = 0.15 + 0.85 * (1 - hard);
  for (let y = Math.max(0, Math.floor(cy - reach)); y < Math.min(target.height, cy + reach); y++)
    for (let x = Math.max(0, Math.floor(cx - reach)); x < Math.min(target.width, cx + reach); x++) {
      const u = ((x - cx) * cos + (y - cy) * sin) / rx;
      const v = (-(x - cx) * sin + (y - cy) * cos) / ry;
      const q = Math.hypot(u, v);
      const level = 1 - smoothstep(1 - edge * 0.8, 1 + edge, q);
      if (level > 0) target.data[y * target.width + x] = target.data[y * target.width + x]! + gain * level;
    }
}

/** `target += gain · source`, source stretched to the target's size with bilinear interpolation. */
export function addStretched(target: Field, source: Field, gain = 1): void {
  const sx = source.width / target.width;
  const sy = source.height / target.height;
  for (let y = 0; y < target.height; y++) {
    const v = Math.min(source.height - 1, Math.max(0, (y + 0.5) * sy - 0.5));
    const y0 = Math.min(source.height - 2, Math.floor(v));
    const fv = v - y0;
    const row = y0 * source.width;
    for (let x = 0; x < target.width; x++) {
      const u = Math.min(source.width - 1, Math.max(0, (x + 0.5) * sx - 0.5));
      const x0 = Math.min(source.width - 2, Math.floor(u));
      const fu = u - x0;
      const at = row + x0;
      const a = source.data[at]! * (1 - fu) + source.data[at + 1]! * fu;
      const b = source.data[at + source.width]! * (1 - fu) + source.data[at + source.width + 1]! * fu;
      target.data[y * target.width + x] = target.data[y * target.width + x]! + gain * (a * (1 - fv) + b * fv);
    }
  }
}
