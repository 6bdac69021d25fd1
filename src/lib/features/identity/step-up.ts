import { minuteMs } from '#lib/kernel/clock.ts';

/** How long a shown password, passkey or code stands for the next weighty act. */
export const stepUpMinutes = 5;

export function isFresh(confirmedAt: Date | null, now: Date): boolean {
  if (confirmedAt === null) return false;
  const ageMs = now.getTime() - confirmedAt.getTime();
  return ageMs >= 0 && ageMs < stepUpMinutes * minuteMs;
}
