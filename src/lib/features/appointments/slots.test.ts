import { describe, expect, it } from 'vitest';
import { byDay, findSlots, usualOpeningHours, type Occupied, type SlotSearch } from './slots.ts';

const base: SlotSearch = {
  now: new Date('2026-11-21T12:00:00Z'),
  from: '2026-11-22',
  days: 1,
  minutes: 30,
  stepMinutes: 30,
  timeZone: 'Asia/Shanghai',
  hours: usualOpeningHours,
  chairIds: ['chair-1', 'chair-2'],
  practitionerIds: ['li'],
  occupied: []
};

const taken = (from: string, to: string, over: Partial<Occupied> = {}): Occupied => ({
  startsAt: new Date(from),
  endsAt: new Date(to),
  chairId: 'chair-1',
  practitionerId: 'li',
  patientId: 'wang',
  ...over
});

const times = (search: Partial<SlotSearch>) =>
  findSlots({ ...base, ...search }).map((slot) => slot.startsAt.toISOString().slice(11, 16));

describe('findSlots', () => {
  it('[AP-4] offers the opening hours in Shanghai time', () => {
    const slots = times({});
    expect(slots).toHaveLength(7 + 8);
    expect(slots[0]).toBe('00:30');
    expect(slots[6]).toBe('03:30');
    expect(slots[7]).toBe('05:30');
    expect(slots.at(-1)).toBe('09:00');
  });

  it('[AP-4] never begins in the past nor runs over closing', () => {
    expect(times({ now: new Date('2026-11-22T08:45:00Z'), minutes: 30 })).toEqual(['09:00']);
    expect(times({ now: new Date('2026-11-22T08:45:00Z'), minutes: 31 })).toEqual([]);
  });

  it('[AP-4] leaves out a practitioner who is busy, on whatever chair', () => {
    const slots = times({
      occupied: [taken('2026-11-22T01:00:00Z', '2026-11-22T02:00:00Z', { chairId: 'chair-9' })]
    });
    expect(slots).not.toContain('01:00');
    expect(slots).not.toContain('01:30');
    expect(slots).toContain('02:00');
  });

  it('[AP-7] lets one begin when the other ends', () => {
    expect(times({ occupied: [taken('2026-11-22T00:30:00Z', '2026-11-22T01:00:00Z')] })[0]).toBe('01:00');
  });

  it('[AP-4] takes the next free chair, and none when all are taken', () => {
    const other = { practitionerId: 'zhao' };
    const one = taken('2026-11-22T00:30:00Z', '2026-11-22T01:00:00Z', other);
    expect(findSlots({ ...base, occupied: [one] })[0]).toMatchObject({
      chairId: 'chair-2',
      practitionerId: 'li'
    });
    const two = { ...one, chairId: 'chair-2', practitionerId: 'qian' };
    expect(times({ occupied: [one, two] })[0]).toBe('01:00');
  });

  it('[AP-4] leaves out times at which the patient is elsewhere', () => {
    const elsewhere = taken('2026-11-22T00:30:00Z', '2026-11-22T01:00:00Z', {
      practitionerId: 'zhao',
      chairId: 'chair-2'
    });
    expect(times({ occupied: [elsewhere], patientId: 'wang' })[0]).toBe('01:00');
    expect(times({ occupied: [elsewhere], patientId: 'sun' })[0]).toBe('00:30');
  });

  it('[AP-5] keeps 8:30 at 8:30 across both clock changes in Berlin', () => {
    const spring = times({
      timeZone: 'Europe/Berlin',
      from: '2026-03-28',
      days: 2,
      now: new Date('2026-03-01Z')
    });
    expect(spring[0]).toBe('07:30');
    expect(spring[15]).toBe('06:30');
    const autumn = times({
      timeZone: 'Europe/Berlin',
      from: '2026-10-24',
      days: 2,
      now: new Date('2026-10-01Z')
    });
    expect(autumn[0]).toBe('06:30');
    expect(autumn[15]).toBe('07:30');
  });

  it('[AP-5] a clinic open at night gains and loses the hour, without doubled slots', () => {
    const night = { 7: [{ from: 60, to: 240 }] };
    const search = { hours: night, timeZone: 'Europe/Berlin', minutes: 30, stepMinutes: 30 };
    const spring = times({ ...search, from: '2026-03-29', now: new Date('2026-03-01Z') });
    const autumn = times({ ...search, from: '2026-10-25', now: new Date('2026-10-01Z') });
    expect(spring).toHaveLength(4);
    expect(autumn).toHaveLength(8);
    expect(new Set(autumn).size).toBe(8);
  });

  it('groups by the calendar day of the clinic', () => {
    const days = byDay(findSlots({ ...base, days: 3 }), base.timeZone);
    expect(days.map((day) => day.date)).toEqual(['2026-11-22', '2026-11-23', '2026-11-24']);
  });
});
