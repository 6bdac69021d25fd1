import { minuteMs } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { StateColumns } from './appointment.ts';
import { usualOpeningHours } from './slots.ts';
import { addDays, instantAt, isoWeekday, localDate } from './zone.ts';

/** The demo world's rows this room hangs its own on. Patients in the order of their stories. */
export interface AppointmentsSeed {
  organisationId: string;
  clinicId: string;
  timeZone: string;
  /** Member ids; the first treats most. */
  practitionerIds: readonly string[];
  patients: readonly { id: string; age: number }[];
}

export interface DemoChair {
  id: string;
  organisationId: string;
  clinicId: string;
  name: string;
  position: number;
}

export interface DemoAppointment extends StateColumns {
  id: string;
  organisationId: string;
  clinicId: string;
  patientId: string;
  practitionerId: string;
  chairId: string;
  startsAt: Date;
  endsAt: Date;
  reason: string;
}

/** With the ages, in years, of people who come for it. */
const reasons: readonly { reason: string; minutes: number; from: number; to: number }[] = [
  { reason: '右下后牙疼痛复诊', minutes: 45, from: 18, to: 99 },
  { reason: '洁治', minutes: 30, from: 18, to: 99 },
  { reason: '根管治疗 第二次', minutes: 60, from: 18, to: 75 },
  { reason: '正畸复诊', minutes: 20, from: 11, to: 35 },
  { reason: '口腔检查', minutes: 20, from: 3, to: 99 },
  { reason: '拆线', minutes: 15, from: 18, to: 99 },
  { reason: '全冠试戴', minutes: 30, from: 25, to: 99 },
  { reason: '种植术后复查', minutes: 30, from: 30, to: 75 },
  { reason: '涂氟', minutes: 20, from: 3, to: 12 },
  { reason: '智齿拔除', minutes: 45, from: 18, to: 45 },
  { reason: '补牙', minutes: 30, from: 6, to: 75 },
  { reason: '活动义齿调改', minutes: 30, from: 55, to: 99 },
  { reason: '牙周维护', minutes: 45, from: 35, to: 99 }
];

/**
 * Chairs, and appointments from three days ago to a fortnight ahead. Whenever the demo starts, one patient
 * is in the chair and two are waiting; the rest of the day follows the opening hours. Nothing overlaps.
 */
export function demoAppointments(
  seed: AppointmentsSeed,
  now: Date
): { chairs: DemoChair[]; appointments: DemoAppointment[] } {
  const { organisationId, clinicId, timeZone, patients, practitionerIds } = seed;
  const chairs = [1, 2, 3].map((number) => ({
    id: newId(),
    organisationId,
    clinicId,
    name: `${number} 号椅`,
    position: number
  }));
  const appointments: DemoAppointment[] = [];
  let turn = 0;

  const place = (startsAt: Date, state: (ends: Date) => StateColumns, at = turn, by = 0): boolean => {
    const { reason, minutes, from, to } = reasons[at % reasons.length]!;
    const endsAt = new Date(startsAt.getTime() + minutes * minuteMs);
    const clashes = appointments.filter((a) => a.startsAt < endsAt && a.endsAt > startsAt);
    const pick = (ids: readonly string[], key: 'patientId' | 'practitionerId' | 'chairId', first: number) =>
      ids
        .map((_, i) => ids[(first + i) % ids.length]!)
        .find((id) => !clashes.some((clash) => clash[key] === id));
    const fitting = patients.filter(({ age }) => age >= from && age <= to).map(({ id }) => id);
    const patientId = pick(fitting, 'patientId', (at % reasons.length) * 5 + Math.floor(at / reasons.length));
    const practitionerId = pick(practitionerIds, 'practitionerId', by);
    const chairId = pick(
      chairs.map((chair) => chair.id),
      'chairId',
      at
    );
    if (!patientId || !practitionerId || !chairId) return false;
    appointments.push({
      id: newId(),
      organisationId,
      clinicId,
      patientId,
      practitionerId,
      chairId,
      startsAt,
      endsAt,
      reason,
      ...state(endsAt)
    });
    turn = at + 1;
    return true;
  };

  const onTheFive = (minutes: number) => {
    const step = 5 * minuteMs;
    return new Date(Math.round((now.getTime() + minutes * minuteMs) / step) * step);
  };
  const ago = (minutes: number) => new Date(now.getTime() - minutes * minuteMs);
  // Each later than the other by more than the first one's length, so that one practitioner suffices.
  place(onTheFive(-20), () => ({ ...blank, status: 'in-chair', checkedInAt: ago(31), seatedAt: ago(18) }), 2);
  place(onTheFive(45), () => ({ ...blank, status: 'checked-in', checkedInAt: ago(14) }), 4);
  place(onTheFive(70), () => ({ ...blank, status: 'checked-in', checkedInAt: ago(3) }), 10);

  const today = localDate(now, timeZone);
  turn = 0;
  for (let day = -3; day <= 14; day++) {
    const date = addDays(today, day);
    const gap = day <= 0 ? 15 : 90 + 60 * Math.min(day, 5);
    for (const period of usualOpeningHours[isoWeekday(date)] ?? [])
      for (const by of practitionerIds.keys())
        for (let at = period.from; at < period.to - 30;) {
          const minutes = reasons[turn % reasons.length]!.minutes;
          const placed =
            at + minutes <= period.to &&
            place(instantAt(date, at, timeZone), (ends) => stateAt(ends, now, turn), turn, by);
          at += placed ? minutes + gap + 30 * by : 15;
        }
  }
  appointments.sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
  return { chairs, appointments };
}

const blank = {
  checkedInAt: null,
  seatedAt: null,
  finishedAt: null,
  cancelledAt: null,
  cancelReason: ''
} satisfies Partial<StateColumns>;

function stateAt(ends: Date, now: Date, turn: number): StateColumns {
  if (ends > now) return { ...blank, status: 'booked' };
  const before = (minutes: number) => new Date(ends.getTime() - minutes * minuteMs);
  if (turn % 9 === 5) return { ...blank, status: 'no-show', cancelledAt: ends };
  if (turn % 11 === 7)
    return { ...blank, status: 'cancelled', cancelledAt: before(90), cancelReason: '患者临时有事，已改约' };
  return { ...blank, status: 'done', checkedInAt: before(40), seatedAt: before(28), finishedAt: before(2) };
}
