/** [PA-9] Who stands by a patient, and what they may do. */
export const relations = [
  'daughter',
  'son',
  'spouse',
  'parent',
  'grandchild',
  'sibling',
  'guardian',
  'carer',
  'interpreter',
  'other'
] as const;
export type Relation = (typeof relations)[number];

/** `join` the visit; see `times` and what was decided. */
export const delegateScopes = ['join', 'times'] as const;
export type DelegateScope = (typeof delegateScopes)[number];

export interface DelegateView {
  id: string;
  name: string;
  relation: Relation;
  scopes: DelegateScope[];
  /** Last four digits, for the clinic's own staff. */
  phoneEnd: string;
  basis: string;
  recordedByName: string;
  startsAt: Date;
  endedAt: Date | null;
  endedByName: string | null;
  /** Answers for the patient, not only for themselves. */
  speaksFor: boolean;
}

/** Age at which a person speaks for themselves (Civil Code of the PRC, article 17). */
export const ageOfMajority = 18;

/** Whole years on the day `now`, by the calendar of the date's own place. */
export function ageOn(birthDate: string, now: Date): number {
  const [year, month, day] = birthDate.split('-').map(Number) as [number, number, number];
  const had = now.getUTCMonth() + 1 > month || (now.getUTCMonth() + 1 === month && now.getUTCDate() >= day);
  return now.getUTCFullYear() - year - (had ? 0 : 1);
}

/**
 * [PA-10] Whether a delegate answers in the patient's place: a guardian always, a parent while the patient is a
 * minor; a grown child or a spouse stands beside the patient and answers for themselves only.
 */
export function speaksFor(relation: Relation, birthDate: string, now: Date): boolean {
  return relation === 'guardian' || (relation === 'parent' && ageOn(birthDate, now) < ageOfMajority);
}
