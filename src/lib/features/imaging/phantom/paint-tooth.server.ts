import { smoothstep, type Field } from './field.server.ts';
import type { ToothSize, ToothState } from './teeth.server.ts';

/** Linear attenuation, arbitrary units: enamel against dentine as radiographs show them, metal opaque. */
const enamel = 1.15;
const dentine = 0.62;
const metal = 3.4;
const guttaPercha = 1.5;
const composite = 0.6;

export interface ToothPlace {
  /** Middle of the incisal edge or occlusal face, in field pixels. */
  x: number;
  y: number;
  /** Direction from there to the apex, radians; π/2 points down. */
  angle: number;
  /** 1: distal is to the right when the apex points down. */
  distal: 1 | -1;
  pixelsPerMm: number;
  size: ToothSize;
  state: ToothState;
  /** Attenuation of the bone that the socket displaces. */
  bone: number;
}

interface Shape {
  width: number;
  crown: number;
  root: number;
  size: ToothSize;
}

/** Half width of the crown at depth `s` from its top (0…crown), in pixels. */
function crownHalf({ size, width, crown }: Shape, s: number): number {
  const u = Math.min(1, Math.max(0, s / crown));
  const bulge = size.class === 'molar' ? 0.34 : size.class === 'premolar' ? 0.36 : 0.2;
  const top = size.class === 'molar' ? 0.9 : size.class === 'premolar' ? 0.8 : 0.93;
  const half = width / 2;
  if (u < bulge) return half * (top + (1 - top) * Math.sin(((u / bulge) * Math.PI) / 2));
  return half * (1 - (1 - size.neck) * smoothstep(bulge, 1.02, u));
}

/** Where the crown begins for a place across it (q = −1…1), as a part of the crown's height. */
function crownTop({ class: kind }: ToothSize, q: number): number {
  const a = Math.abs(q);
  switch (kind) {
    case 'incisor':
      return 0.015 + 0.1 * a ** 6;
    case 'canine':
      return 0.2 * a ** 1.25;
    case 'premolar':
      return 0.02 + 0.2 * a ** 2.2;
    case 'molar':
      return 0.055 + 0.06 * Math.cos(q * Math.PI * 2.05) * (1 - 0.4 * a) + 0.1 * a ** 8;
  }
}

interface RootSample {
  /** Signed distance to the root's outline, pixels; negative inside. */
  distance: number;
  /** 0 at the neck, 1 at the apex. */
  u: number;
  centre: number;
  half: number;
}

function rootAt(shape: Shape, root: ToothSize['roots'][number], s: number, t: number): RootSample {
  const { size, width, crown } = shape;
  const length = shape.root * root.long;
  const u = (s - crown) / length;
  const neckHalf = (width * size.neck) / 2;
  const clamped = Math.min(1, Math.max(0, u));
  const centre = width * (root.from + (root.to - root.from) * clamped ** 1.6);
  const full = neckHalf * root.thick;
  const half = full * (1 - 0.42 * clamped) * Math.sqrt(Math.min(1, (1 - clamped) / 0.16 + 0.02));
  const distance = u > 1 ? Math.hypot(t - centre, s - crown - length) : Math.abs(t - centre) - half;
  return { distance, u, centre, half };
}

const chord = (q: number, power: number): number => (q >= 1 ? 0 : (1 - q ** power) ** (1 / power));

/**
 * Add one tooth: enamel shell, dentine, pulp, roots, periodontal space and lamina dura, and what its state
 * says of decay, fillings and lesions.
 */
export function paintTooth(field: Field, place: ToothPlace): void {
  const { size, state, pixelsPerMm: k } = place;
  if (state.missing) return;
  if (state.implant) return paintImplant(field, place);
  const shape: Shape = { width: size.width * k, crown: size.crown * k, root: size.root * k, size };
  const [ax, ay] = [Math.cos(place.angle), Math.sin(place.angle)];
  // Across: towards distal.
  const [bx, by] = [ay * place.distal, -ax * place.distal];
  const lesion = (state.lesionMm ?? 0) * k;
  const total = shape.crown + shape.root * 1.08 + lesion * 2 + k;
  const reach = Math.max(shape.width * 0.75, lesion * 2.2);
  const corners = [-k, total].flatMap((s) =>
    [-reach, reach].map((t) => [place.x + ax * s + bx * t, place.y + ay * s + by * t] as const)
  );
  const x0 = Math.max(0, Math.floor(Math.min(...corners.map((c) => c[0]))));
  const x1 = Math.min(field.width - 1, Math.ceil(Math.max(...corners.map((c) => c[0]))));
  const y0 = Math.max(0, Math.floor(Math.min(...corners.map((c) => c[1]))));
  const y1 = Math.min(field.height - 1, Math.ceil(Math.max(...corners.map((c) => c[1]))));
  for (let y = y0; y <= y1; y++)
    for (let x = x0; x <= x1; x++) {
      const dx = x - place.x;
      const dy = y - place.y;
      const s = dx * ax + dy * ay;
      const t = dx * bx + dy * by;
      if (s < -k || s > total || Math.abs(t) > reach) continue;
      const at = y * field.width + x;
      field.data[at] = field.data[at]! + sample(shape, place, s, t);
    }
}

function sample(shape: Shape, place: ToothPlace, s: number, t: number): number {
  const { state, pixelsPerMm: k } = place;
  let value = s < shape.crown * 1.1 ? crownSample(shape, place, s, t) : 0;
  value += rootSample(shape, place, s, t);
  if (state.lesionMm) value += lesionSample(shape, place, state.lesionMm * k, s, t);
  return value;
}

function crownSample(shape: Shape, { state, pixelsPerMm: k }: ToothPlace, s: number, t: number): number {
  const { width, crown, size } = shape;
  if (s < 0 || s > crown * 1.1) return 0;
  const half = crownHalf(shape, s);
  const q = t / half;
  const top = crownTop(size, Math.max(-1, Math.min(1, t / (width / 2)))) * crown;
  if (Math.abs(q) >= 1 || s < top) return 0;
  const fade = 1 - smoothstep(crown * 0.94, crown * 1.1, s);
  const round = smoothstep(-0.02 * crown, 0.14 * crown, s - top);
  const outer = chord(Math.abs(q), 4.5) * (0.5 + 0.5 * round);
  if (state.crowned) return metal * outer * (s < crown * 1.02 ? 1 : fade) + 0.3;
  // Enamel thins towards the neck; the cap is thicker over cusps.
  const u = s / crown;
  const side = Math.min(0.24 * half, 1.9 * k) * Math.sqrt(Math.max(0, 1 - u * 0.98));
  const cap = (size.class === 'molar' || size.class === 'premolar' ? 1.9 : 1.5) * k;
  const coreQ = Math.abs(t) / Math.max(1, half - side);
  const coreRound = smoothstep(0, 0.16 * crown, s - top - cap);
  const core = s > top + cap && coreQ < 1 ? chord(coreQ, 3.2) * coreRound : 0;
  let value = (enamel * outer - (enamel - dentine) * core) * fade;
  const pulp = pulpHalf(shape, s);
  if (pulp > 0 && Math.abs(t) < pulp && !state.rootFilled)
    value -= 0.34 * chord(Math.abs(t) / pulp, 2) * fade;
  if (state.rootFilled && pulp > 0 && Math.abs(t) < pulp * 0.8)
    value += 0.7 * guttaPercha * chord(Math.abs(t) / (pulp * 0.8), 2) * fade;
  if (state.filling) value += fillingSample(shape, state.filling, s - top, t);
  return value - cariesSample(shape, state.caries ?? [], s, t, k);
}

/** Half width of the pulp chamber at depth `s`, rounded at both ends; 0 outside it. */
function pulpHalf({ width, crown, size }: Shape, s: number): number {
  const u = s / crown;
  if (size.class !== 'molar') return u > 0.38 ? width * 0.085 * smoothstep(0.34, 0.85, u) : 0;
  const v = (u - 0.84) / 0.3;
  return Math.abs(v) < 1 ? width * (0.21 - 0.035 * v) * (1 - v ** 4) ** 0.6 : 0;
}

function fillingSample(
  { width, crown, size }: Shape,
  kind: 'amalgam' | 'composite',
  depth: number,
  t: number
): number {
  const wide = size.class === 'molar' ? 0.3 : 0.26;
  const wobble = 1 + 0.16 * Math.sin((t / width) * 5 + 0.8) + 0.05 * Math.sin((t / width) * 17);
  const deep = crown * (size.class === 'molar' ? 0.36 : 0.3) * wobble;
  const inside =
    smoothstep(width * wide + 3, width * wide - 2, Math.abs(t)) * smoothstep(deep + 3, deep - 2, depth);
  return inside * (kind === 'amalgam' ? metal * 0.85 : composite);
}

/** Attenuation lost to decay: a lens below the contact for M and D, a flask under the fissure for O. */
function cariesSample(
  { width, crown }: Shape,
  surfaces: readonly ('M' | 'O' | 'D')[],
  s: number,
  t: number,
  k: number
): number {
  let lost = 0;
  for (const surface of surfaces) {
    const [cs, ct, rs, rt] =
      surface === 'O'
        ? [crown * 0.38, width * 0.03, 1.8 * k, 2.6 * k]
        : [crown * 0.55, width * (surface === 'D' ? 0.38 : -0.38), 2.2 * k, 2.2 * k];
    const ragged = 1 + 0.07 * Math.sin((s * 1.1 + t * 0.6) / k) + 0.04 * Math.sin((t * 2.1 - s * 0.7) / k);
    const q = Math.hypot((s - cs) / rs, (t - ct) / rt) * ragged;
    lost = Math.max(lost, 0.5 * (1 - smoothstep(0.4, 1.2, q)));
    // The breach through the enamel towards the fissure.
    if (surface === 'O' && s < cs && Math.abs(t - ct) < 0.7 * k)
      lost = Math.max(lost, 0.3 * (1 - Math.abs(t - ct) / (0.7 * k)));
  }
  return lost;
}

function rootSample(shape: Shape, { state, pixelsPerMm: k, bone }: ToothPlace, s: number, t: number): number {
  const { crown, size, width } = shape;
  if (s < crown * 0.94) return 0;
  const grow = smoothstep(crown * 0.94, crown * 1.1, s);
  const inBone = smoothstep(crown + 0.6 * k, crown + 3 * k, s);
  const trunkEnd = size.roots.length > 1 ? crown + shape.root * 0.24 : 0;
  let best: RootSample | null = null;
  let value = 0;
  for (const root of size.roots) {
    const here = rootAt(shape, root, s, t);
    if (!root.faint && (!best || here.distance < best.distance)) best = here;
    if (root.faint && here.distance < 0 && here.u <= 1)
      value +=
        0.26 *
        chord(Math.abs(t - here.centre) / here.half, 2) *
        smoothstep(trunkEnd - 2 * k, trunkEnd + k, s);
  }
  if (!best) return 0;
  const neckHalf = (width * size.neck) / 2;
  const trunkHalf = neckHalf * (1 - 0.06 * ((s - crown) / k / 5));
  // Floor of the furcation: an arch between the roots, into which the trunk fades.
  const arch = trunkEnd + 1.1 * k * Math.min(3, (Math.abs(t) / (width * 0.22)) ** 2);
  const trunk = trunkEnd > 0 && Math.abs(t) < trunkHalf ? smoothstep(arch + 0.5 * k, arch - 0.5 * k, s) : 0;
  const inRoot = best.distance < 0 && best.u <= 1;
  if (inRoot || trunk > 0.5) {
    const inTrunk = chord(Math.abs(t) / trunkHalf, 2.6) * trunk;
    const solid = Math.max(inTrunk, inRoot ? chord(Math.abs(t - best.centre) / best.half, 2.4) : 0);
    const thin = 1 - 0.42 * Math.min(1, Math.max(0, best.u));
    value += (dentine * solid * (0.62 + 0.38 * thin) - bone * 0.62 * solid * inBone) * grow;
    const canal = Math.max(0.9, best.half * (0.19 - 0.1 * best.u) + 0.25 * k * (1 - best.u));
    const off = Math.abs(t - best.centre);
    if (state.rootFilled && best.u < 0.94) value += guttaPercha * chord(off / (canal * 1.25), 2);
    else if (off < canal && best.u < 0.97) value -= 0.2 * chord(off / canal, 2) * grow;
    return value;
  }
  // Around the root, inside the bone: ligament space, then lamina dura. About 0.25 mm and 0.4 mm.
  const d =
    trunkEnd > 0 && s < trunkEnd && Math.abs(t) >= trunkHalf ? Math.abs(t) - trunkHalf : best.distance;
  const ligament = Math.max(2, 0.28 * k);
  const lamina = Math.max(2.4, 0.42 * k);
  if (d < ligament) value -= 0.1 * Math.sin((Math.PI * Math.max(0, d)) / ligament) * inBone;
  else if (d < ligament + lamina)
    value += 0.11 * Math.sin((Math.PI * (d - ligament)) / lamina) * inBone * (0.75 + 0.25 * Math.sin(s / k));
  return value;
}

function lesionSample(
  shape: Shape,
  { bone, size }: ToothPlace,
  radius: number,
  s: number,
  t: number
): number {
  let value = 0;
  size.roots.forEach((root, i) => {
    if (root.faint) return;
    // The distal root's lesion is the smaller one.
    const r = radius * (i === 0 ? 1 : 0.72);
    const cs = shape.crown + shape.root * root.long + r * 0.35;
    const ct = shape.width * root.to;
    const q = Math.hypot((s - cs) / r, (t - ct) / (r * 1.1)) * (1 + 0.06 * Math.sin(s * 0.09 + t * 0.13));
    value = Math.min(value, -bone * 0.74 * (1 - smoothstep(0.5, 1.06, q)));
    if (q > 1 && q < 1.35) value += 0.045 * Math.sin((Math.PI * (q - 1)) / 0.35);
  });
  return value;
}

/** A threaded screw with a crown on it. */
function paintImplant(field: Field, { x, y, angle, pixelsPerMm: k, size }: ToothPlace): void {
  const [ax, ay] = [Math.cos(angle), Math.sin(angle)];
  const crown = size.crown * k;
  const screw = 11 * k;
  const reach = size.width * k * 0.6;
  for (
    let py = Math.max(0, Math.floor(y - crown - screw));
    py < Math.min(field.height, y + crown + screw);
    py++
  )
    for (
      let px = Math.max(0, Math.floor(x - crown - screw));
      px < Math.min(field.width, x + crown + screw);
      px++
    ) {
      const s = (px - x) * ax + (py - y) * ay;
      const t = (px - x) * ay - (py - y) * ax;
      if (s < 0 || s > crown * 1.12 + screw || Math.abs(t) > reach) continue;
      const depth = s - crown * 1.12;
      const half =
        depth < 0
          ? Math.max(
              1.7 * k,
              size.width * k * 0.46 * Math.sqrt(Math.max(0, 1 - (Math.max(0, s / crown - 0.35) / 0.8) ** 2))
            )
          : 2.1 * k * (1 - 0.28 * (depth / screw) ** 3) +
            0.22 * k * Math.sin((depth / (0.8 * k)) * Math.PI * 2);
      const q = Math.abs(t) / half;
      if (q < 1)
        field.data[py * field.width + px] = field.data[py * field.width + px]! + metal * 1.1 * chord(q, 2.4);
    }
}
