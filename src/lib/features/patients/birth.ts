import { dayMs } from '#lib/kernel/clock.ts';

/** Nobody has lived longer; a typed year like 1867 is a slip. */
export const oldestYears = 125;

/** Whether somebody alive can be born on this day, `YYYY-MM-DD`; today's date may be a day ahead of UTC's. */
export function couldBeBorn(birthDate: string, now: Date): boolean {
  const born = Date.parse(birthDate);
  const oldest = new Date(now);
  oldest.setUTCFullYear(oldest.getUTCFullYear() - oldestYears - 1);
  return born <= now.getTime() + dayMs && born >= oldest.getTime();
}
