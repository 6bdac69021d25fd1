import type { ErrorCode } from '#lib/kernel/errors.ts';

/** What the rules need of a credential. `validUntil` is its last day, `YYYY-MM-DD`. */
export interface CredentialFacts {
  specialty: string;
  validUntil: string;
}

export type CredentialState = 'valid' | 'ending' | 'expired';

/** Days before the end at which people are reminded, the largest first. */
export const reminderDays = [60, 30, 7] as const;

/** The calendar day at `now` in an IANA time zone, `YYYY-MM-DD`. */
export function dayIn(timeZone: string, now: Date): string {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit'
  }).format(now);
}

/** Whole days from `today` to the last day; 0 on the last day itself, negative once it is over. */
export function daysLeft({ validUntil }: Pick<CredentialFacts, 'validUntil'>, today: string): number {
  return Math.round((Date.parse(validUntil) - Date.parse(today)) / 86_400_000);
}

/** [ID-20] It holds to the end of its last day. */
export function credentialState(facts: Pick<CredentialFacts, 'validUntil'>, today: string): CredentialState {
  const left = daysLeft(facts, today);
  if (left < 0) return 'expired';
  return left <= reminderDays[0] ? 'ending' : 'valid';
}

/** [ID-20] Why somebody may not answer as an expert of `specialty` today; null: they may. */
export function seatRefusal(
  credentials: readonly CredentialFacts[],
  { specialty, today }: { specialty: string; today: string }
): Extract<ErrorCode, 'credential_missing' | 'credential_expired'> | null {
  const own = credentials.filter((one) => one.specialty === specialty);
  if (own.length === 0) return 'credential_missing';
  return own.some((one) => credentialState(one, today) !== 'expired') ? null : 'credential_expired';
}

/**
 * [ID-22] The reminder that is due: the smallest threshold reached and not told yet; null: none. What is over
 * counts as threshold 0 and is told once.
 */
export function reminderDue(
  credential: { validUntil: string; remindedDays: number | null },
  today: string
): number | null {
  const left = daysLeft(credential, today);
  const reached = left < 0 ? 0 : [...reminderDays].reverse().find((days) => left <= days);
  if (reached === undefined) return null;
  return credential.remindedDays === null || reached < credential.remindedDays ? reached : null;
}
