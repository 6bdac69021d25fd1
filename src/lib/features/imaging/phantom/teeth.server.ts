/** Sizes of teeth in millimetres: means of permanent teeth (Wheeler's Dental Anatomy, rounded). */

export type ToothClass = 'incisor' | 'canine' | 'premolar' | 'molar';

export interface ToothSize {
  class: ToothClass;
  /** Mesiodistal width of the crown. */
  width: number;
  crown: number;
  root: number;
  /** Width at the neck as a part of the crown's. */
  neck: number;
  /**
   * Roots: where each stands at the furcation and ends at the apex (parts of the crown width, mesial
   * negative), its thickness and its length as parts of the neck and the root length.
   */
  roots: readonly { from: number; to: number; thick: number; long: number; faint?: boolean }[];
}

const one = [{ from: 0, to: 0.06, thick: 1, long: 1 }] as const;
const lowerMolar = [
  { from: -0.24, to: -0.26, thick: 0.45, long: 1 },
  { from: 0.24, to: 0.33, thick: 0.43, long: 0.95 }
] as const;
const upperMolar = [
  { from: 0, to: 0.05, thick: 0.5, long: 1.06, faint: true },
  { from: -0.26, to: -0.25, thick: 0.38, long: 0.94 },
  { from: 0.25, to: 0.32, thick: 0.34, long: 0.88 }
] as const;
const fused = [
  { from: -0.15, to: 0, thick: 0.6, long: 0.95 },
  { from: 0.15, to: 0.14, thick: 0.55, long: 0.9 }
] as const;

/** By position from the midline, 1…8. */
export const upperTeeth: readonly ToothSize[] = [
  { class: 'incisor', width: 8.6, crown: 10.5, root: 13, neck: 0.72, roots: one },
  { class: 'incisor', width: 6.6, crown: 9, root: 13, neck: 0.72, roots: one },
  { class: 'canine', width: 7.6, crown: 10, root: 16.5, neck: 0.74, roots: one },
  { class: 'premolar', width: 7.1, crown: 8.6, root: 13.5, neck: 0.72, roots: one },
  { class: 'premolar', width: 6.8, crown: 8.4, root: 13.5, neck: 0.74, roots: one },
  { class: 'molar', width: 10.3, crown: 7.7, root: 12.5, neck: 0.8, roots: upperMolar },
  { class: 'molar', width: 9.7, crown: 7.3, root: 11.8, neck: 0.8, roots: upperMolar },
  { class: 'molar', width: 8.7, crown: 6.6, root: 10.5, neck: 0.8, roots: fused }
];
export const lowerTeeth: readonly ToothSize[] = [
  { class: 'incisor', width: 5.4, crown: 8.8, root: 12.3, neck: 0.68, roots: one },
  { class: 'incisor', width: 5.9, crown: 9.3, root: 13.6, neck: 0.68, roots: one },
  { class: 'canine', width: 6.9, crown: 10.6, root: 15.5, neck: 0.74, roots: one },
  { class: 'premolar', width: 7.1, crown: 8.8, root: 14, neck: 0.7, roots: one },
  { class: 'premolar', width: 7.2, crown: 8.2, root: 14.3, neck: 0.72, roots: one },
  { class: 'molar', width: 11.2, crown: 7.7, root: 13.8, neck: 0.83, roots: lowerMolar },
  { class: 'molar', width: 10.6, crown: 7.3, root: 13, neck: 0.83, roots: lowerMolar },
  { class: 'molar', width: 10, crown: 7, root: 11, neck: 0.83, roots: fused }
];

/** What the phantom shows at one tooth. */
export interface ToothState {
  missing?: boolean;
  /** Lying in the bone, tipped mesially, as lower wisdom teeth do. */
  impacted?: boolean;
  filling?: 'amalgam' | 'composite';
  /** A metal-ceramic crown. */
  crowned?: boolean;
  /** Canals filled with gutta-percha. */
  rootFilled?: boolean;
  /** Decay, by surface. */
  caries?: readonly ('M' | 'O' | 'D')[];
  /** Radius of a periapical lesion in millimetres. */
  lesionMm?: number;
  implant?: boolean;
}
export type Mouth = Readonly<Record<string, ToothState>>;
