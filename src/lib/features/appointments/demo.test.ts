import { describe, expect, it } from 'vitest';
import { fromColumns, occupies } from './appointment.ts';
import { demoAppointments } from './demo.ts';
import { localDate } from './zone.ts';

const seed = {
  organisationId: 'o',
  clinicId: 'c',
  timeZone: 'Asia/Shanghai',
  practitionerIds: ['li', 'zhang'],
  patients: [67, 41, 8, 14, 58, 49, 35, 76, 23, 29, 31, 6].map((age, i) => ({ id: `p${i}`, age }))
};

describe('demoAppointments', () => {
  for (const now of [
    '2026-11-22T01:07:31Z',
    '2026-11-22T08:52:00Z',
    '2026-11-22T15:40:00Z',
    '2026-11-22T20:00:00Z'
  ])
    for (const practitionerIds of [['li'], ['li', 'zhang']]) {
      const { chairs, appointments } = demoAppointments({ ...seed, practitionerIds }, new Date(now));

      it(`[AP-6] overlaps nothing at ${now} with ${practitionerIds.length} practitioner(s)`, () => {
        expect(chairs).toHaveLength(3);
        const live = appointments.filter((a) => occupies(a.status));
        for (const a of live)
          for (const b of live)
            if (a !== b && a.startsAt < b.endsAt && a.endsAt > b.startsAt)
              for (const key of ['patientId', 'practitionerId', 'chairId'] as const)
                expect(a[key]).not.toBe(b[key]);
      });

      it(`gives nobody a visit of another age at ${now} with ${practitionerIds.length} practitioner(s)`, () => {
        const agesFor = (reason: string) =>
          appointments
            .filter((a) => a.reason === reason)
            .map((a) => seed.patients.find(({ id }) => id === a.patientId)!.age);
        expect(agesFor('涂氟').length).toBeGreaterThan(0);
        expect(Math.max(...agesFor('涂氟'))).toBeLessThan(13);
        expect(Math.max(...agesFor('正畸复诊'))).toBeLessThan(36);
        expect(Math.min(...agesFor('活动义齿调改'))).toBeGreaterThan(54);
        for (const reason of ['智齿拔除', '种植术后复查', '全冠试戴'])
          expect(Math.min(...agesFor(reason))).toBeGreaterThan(17);
        // Every patient of the demo has something in the book.
        expect(new Set(appointments.map((a) => a.patientId)).size).toBe(seed.patients.length);
      });

      it(`shows a day in the middle of its work at ${now} with ${practitionerIds.length} practitioner(s)`, () => {
        for (const a of appointments) fromColumns(a);
        const count = (status: string) => appointments.filter((a) => a.status === status).length;
        expect(count('in-chair')).toBe(1);
        expect(count('checked-in')).toBe(2);
        expect(count('booked')).toBeGreaterThan(20);
        const today = appointments.filter((a) => localDate(a.startsAt, 'Asia/Shanghai') === '2026-11-22');
        expect(today.length).toBeGreaterThan(6);
      });
    }
});
