import { isFront, parseTooth } from '#lib/features/odontogram/teeth.ts';

export const procedureGroups = [
  'prevention',
  'conservative',
  'endodontic',
  'periodontal',
  'prosthetic',
  'surgery',
  'implant',
  'orthodontic',
  'general'
] as const;
export type ProcedureGroup = (typeof procedureGroups)[number];

/** `tooth`: wants a tooth; `mouth`: concerns the whole mouth; `either`: both make sense. */
type Scope = 'tooth' | 'mouth' | 'either';

interface ProcedureRule {
  group: ProcedureGroup;
  scope: Scope;
  /** May name surfaces. */
  surfaces?: boolean;
  /** Usual visits, and usual minutes of one. */
  visits: number;
  minutes: number;
  /** Visits on a molar, where they differ. */
  molarVisits?: number;
}

/** What a plan is made of. Visits and minutes are what is usual, for the first draft; the writer changes them. */
export const procedureRules = {
  root_canal: { group: 'endodontic', scope: 'tooth', visits: 2, molarVisits: 3, minutes: 60 },
  filling: { group: 'conservative', scope: 'tooth', surfaces: true, visits: 1, minutes: 40 },
  crown: { group: 'prosthetic', scope: 'tooth', visits: 2, minutes: 50 },
  extraction: { group: 'surgery', scope: 'tooth', visits: 1, minutes: 30 },
  scaling: { group: 'periodontal', scope: 'mouth', visits: 1, minutes: 40 },
  post_core: { group: 'prosthetic', scope: 'tooth', visits: 1, minutes: 45 },
  inlay: { group: 'prosthetic', scope: 'tooth', surfaces: true, visits: 2, minutes: 50 },
  veneer: { group: 'prosthetic', scope: 'tooth', visits: 2, minutes: 60 },
  bridge: { group: 'prosthetic', scope: 'either', visits: 2, minutes: 60 },
  partial_denture: { group: 'prosthetic', scope: 'mouth', visits: 4, minutes: 40 },
  complete_denture: { group: 'prosthetic', scope: 'mouth', visits: 5, minutes: 50 },
  pulp_capping: { group: 'endodontic', scope: 'tooth', visits: 2, minutes: 40 },
  pulpotomy: { group: 'endodontic', scope: 'tooth', visits: 1, minutes: 45 },
  root_canal_retreatment: { group: 'endodontic', scope: 'tooth', visits: 3, molarVisits: 4, minutes: 75 },
  apical_surgery: { group: 'endodontic', scope: 'tooth', visits: 1, minutes: 90 },
  preformed_crown: { group: 'conservative', scope: 'tooth', visits: 1, minutes: 40 },
  sealant: { group: 'prevention', scope: 'tooth', surfaces: true, visits: 1, minutes: 20 },
  fluoride: { group: 'prevention', scope: 'mouth', visits: 1, minutes: 15 },
  hygiene_instruction: { group: 'prevention', scope: 'mouth', visits: 1, minutes: 15 },
  root_planing: { group: 'periodontal', scope: 'either', visits: 2, minutes: 50 },
  periodontal_surgery: { group: 'periodontal', scope: 'either', visits: 1, minutes: 90 },
  periodontal_maintenance: { group: 'periodontal', scope: 'mouth', visits: 4, minutes: 40 },
  splinting: { group: 'periodontal', scope: 'either', visits: 1, minutes: 60 },
  surgical_extraction: { group: 'surgery', scope: 'tooth', visits: 1, minutes: 60 },
  suture_removal: { group: 'surgery', scope: 'either', visits: 1, minutes: 10 },
  bone_graft: { group: 'implant', scope: 'either', visits: 1, minutes: 90 },
  implant_placement: { group: 'implant', scope: 'tooth', visits: 1, minutes: 90 },
  implant_uncovering: { group: 'implant', scope: 'tooth', visits: 1, minutes: 30 },
  implant_crown: { group: 'implant', scope: 'tooth', visits: 2, minutes: 50 },
  ortho_records: { group: 'orthodontic', scope: 'mouth', visits: 1, minutes: 60 },
  ortho_fixed: { group: 'orthodontic', scope: 'mouth', visits: 20, minutes: 30 },
  ortho_aligner: { group: 'orthodontic', scope: 'mouth', visits: 14, minutes: 20 },
  ortho_retention: { group: 'orthodontic', scope: 'mouth', visits: 3, minutes: 30 },
  space_maintainer: { group: 'orthodontic', scope: 'tooth', visits: 2, minutes: 30 },
  examination: { group: 'general', scope: 'either', visits: 1, minutes: 20 },
  radiograph: { group: 'general', scope: 'either', visits: 1, minutes: 10 },
  follow_up: { group: 'general', scope: 'either', visits: 1, minutes: 20 },
  other: { group: 'general', scope: 'either', visits: 1, minutes: 30 }
} as const satisfies Record<string, ProcedureRule>;

export type ProcedureCode = keyof typeof procedureRules;
export const procedureCodes = Object.keys(procedureRules) as ProcedureCode[];

export function isProcedure(value: string): value is ProcedureCode {
  return Object.hasOwn(procedureRules, value);
}

export function procedureRule(code: ProcedureCode): ProcedureRule {
  return procedureRules[code];
}

/**
 * Usual visits, and minutes of each, on this tooth.
 * @throws AppError `unknown_tooth`
 */
export function usualVisits(code: ProcedureCode, tooth: string | null): { visits: number; minutes: number } {
  const rule = procedureRule(code);
  const molar = tooth !== null && parseTooth(tooth).toothClass === 'molar';
  return { visits: (molar && rule.molarVisits) || rule.visits, minutes: rule.minutes };
}

/** Procedures for a tooth, or for the whole mouth where none is chosen; what fits comes first, nothing is hidden. */
export function proceduresFor(tooth: string | null): ProcedureCode[] {
  const front = tooth !== null && isFront(parseTooth(tooth));
  const primary = tooth !== null && parseTooth(tooth).dentition === 'primary';
  const fits = (code: ProcedureCode) => {
    const { scope } = procedureRule(code);
    if (tooth === null) return scope !== 'tooth';
    if (primary && (procedureRule(code).group === 'implant' || code === 'post_core')) return false;
    if (code === 'veneer') return front;
    return scope !== 'mouth';
  };
  return [...procedureCodes.filter(fits), ...procedureCodes.filter((code) => !fits(code))];
}
