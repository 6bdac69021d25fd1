import { isFront, surfacesOf, type Surface, type Tooth } from './teeth.ts';

/**
 * The five zones of a tooth seen from its biting side, around (0, 0), in chart pixels: outer (cheek, lip)
 * away from the other jaw, mesial towards the midline.
 */
export interface SurfaceZone {
  surface: Surface;
  path: string;
  /** Where a letter stands in the zone. */
  at: readonly [number, number];
}

interface Box {
  /** Half width and half height, outer and inner, and the radius of the outer corners. */
  w: number;
  h: number;
  iw: number;
  ih: number;
  r: number;
}

function boxOf(tooth: Tooth, column: number): Box {
  const w = Math.min(column / 2 - 3, tooth.toothClass === 'molar' ? 25 : 20);
  if (isFront(tooth)) return { w: Math.min(w, 19), h: 13, iw: w * 0.52, ih: 2.6, r: 9 };
  if (tooth.toothClass === 'premolar') return { w, h: 17, iw: w * 0.46, ih: 7, r: 11 };
  return { w, h: 18, iw: w * 0.5, ih: 8, r: 10 };
}

const n = (value: number) => String(Math.round(value * 100) / 100);

/** Zones of one tooth in a column of this width (pixels before scaling). */
export function zonesOf(tooth: Tooth, column: number): SurfaceZone[] {
  const { w, h, iw, ih, r } = boxOf(tooth, column);
  // Where the diagonal meets the rounded corner: the middle of its arc.
  const k = r * (1 - Math.SQRT1_2);
  const corner = { x: w - k, y: h - k };
  const side = (sx: 1 | -1) =>
    `M${n(sx * corner.x)} ${n(-corner.y)}A${r} ${r} 0 0 ${sx > 0 ? 1 : 0} ${n(sx * w)} ${n(r - h)}V${n(h - r)}A${r} ${r} 0 0 ${sx > 0 ? 1 : 0} ${n(sx * corner.x)} ${n(corner.y)}L${n(sx * iw)} ${n(ih)}V${n(-ih)}Z`;
  const lid = (sy: 1 | -1) =>
    `M${n(-corner.x)} ${n(sy * corner.y)}A${r} ${r} 0 0 ${sy < 0 ? 1 : 0} ${n(r - w)} ${n(sy * h)}H${n(w - r)}A${r} ${r} 0 0 ${sy < 0 ? 1 : 0} ${n(corner.x)} ${n(sy * corner.y)}L${n(iw)} ${n(sy * ih)}H${n(-iw)}Z`;
  const centre = `M${n(-iw)} ${n(-ih)}H${n(iw)}V${n(ih)}H${n(-iw)}Z`;

  const [mesial, biting, distal, outer, inner] = surfacesOf(tooth) as [
    Surface,
    Surface,
    Surface,
    Surface,
    Surface
  ];
  const mesialSide = tooth.side === 'right' ? 1 : -1;
  const outerSide = tooth.arch === 'upper' ? -1 : 1;
  return [
    { surface: outer, path: lid(outerSide), at: [0, (outerSide * (h + ih)) / 2] },
    { surface: inner, path: lid(outerSide === 1 ? -1 : 1), at: [0, (-outerSide * (h + ih)) / 2] },
    { surface: mesial, path: side(mesialSide), at: [(mesialSide * (w + iw)) / 2, 0] },
    { surface: distal, path: side(mesialSide === 1 ? -1 : 1), at: [(-mesialSide * (w + iw)) / 2, 0] },
    { surface: biting, path: centre, at: [0, 0] }
  ];
}

/** Faint fissures in the biting face of back teeth. */
export function fissuresOf(tooth: Tooth): string {
  if (isFront(tooth)) return '';
  if (tooth.toothClass === 'premolar') return 'M-5 0C-2 1.5 2 1.5 5 0';
  return 'M-7.5 -1C-3 1.4 3 1.4 7.5 -1M-2.6 -5C-2.4 -2.5 -2.6 -1 -2.2 0.4M2.8 5.2C2.6 3 2.8 1.6 2.4 0.6';
}
