/** From canvas pixels to image pixels: the same arithmetic for the GPU, the fallback and the pointer. */

/** Clockwise quarter turns, applied after the flip. */
export type Rotation = 0 | 90 | 180 | 270;

export interface Orientation {
  rotate: Rotation;
  /** Mirror left and right, before turning. */
  flip: boolean;
}

export interface ImageSize {
  columns: number;
  rows: number;
}

/** What part of the turned picture a canvas shows. Lengths in canvas (device) pixels. */
export interface View {
  width: number;
  height: number;
  /** Canvas pixels per image pixel. */
  scale: number;
  /** Point of the turned picture, in image pixels from its top left, at the middle of the canvas. */
  centerX: number;
  centerY: number;
}

/** `image = [a b; c d] · canvas + [e f]`, in pixels. */
export interface Affine {
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
}

/** Size of the picture once turned. */
export function turnedSize(
  { columns, rows }: ImageSize,
  rotate: Rotation
): { width: number; height: number } {
  return rotate === 90 || rotate === 270
    ? { width: rows, height: columns }
    : { width: columns, height: rows };
}

/** The view that shows the whole picture, centred, in a canvas of this size. */
export function fitView(size: ImageSize, rotate: Rotation, width: number, height: number): View {
  const turned = turnedSize(size, rotate);
  const scale = Math.min(width / turned.width, height / turned.height) || 1;
  return { width, height, scale, centerX: turned.width / 2, centerY: turned.height / 2 };
}

/** Canvas pixels → image pixels. */
export function canvasToImage(size: ImageSize, { rotate, flip }: Orientation, view: View): Affine {
  const k = 1 / view.scale;
  // Turned coordinates: t = k·canvas + o.
  const ox = view.centerX - (view.width / 2) * k;
  const oy = view.centerY - (view.height / 2) * k;
  const { columns: w, rows: h } = size;
  let m: Affine;
  switch (rotate) {
    case 0:
      m = { a: k, b: 0, c: 0, d: k, e: ox, f: oy };
      break;
    case 90:
      m = { a: 0, b: k, c: -k, d: 0, e: oy, f: h - ox };
      break;
    case 180:
      m = { a: -k, b: 0, c: 0, d: -k, e: w - ox, f: h - oy };
      break;
    case 270:
      m = { a: 0, b: -k, c: k, d: 0, e: w - oy, f: ox };
      break;
  }
  return flip ? { a: -m.a, b: -m.b, c: m.c, d: m.d, e: w - m.e, f: m.f } : m;
}

export function applyAffine(m: Affine, x: number, y: number): { x: number; y: number } {
  return { x: m.a * x + m.b * y + m.e, y: m.c * x + m.d * y + m.f };
}

export function invertAffine(m: Affine): Affine {
  const det = m.a * m.d - m.b * m.c;
  const a = m.d / det;
  const b = -m.b / det;
  const c = -m.c / det;
  const d = m.a / det;
  return { a, b, c, d, e: -(a * m.e + b * m.f), f: -(c * m.e + d * m.f) };
}
