import { minuteMs } from '#lib/kernel/clock.ts';
import { addDays, instantAt, isoWeekday, localDate, type LocalDate } from './zone.ts';

/** Opening periods by ISO weekday (1 Monday … 7 Sunday), in minutes since local midnight, `[from, to)`. */
export type OpeningHours = Readonly<Record<number, readonly { from: number; to: number }[]>>;

const halfDays = [
  { from: 8 * 60 + 30, to: 12 * 60 },
  { from: 13 * 60 + 30, to: 17 * 60 + 30 }
];

/** Open all week, morning and afternoon, as most small clinics are. Used until a clinic sets its own. */
export const usualOpeningHours: OpeningHours = Object.fromEntries(
  [1, 2, 3, 4, 5, 6, 7].map((day) => [day, halfDays])
);

export interface Occupied {
  startsAt: Date;
  endsAt: Date;
  chairId: string;
  practitionerId: string;
  patientId: string;
}

export interface Slot {
  startsAt: Date;
  endsAt: Date;
  practitionerId: string;
  chairId: string;
}

export interface SlotSearch {
  now: Date;
  /** First day looked at, in the clinic's calendar. */
  from: LocalDate;
  days: number;
  /** Length of the appointment. */
  minutes: number;
  /** Distance between offered starts, counted from each opening. */
  stepMinutes: number;
  timeZone: string;
  hours: OpeningHours;
  /** In order of preference: the first free chair is offered. */
  chairIds: readonly string[];
  practitionerIds: readonly string[];
  occupied: readonly Occupied[];
  /** Where known: times at which this patient is elsewhere are not offered. */
  patientId?: string | null;
}

/**
 * Free slots by start, then by practitioner in the order given; one a start and practitioner. A slot lies
 * wholly within one opening period and never begins in the past. Steps and length are real minutes, so a
 * night in which the clocks change neither repeats nor invents a slot.
 */
export function findSlots(search: SlotSearch): Slot[] {
  const slots: Slot[] = [];
  const lengthMs = search.minutes * minuteMs;
  const stepMs = search.stepMinutes * minuteMs;
  const occupied = [...search.occupied].sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());

  for (let day = 0; day < search.days; day++) {
    const date = addDays(search.from, day);
    for (const period of search.hours[isoWeekday(date)] ?? []) {
      const opens = instantAt(date, period.from, search.timeZone).getTime();
      const closes = instantAt(date, period.to, search.timeZone).getTime();
      const here = occupied.filter((o) => o.startsAt.getTime() < closes && o.endsAt.getTime() > opens);
      for (let start = opens; start + lengthMs <= closes; start += stepMs) {
        if (start < search.now.getTime()) continue;
        const clashes = here.filter(
          (o) => o.startsAt.getTime() < start + lengthMs && o.endsAt.getTime() > start
        );
        if (search.patientId && clashes.some((o) => o.patientId === search.patientId)) continue;
        const chairId = search.chairIds.find((id) => !clashes.some((o) => o.chairId === id));
        if (!chairId) continue;
        for (const practitionerId of search.practitionerIds)
          if (!clashes.some((o) => o.practitionerId === practitionerId))
            slots.push({
              startsAt: new Date(start),
              endsAt: new Date(start + lengthMs),
              practitionerId,
              chairId
            });
      }
    }
  }
  return slots;
}

/** Slots grouped by the clinic's calendar day, days without a slot left out. */
export function byDay<T extends { startsAt: Date | string }>(
  slots: readonly T[],
  timeZone: string
): { date: LocalDate; slots: T[] }[] {
  const groups = new Map<LocalDate, T[]>();
  for (const slot of slots) {
    const date = localDate(new Date(slot.startsAt), timeZone);
    const group = groups.get(date);
    if (group) group.push(slot);
    else groups.set(date, [slot]);
  }
  return [...groups].map(([date, group]) => ({ date, slots: group }));
}
