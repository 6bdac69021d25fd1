/** How this room's values are said to a person, in their language and the clinic's zone. */
import { m } from '#lib/paraglide/messages.js';
import { getLocale } from '#lib/paraglide/runtime.js';
import { minuteMs } from '#lib/kernel/clock.ts';
import type { AppointmentMove, AppointmentStatus } from './appointment.ts';
import { addDays, localDate, localMinutes, type LocalDate } from './zone.ts';

const formats = new Map<string, Intl.DateTimeFormat>();
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = getLocale() + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(getLocale(), options)));
  return found;
}

/** `14:30` */
export function timeText(instant: string, timeZone: string): string {
  return format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(new Date(instant));
}

/** `11月22日 周日` / `Sun 22 Nov`; the year where it is not this one. */
export function dateText(date: LocalDate, today: LocalDate): string {
  const year = date.slice(0, 4) === today.slice(0, 4) ? undefined : 'numeric';
  return format({ weekday: 'short', day: 'numeric', month: 'short', year, timeZone: 'UTC' }).format(
    new Date(`${date}T00:00:00Z`)
  );
}

/** `周日` / `Sun` */
export function weekdayText(date: LocalDate): string {
  return format({ weekday: 'short', timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
}

/** `11/22` in the language's order. */
export function dayNumberText(date: LocalDate): string {
  return format({ day: 'numeric', month: 'numeric', timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
}

/** Today, tomorrow, yesterday; else the date. */
export function dayText(date: LocalDate, today: LocalDate): string {
  if (date === today) return m.appointments_today();
  if (date === addDays(today, 1)) return m.appointments_tomorrow();
  if (date === addDays(today, -1)) return m.appointments_yesterday();
  return dateText(date, today);
}

/** As people say it: `明天 09:00`. */
export function whenText(instant: string, timeZone: string, now: Date): string {
  const day = dayText(localDate(new Date(instant), timeZone), localDate(now, timeZone));
  return `${day} ${timeText(instant, timeZone)}`;
}

export function statusText(status: AppointmentStatus): string {
  switch (status) {
    case 'booked':
      return m.appointments_status_booked();
    case 'checked-in':
      return m.appointments_status_checked_in();
    case 'in-chair':
      return m.appointments_status_in_chair();
    case 'done':
      return m.appointments_status_done();
    case 'cancelled':
      return m.appointments_status_cancelled();
    case 'no-show':
      return m.appointments_status_no_show();
  }
}

export function moveText(move: AppointmentMove): string {
  switch (move) {
    case 'check-in':
      return m.appointments_move_check_in();
    case 'seat':
      return m.appointments_move_seat();
    case 'finish':
      return m.appointments_move_finish();
    case 'cancel':
      return m.appointments_move_cancel();
    case 'no-show':
      return m.appointments_move_no_show();
    case 'undo':
      return m.appointments_move_undo();
  }
}

/** `女 67 岁` */
export function personText(patient: { sex: string; birthDate: LocalDate }, today: LocalDate): string {
  const sex =
    patient.sex === 'female'
      ? m.appointments_sex_female()
      : patient.sex === 'male'
        ? m.appointments_sex_male()
        : patient.sex === 'other'
          ? m.appointments_sex_other()
          : m.appointments_sex_unknown();
  return `${sex} ${m.appointments_years({ age: ageOn(patient.birthDate, today) })}`;
}

/** Completed years on `day`. */
export function ageOn(birthDate: LocalDate, day: LocalDate): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

/** Whole minutes from `since` to `now`, never negative. */
export function minutesSince(since: string, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(since)) / minuteMs));
}

/** Which part of the day a slot lies in, by the clinic's wall clock. */
export function partOfDay(instant: string, timeZone: string): 'morning' | 'afternoon' | 'evening' {
  const minutes = localMinutes(new Date(instant), timeZone);
  return minutes < 12 * 60 ? 'morning' : minutes < 18 * 60 ? 'afternoon' : 'evening';
}
