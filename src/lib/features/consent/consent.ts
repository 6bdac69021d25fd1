/** What a person is asked, each by itself. */
export const purposes = ['video', 'recording', 'ai-notes', 'teaching'] as const;
export type Purpose = (typeof purposes)[number];

/** Whom a receipt covers: the patient, somebody who stands by them, or one of the staff. */
export const personKinds = ['patient', 'delegate', 'member'] as const;
export type PersonKind = (typeof personKinds)[number];

/** How it was said: on the person's own page, at the clinic, by a delegate in the patient's place, in the room. */
export const ways = ['link', 'clinic', 'delegate', 'room'] as const;
export type Way = (typeof ways)[number];

/** `outdated`: agreed to an older text, and to be asked again. */
export type ConsentState = 'given' | 'refused' | 'withdrawn' | 'outdated' | 'unasked';

/** What one answer says, as far as its meaning goes. */
export interface Answer {
  number: number;
  purpose: Purpose;
  personId: string;
  answer: 'given' | 'refused';
  version: number;
  withdrawnAt: Date | null;
  consultId: string | null;
}

/**
 * [CS-2] Where a person stands on a purpose: their latest answer. A refusal holds whatever the text's version, an
 * agreement only for the text it was given to.
 */
export function stateOf(
  answers: readonly Answer[],
  personId: string,
  purpose: Purpose,
  currentVersion: number
): ConsentState {
  let latest: Answer | null = null;
  for (const answer of answers)
    if (answer.personId === personId && answer.purpose === purpose && answer.number > (latest?.number ?? -1))
      latest = answer;
  if (!latest) return 'unasked';
  if (latest.answer === 'refused') return 'refused';
  if (latest.withdrawnAt) return 'withdrawn';
  return latest.version === currentVersion ? 'given' : 'outdated';
}

/** [CS-6] Only a clear yes counts. */
export function allows(state: ConsentState): boolean {
  return state === 'given';
}

/** True where the person has to be asked (again). */
export function isOpenQuestion(state: ConsentState): boolean {
  return state === 'unasked' || state === 'outdated';
}

/** One receipt, as shown. */
export interface ReceiptView {
  id: string;
  /** Running number among the patient's receipts. */
  number: number;
  purpose: Purpose;
  personKind: PersonKind;
  personId: string;
  personName: string;
  answer: 'given' | 'refused';
  version: number;
  textHash: string;
  locale: 'zh-CN' | 'en';
  way: Way;
  byName: string;
  at: Date;
  withdrawnAt: Date | null;
  withdrawnByName: string | null;
}

/** Where the people of one patient stand, and how they came there. */
export interface ConsentView {
  people: {
    kind: PersonKind;
    id: string;
    name: string;
    states: Record<Purpose, ConsentState>;
  }[];
  /** The newest first. */
  receipts: ReceiptView[];
  /** May take down an answer given at the clinic, or a withdrawal. */
  mayRecord: boolean;
}
