import { expect, it } from 'vitest';
import { dayKey } from '#lib/ui/dates.ts';
import { newPatientErrors } from './new-patient.ts';
import { bannerOf, byDay, type TimelineItem } from './views.ts';

const patient = {
  id: 'p',
  name: '王秀英',
  sex: 'female',
  birthDate: '1958-11-03',
  number: 'P000001'
} as const;

it('[PA-6] puts severe allergies first, then conditions, then medication', () => {
  const banner = bannerOf({
    patient,
    health: [
      { id: '1', kind: 'medication', label: '阿司匹林', detail: null },
      { id: '2', kind: 'allergy', label: '镍', detail: null, severity: 'low' },
      { id: '3', kind: 'allergy', label: '青霉素', detail: '皮疹', severity: 'high' },
      { id: '4', kind: 'condition', label: '高血压', detail: null }
    ]
  });
  expect(banner.allergies.map(({ label }) => label)).toEqual(['青霉素', '镍']);
  expect(banner.alerts.map(({ label }) => label)).toEqual(['高血压', '阿司匹林']);
  expect(banner.own).toBe(true);
});

it('groups the timeline by the clinic’s day', () => {
  const item = (id: string, at: string): TimelineItem => ({ id, kind: 'note', at: new Date(at), title: id });
  const days = byDay(
    [item('a', '2026-03-04T15:59:00Z'), item('b', '2026-03-04T16:01:00Z'), item('c', '2026-03-05T02:00:00Z')],
    (at) => dayKey(at, 'Asia/Shanghai')
  );
  expect(days.map(({ day, items }) => [day, items.map(({ id }) => id)])).toEqual([
    ['2026-03-05', ['c', 'b']],
    ['2026-03-04', ['a']]
  ]);
});

it('says which fields of a new patient are missing or impossible', () => {
  const whole = { name: '王秀英', sex: 'female', birthDate: '1958-11-03', phone: '138 0000 0001' };
  expect(newPatientErrors(whole, '2026-03-05')).toEqual([]);
  expect(newPatientErrors({ name: ' ', sex: '', birthDate: '', phone: '12' }, '2026-03-05')).toEqual([
    'name',
    'sex',
    'birthDate',
    'phone'
  ]);
  expect(newPatientErrors({ ...whole, birthDate: '2026-03-06' }, '2026-03-05')).toEqual(['birthDate']);
  expect(newPatientErrors({ ...whole, birthDate: '1867-01-01' }, '2026-03-05')).toEqual(['birthDate']);
});
