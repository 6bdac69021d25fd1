/** A patient's "call me instead": how the calls to them ended. Pure. */

/** `done-otherwise`: somebody saw to it without a call. */
export const callOutcomes = ['reached', 'wrong-number', 'done-otherwise'] as const;
export type CallOutcome = (typeof callOutcomes)[number];

/** Nobody answered; the task stays. */
export interface CallTry {
  /** ISO 8601. */
  at: string;
  byName: string;
}

/** What a phone's dialler takes: digits, with a plus before a country's number. Null where it is no number. */
export function telHref(phone: string): string | null {
  const number = phone.replace(/[\s().-]/g, '');
  return /^\+?\d{3,20}$/.test(number) ? `tel:${number}` : null;
}
