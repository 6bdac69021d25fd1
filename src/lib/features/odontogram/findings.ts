import * as v from 'valibot';
import { fail } from '#lib/kernel/errors.ts';
import { isFront, parseSurfaces, parseTooth, type Surface, type Tooth } from './teeth.ts';

/** Red, blue, green, amber on the chart. */
export const findingStatuses = ['needs', 'existing', 'done', 'proposed'] as const;
export type FindingStatus = (typeof findingStatuses)[number];

/** `surfaces`: at least one face must be named; `either`: faces may be named; `tooth`: the tooth as a whole. */
type Extent = 'surfaces' | 'either' | 'tooth';

interface FindingRule {
  extent: Extent;
  /** What is meant where the writer says nothing. */
  status: FindingStatus;
  /** Degrees or materials that may be named. */
  grades?: readonly string[];
  /** The finding says nothing without its degree (mobility). */
  gradeRequired?: boolean;
  /** Suggested ICD-10 code; by degree where that decides. */
  icd10?: string | Readonly<Record<string, string>>;
  /** Needs a natural crown, a natural root, or nothing. */
  on: 'crown' | 'root' | 'any';
}

/**
 * What can be charted. Order is the palette's when nothing is recent. ICD-10 after WHO's 2019 edition.
 */
export const findingRules = {
  caries: {
    extent: 'surfaces',
    status: 'needs',
    grades: ['superficial', 'medium', 'deep'],
    icd10: { '': 'K02.1', superficial: 'K02.0', medium: 'K02.1', deep: 'K02.1' },
    on: 'crown'
  },
  filling: {
    extent: 'surfaces',
    status: 'existing',
    grades: ['composite', 'glass_ionomer', 'amalgam', 'temporary'],
    on: 'crown'
  },
  // A sign, not a diagnosis: no code.
  percussion: { extent: 'tooth', status: 'needs', grades: ['1', '2', '3'], on: 'any' },
  periapical: {
    extent: 'tooth',
    status: 'needs',
    grades: ['granuloma', 'abscess', 'cyst'],
    icd10: { '': 'K04.5', granuloma: 'K04.5', abscess: 'K04.7', cyst: 'K04.8' },
    on: 'root'
  },
  root_canal: { extent: 'tooth', status: 'existing', on: 'root' },
  crown: {
    extent: 'tooth',
    status: 'existing',
    grades: ['ceramic', 'metal_ceramic', 'metal', 'temporary'],
    on: 'any'
  },
  missing: { extent: 'tooth', status: 'existing', icd10: 'K08.1', on: 'any' },
  extraction: { extent: 'tooth', status: 'needs', on: 'any' },
  pulpitis: {
    extent: 'tooth',
    status: 'needs',
    grades: ['reversible', 'irreversible', 'necrosis'],
    icd10: { '': 'K04.0', reversible: 'K04.0', irreversible: 'K04.0', necrosis: 'K04.1' },
    on: 'root'
  },
  wedge_defect: { extent: 'surfaces', status: 'needs', icd10: 'K03.1', on: 'crown' },
  fracture: { extent: 'either', status: 'needs', icd10: 'S02.5', on: 'any' },
  residual_root: { extent: 'tooth', status: 'needs', icd10: 'K08.3', on: 'root' },
  mobility: { extent: 'tooth', status: 'needs', grades: ['1', '2', '3'], gradeRequired: true, on: 'any' },
  calculus: { extent: 'tooth', status: 'needs', grades: ['1', '2', '3'], icd10: 'K03.6', on: 'any' },
  recession: { extent: 'tooth', status: 'needs', grades: ['1', '2', '3'], icd10: 'K06.0', on: 'any' },
  pocket: {
    extent: 'tooth',
    status: 'needs',
    grades: ['4', '5', '6', '7'],
    icd10: 'K05.3',
    on: 'any'
  },
  fistula: { extent: 'tooth', status: 'needs', icd10: 'K04.6', on: 'any' },
  sealant: { extent: 'surfaces', status: 'existing', on: 'crown' },
  inlay: { extent: 'surfaces', status: 'existing', grades: ['ceramic', 'composite', 'metal'], on: 'crown' },
  veneer: { extent: 'tooth', status: 'existing', on: 'crown' },
  post: { extent: 'tooth', status: 'existing', grades: ['fibre', 'metal'], on: 'root' },
  implant: { extent: 'tooth', status: 'existing', icd10: 'Z96.5', on: 'any' },
  bridge_abutment: { extent: 'tooth', status: 'existing', on: 'any' },
  bridge_pontic: { extent: 'tooth', status: 'existing', on: 'any' },
  impacted: {
    extent: 'tooth',
    status: 'existing',
    grades: ['mesial', 'vertical', 'horizontal'],
    icd10: 'K01.1',
    on: 'root'
  },
  unerupted: { extent: 'tooth', status: 'existing', on: 'root' },
  wear: { extent: 'surfaces', status: 'existing', icd10: 'K03.0', on: 'crown' },
  malposition: { extent: 'tooth', status: 'needs', icd10: 'K07.3', on: 'any' },
  healthy: { extent: 'tooth', status: 'existing', on: 'any' }
} as const satisfies Record<string, FindingRule>;

export type FindingCode = keyof typeof findingRules;
export const findingCodes = Object.keys(findingRules) as FindingCode[];

export function ruleOf(code: FindingCode): FindingRule {
  return findingRules[code];
}

export function isFindingCode(value: string): value is FindingCode {
  return Object.hasOwn(findingRules, value);
}

/** What a person marks on the chart. Tooth and surfaces as written; checked by {@link checkFinding}. */
export interface FindingDraft {
  tooth: string;
  surfaces: readonly string[];
  code: FindingCode;
  status: FindingStatus;
  grade?: string | null;
  note?: string;
}

/** A draft found sound: the tooth exists, the surfaces are its own, the grade belongs to the code. */
export interface CheckedFinding {
  tooth: string;
  surfaces: Surface[];
  code: FindingCode;
  status: FindingStatus;
  grade: string | null;
  note: string;
  icd10: string | null;
}

/** Characters. A note at the chair is a sentence; longer text belongs in the visit's notes. */
export const maxNoteLength = 1000;

/**
 * Check a draft and complete it with the suggested diagnosis.
 * @throws AppError `unknown_tooth`, `surface_not_on_tooth`, `invalid_input`, `text_too_long`
 */
export function checkFinding(draft: FindingDraft): CheckedFinding {
  const tooth = parseTooth(draft.tooth);
  const rule = ruleOf(draft.code);
  const surfaces = parseSurfaces(tooth, draft.surfaces);
  if (rule.extent === 'surfaces' && surfaces.length === 0) throw fail('invalid_input', { field: 'surfaces' });
  const grade = draft.grade || null;
  if (grade !== null && !rule.grades?.includes(grade)) throw fail('invalid_input', { field: 'grade' });
  if (grade === null && rule.gradeRequired) throw fail('invalid_input', { field: 'grade' });
  const note = (draft.note ?? '').trim();
  if (note.length > maxNoteLength) throw fail('text_too_long', { limit: maxNoteLength });
  return {
    tooth: tooth.number,
    // A whole-tooth finding keeps no surface the palette happened to have selected.
    surfaces: rule.extent === 'tooth' ? [] : surfaces,
    code: draft.code,
    status: draft.status,
    grade,
    note,
    icd10: suggestedIcd10(draft.code, draft.status, grade)
  };
}

/** A finding as it comes from outside: shapes only; {@link checkFinding} knows the teeth and has better errors. */
export const findingDraftSchema = v.object({
  tooth: v.pipe(v.string(), v.maxLength(8)),
  surfaces: v.pipe(v.array(v.pipe(v.string(), v.maxLength(8))), v.maxLength(8)),
  code: v.picklist(findingCodes),
  status: v.picklist(findingStatuses),
  grade: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(32)))),
  note: v.optional(v.pipe(v.string(), v.maxLength(4 * maxNoteLength)))
});

/**
 * A checked finding from anything at all: a proposal's content, a request's body.
 * @throws AppError `invalid_input` and those of {@link checkFinding}
 */
export function parseFindingInput(value: unknown): CheckedFinding {
  const parsed = v.safeParse(findingDraftSchema, value);
  if (!parsed.success) throw fail('invalid_input', { field: v.getDotPath(parsed.issues[0]) ?? '' });
  return checkFinding(parsed.output);
}

/** ICD-10 code to suggest, or null. Work already done is no diagnosis; a lost tooth or an implant stays one. */
export function suggestedIcd10(
  code: FindingCode,
  status: FindingStatus,
  grade: string | null = null
): string | null {
  const { icd10 } = ruleOf(code);
  if (icd10 === undefined || status === 'done' || status === 'proposed') return null;
  return typeof icd10 === 'string' ? icd10 : (icd10[grade ?? ''] ?? icd10[''] ?? null);
}

/** Codes that make sense on this tooth; with a surface chosen, those of surfaces come first. */
export function codesFor(tooth: Tooth, surfaceChosen: boolean): FindingCode[] {
  const possible = findingCodes.filter((code) => {
    if (code === 'veneer') return isFront(tooth) || tooth.toothClass === 'premolar';
    if (tooth.dentition === 'primary') return code !== 'implant' && code !== 'post';
    return true;
  });
  if (!surfaceChosen) return possible;
  const onSurface = possible.filter((code) => ruleOf(code).extent !== 'tooth');
  return [...onSurface, ...possible.filter((code) => !onSurface.includes(code))];
}
