import { expect, it } from 'vitest';
import { keepUntil, refusalOf, retentionYears } from './retention.ts';

it('[RT-11] is 15 years from the last visit, 30 for inpatients', () => {
  expect(keepUntil('2026-11-22')).toBe('2041-11-22');
  expect(keepUntil('2026-11-22', retentionYears.inpatient)).toBe('2056-11-22');
  expect(keepUntil('2024-02-29')).toBe('2039-03-01');
});

it('[RT-12] a hold, then the date, stand against deletion; the last day included', () => {
  const at = { keepUntil: '2041-11-22', held: false };
  expect(refusalOf({ ...at, today: '2041-11-22' })).toBe('retention');
  expect(refusalOf({ ...at, today: '2041-11-23' })).toBeNull();
  expect(refusalOf({ ...at, today: '2041-11-23', held: true })).toBe('hold');
  expect(refusalOf({ ...at, today: '2026-11-22', held: true })).toBe('hold');
});
