import { curve, polygonMask, xy, type Field } from './field.server.ts';
import type { Random } from './random.server.ts';
import type { Mouth } from './teeth.server.ts';

export const width = 2800;
export const height = 1400;
export const middle = width / 2;
/** Bones are drawn at half size: panoramic layers are no sharper than that. */
export const zoom = 2;
/** Pixels a millimetre of tooth: 0.1 mm pixels, magnified 1.22 times, as panoramic devices do. */
export const pixelsPerMm = 12.2;

/** Points as distance from the midline and height. */
export type Outline = readonly (readonly [number, number])[];

export interface Build {
  random: Random;
  mouth: Mouth;
  /** Small differences between faces. */
  jaw: { wide: number; drop: number; smile: number };
  half: Field;
}

/** Points given for the right half as distances from the midline, mirrored to a whole outline. */
export function mirrored(points: Outline, jaw: Build['jaw']): [number, number][] {
  const right = points.map(([dx, y]) => [middle + dx * jaw.wide, y] as [number, number]);
  const left = points
    .toReversed()
    .filter(([dx]) => dx > 0)
    .map(([dx, y]) => [middle - dx * jaw.wide, y] as [number, number]);
  return [...right, ...left];
}

/** Draw on both sides. `at` places a point given by its distance from the midline, `way` several written as text. */
export function both(
  { jaw }: Pick<Build, 'jaw'>,
  draw: (
    side: 1 | -1,
    at: (dx: number, y: number) => [number, number],
    way: (text: string) => [number, number][]
  ) => void
): void {
  for (const side of [1, -1] as const) {
    const at = (dx: number, y: number): [number, number] => [middle + side * dx * jaw.wide, y];
    draw(side, at, (text) => xy(text).map(([dx, y]) => at(dx, y)));
  }
}

export const maskOf = (points: [number, number][], soft: number): Field =>
  polygonMask(width / zoom, height / zoom, curve(points, true), zoom, soft);

/** Height of the biting plane at a distance from the midline: a slight smile, as with a well placed head. */
export function occlusal(dx: number, jaw: Build['jaw']): number {
  return 762 - jaw.smile * (dx / 800) ** 2;
}
