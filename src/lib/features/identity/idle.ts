import { minuteMs } from '#lib/kernel/clock.ts';

/** How long before the end a person is warned. */
export const idleWarningMs = minuteMs;

/** True where nothing was done for the organisation's limit; a limit of 0 never ends a session. */
export function isIdle(input: { lastSeenAt: Date; now: Date; idleMinutes: number }): boolean {
  const { lastSeenAt, now, idleMinutes } = input;
  return idleMinutes > 0 && now.getTime() - lastSeenAt.getTime() >= idleMinutes * minuteMs;
}
