import { describe, expect, it } from 'vitest';
import { addDays, dayBounds, instantAt, isLocalDate, isoWeekday, localDate, localMinutes } from './zone.ts';

const hours = (bounds: { from: Date; to: Date }) => (bounds.to.getTime() - bounds.from.getTime()) / 3_600_000;

describe('zone', () => {
  it('[AP-5] reads wall time in Shanghai', () => {
    expect(instantAt('2026-11-22', 8 * 60 + 30, 'Asia/Shanghai').toISOString()).toBe(
      '2026-11-22T00:30:00.000Z'
    );
    expect(localDate(new Date('2026-11-21T16:00:00Z'), 'Asia/Shanghai')).toBe('2026-11-22');
    expect(localDate(new Date('2026-11-21T15:59:59Z'), 'Asia/Shanghai')).toBe('2026-11-21');
    expect(localMinutes(new Date('2026-11-21T16:05:00Z'), 'Asia/Shanghai')).toBe(5);
  });

  it('[AP-5] knows days of 23 and 25 hours in Berlin', () => {
    expect(hours(dayBounds('2026-03-29', 'Europe/Berlin'))).toBe(23);
    expect(hours(dayBounds('2026-10-25', 'Europe/Berlin'))).toBe(25);
    expect(hours(dayBounds('2026-06-01', 'Europe/Berlin'))).toBe(24);
  });

  it('[AP-5] takes the first of two equal wall times and steps over the gap', () => {
    expect(instantAt('2026-10-25', 150, 'Europe/Berlin').toISOString()).toBe('2026-10-25T00:30:00.000Z');
    // 02:30 does not exist on 29 March: an hour later, 03:30 summer time.
    expect(instantAt('2026-03-29', 150, 'Europe/Berlin').toISOString()).toBe('2026-03-29T01:30:00.000Z');
  });

  it('[AP-5] comes back to the same wall time for every half hour of a year', () => {
    for (const zone of ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Pacific/Auckland'])
      for (let date = '2026-01-01'; date < '2027-01-01'; date = addDays(date, 1))
        for (const minutes of [8 * 60, 13 * 60 + 30, 22 * 60]) {
          const instant = instantAt(date, minutes, zone);
          expect([localDate(instant, zone), localMinutes(instant, zone)]).toEqual([date, minutes]);
        }
  });

  it('counts calendar days and weekdays', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
    expect(isoWeekday('2026-11-22')).toBe(7);
    expect(isoWeekday('2026-11-23')).toBe(1);
    expect(isLocalDate('2026-02-29')).toBe(false);
    expect(isLocalDate('2028-02-29')).toBe(true);
    expect(isLocalDate('2026-2-3')).toBe(false);
  });
});
