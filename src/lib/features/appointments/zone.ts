/**
 * Wall-clock arithmetic in IANA time zones, on `Intl` alone. A local date is `YYYY-MM-DD`; a local time is
 * minutes since midnight. Instants are `Date` (UTC). No function here reads the clock.
 */
import { dayMs, minuteMs } from '#lib/kernel/clock.ts';

export type LocalDate = string;

const localDatePattern = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** True for an existing calendar day written `YYYY-MM-DD`. */
export function isLocalDate(value: unknown): value is LocalDate {
  if (typeof value !== 'string' || !localDatePattern.test(value)) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === value;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit'
    });
    formats.set(zone, format);
  }
  return format;
}

/** The wall clock of `zone` at `instant`, read as if it were UTC, in milliseconds. */
function wallMs(instant: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) part[type] = Number(value);
  return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
}

function offsetMs(instant: number, zone: string): number {
  return wallMs(instant, zone) - Math.floor(instant / 1000) * 1000;
}

/** The calendar day in `zone` at `instant`. */
export function localDate(instant: Date, zone: string): LocalDate {
  return new Date(wallMs(instant.getTime(), zone)).toISOString().slice(0, 10);
}

/** Minutes since local midnight in `zone` at `instant`, by the wall clock. */
export function localMinutes(instant: Date, zone: string): number {
  const wall = new Date(wallMs(instant.getTime(), zone));
  return wall.getUTCHours() * 60 + wall.getUTCMinutes();
}

/** `date` plus `days` (may be negative) by the calendar. */
export function addDays(date: LocalDate, days: number): LocalDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** ISO 8601 weekday: 1 Monday … 7 Sunday. */
export function isoWeekday(date: LocalDate): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
}

/**
 * The instant at which the wall clock of `zone` shows `minutes` since midnight on `date` (1440 is the next
 * midnight). A time the clock skips in spring becomes the first instant after the gap's length has passed;
 * a time it shows twice in autumn is the first of the two.
 */
export function instantAt(date: LocalDate, minutes: number, zone: string): Date {
  const wall = Date.parse(`${date}T00:00:00Z`) + minutes * minuteMs;
  // The offsets half a day to either side enclose any change near this wall time.
  const before = offsetMs(wall - dayMs / 2, zone);
  const after = offsetMs(wall + dayMs / 2, zone);
  for (const offset of [before, after])
    if (offsetMs(wall - offset, zone) === offset) return new Date(wall - offset);
  return new Date(wall - before);
}

/** The instants between which it is `date` in `zone`: `[from, to)`; 23 or 25 hours when the clocks change. */
export function dayBounds(date: LocalDate, zone: string): { from: Date; to: Date } {
  return { from: instantAt(date, 0, zone), to: instantAt(addDays(date, 1), 0, zone) };
}
