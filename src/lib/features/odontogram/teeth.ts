import { fail } from '#lib/kernel/errors.ts';

/** Quadrant digit of FDI / ISO 3950: 1–4 permanent, 5–8 primary; clockwise from the patient's upper right. */
export type Quadrant = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
/** Place from the midline, 1 the central incisor; primary teeth end at 5. */
export type Position = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
export type Dentition = 'permanent' | 'primary';
export type ToothClass = 'incisor' | 'canine' | 'premolar' | 'molar';
export type Arch = 'upper' | 'lower';
/** The patient's side, not the viewer's. */
export type Side = 'right' | 'left';

export interface Tooth {
  /** FDI two-digit number, e.g. `36`. */
  number: string;
  quadrant: Quadrant;
  position: Position;
  dentition: Dentition;
  toothClass: ToothClass;
  arch: Arch;
  side: Side;
}

/**
 * Faces of a tooth: mesial, occlusal or incisal, distal, buccal (cheek) or facial (lip), lingual (tongue,
 * lower) or palatal (upper).
 */
export const surfaceCodes = ['M', 'O', 'I', 'D', 'B', 'F', 'L', 'P'] as const;
export type Surface = (typeof surfaceCodes)[number];

const permanentClasses: readonly ToothClass[] = [
  'incisor',
  'incisor',
  'canine',
  'premolar',
  'premolar',
  'molar',
  'molar',
  'molar'
];
const primaryClasses: readonly ToothClass[] = ['incisor', 'incisor', 'canine', 'molar', 'molar'];

function makeTooth(quadrant: Quadrant, position: Position): Tooth {
  const dentition: Dentition = quadrant <= 4 ? 'permanent' : 'primary';
  const classes = dentition === 'permanent' ? permanentClasses : primaryClasses;
  const turn = (quadrant - 1) % 4;
  return {
    number: `${quadrant}${position}`,
    quadrant,
    position,
    dentition,
    toothClass: classes[position - 1]!,
    arch: turn < 2 ? 'upper' : 'lower',
    side: turn === 0 || turn === 3 ? 'right' : 'left'
  };
}

/** Every tooth by its FDI number: 32 permanent, 20 primary. */
export const teeth: ReadonlyMap<string, Tooth> = new Map(
  ([1, 2, 3, 4, 5, 6, 7, 8] as const).flatMap((quadrant) =>
    ([1, 2, 3, 4, 5, 6, 7, 8] as const)
      .slice(0, quadrant <= 4 ? 8 : 5)
      .map((position) => makeTooth(quadrant, position))
      .map((tooth) => [tooth.number, tooth] as const)
  )
);

export function isTooth(value: string): boolean {
  return teeth.has(value);
}

/** The tooth of an FDI number. @throws AppError `unknown_tooth` */
export function parseTooth(value: string): Tooth {
  const tooth = teeth.get(value.trim());
  if (!tooth) throw fail('unknown_tooth', { tooth: value.slice(0, 8) });
  return tooth;
}

/** The five faces this tooth has, in the order dentists write them: mesial, biting face, distal, outer, inner. */
export function surfacesOf(tooth: Tooth): readonly Surface[] {
  const front = isFront(tooth);
  return ['M', front ? 'I' : 'O', 'D', front ? 'F' : 'B', tooth.arch === 'upper' ? 'P' : 'L'];
}

/** Incisors and canines: they bite with an edge, not a face. */
export function isFront(tooth: Tooth): boolean {
  return tooth.toothClass === 'incisor' || tooth.toothClass === 'canine';
}

/**
 * Checked surfaces, without repeats and in writing order (`['O','D']` → `D` never before `O`).
 * @throws AppError `surface_not_on_tooth`
 */
export function parseSurfaces(tooth: Tooth, values: readonly string[]): Surface[] {
  const own = surfacesOf(tooth);
  for (const value of values)
    if (!own.some((surface) => surface === value))
      throw fail('surface_not_on_tooth', { tooth: tooth.number, surface: value.slice(0, 8) });
  return own.filter((surface) => values.includes(surface));
}

/**
 * One row of the chart as dentists see it: the patient's right on the viewer's left, so the upper permanent
 * row reads 18 … 11 21 … 28 and the lower 48 … 41 31 … 38.
 */
export function chartRow(dentition: Dentition, arch: Arch): Tooth[] {
  const last = dentition === 'permanent' ? 8 : 5;
  const base = dentition === 'permanent' ? 0 : 4;
  const right = ((arch === 'upper' ? 1 : 4) + base) as Quadrant;
  const left = ((arch === 'upper' ? 2 : 3) + base) as Quadrant;
  const outward = Array.from({ length: last }, (_, i) => i + 1);
  return [
    ...outward.toReversed().map((p) => teeth.get(`${right}${p}`)!),
    ...outward.map((p) => teeth.get(`${left}${p}`)!)
  ];
}

/**
 * The Universal Numbering System (ADA): 1–32 from the upper right third molar round to the lower right one,
 * primary A–T likewise.
 */
export function toUniversal(tooth: Tooth): string {
  const perQuadrant = tooth.dentition === 'permanent' ? 8 : 5;
  const turn = (tooth.quadrant - 1) % 4;
  const fromMidline = turn === 1 || turn === 3;
  const index = turn * perQuadrant + (fromMidline ? tooth.position - 1 : perQuadrant - tooth.position);
  return tooth.dentition === 'permanent' ? String(index + 1) : String.fromCharCode(65 + index);
}

/** The tooth of a Universal number (`1`–`32`, `A`–`T`). @throws AppError `unknown_tooth` */
export function fromUniversal(value: string): Tooth {
  const wanted = value.trim().toUpperCase();
  for (const tooth of teeth.values()) if (toUniversal(tooth) === wanted) return tooth;
  throw fail('unknown_tooth', { tooth: value.slice(0, 8) });
}

/** Palmer / Zsigmondy: the corner sign of the quadrant with the place (1–8) or the letter (A–E), e.g. `┘6`. */
export function toPalmer(tooth: Tooth): string {
  const corner = ['┘', '└', '┌', '┐'][(tooth.quadrant - 1) % 4]!;
  const place =
    tooth.dentition === 'permanent' ? String(tooth.position) : String.fromCharCode(64 + tooth.position);
  return tooth.side === 'right' ? `${place}${corner}` : `${corner}${place}`;
}
