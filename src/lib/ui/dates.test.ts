import { describe, expect, it } from 'vitest';
import {
  ageOn,
  dayKey,
  sayAgo,
  sayDateTime,
  sayDay,
  sayDayHeading,
  sayDuration,
  sayFull,
  saySpan,
  sayTime
} from './dates.ts';

// Thursday 5 March 2026, 08:00 in Shanghai.
const now = new Date('2026-03-05T00:00:00Z');
const zh = { zone: 'Asia/Shanghai', now, locale: 'zh-CN' };
const en = { zone: 'Asia/Shanghai', now, locale: 'en' };

describe('a day as people say it', () => {
  it.each([
    ['2026-03-05T06:30:00Z', '今天 14:30', 'today 14:30'],
    ['2026-03-06T01:00:00Z', '明天 9:00', 'tomorrow 9:00'],
    ['2026-03-04T01:05:00Z', '昨天 9:05', 'yesterday 9:05'],
    ['2026-03-07T01:00:00Z', '后天 9:00', 'Sat 9:00'],
    ['2026-03-10T01:00:00Z', '周二 9:00', 'Tue 9:00'],
    ['2026-03-02T01:00:00Z', '3月2日 9:00', '2 Mar 9:00'],
    ['2026-12-24T01:00:00Z', '12月24日 9:00', '24 Dec 9:00'],
    ['2025-03-05T01:00:00Z', '2025年3月5日 9:00', '5 Mar 2025 9:00']
  ])('%s', (at, inChinese, inEnglish) => {
    expect(sayDateTime(at, zh)).toBe(inChinese);
    expect(sayDateTime(at, en)).toBe(inEnglish);
  });

  it('uses the clinic’s day, not the server’s', () => {
    // 23:30 UTC on the 4th is already the 5th in Shanghai and still the 4th in Berlin.
    expect(sayDay('2026-03-04T23:30:00Z', zh)).toBe('今天');
    expect(dayKey('2026-03-04T23:30:00Z', 'Asia/Shanghai')).toBe('2026-03-05');
    expect(dayKey('2026-03-04T23:30:00Z', 'Europe/Berlin')).toBe('2026-03-05');
    expect(dayKey('2026-03-04T22:30:00Z', 'Europe/Berlin')).toBe('2026-03-04');
  });

  it('says midnight as 0:00, never 24:00', () => {
    expect(sayTime('2026-03-04T16:00:00Z', zh)).toBe('0:00');
    expect(sayTime('2026-03-04T16:05:00Z', en)).toBe('0:05');
  });
});

it('says spans, headings and full dates', () => {
  expect(saySpan('2026-03-05T01:00:00Z', '2026-03-05T01:30:00Z', zh)).toBe('9:00–9:30');
  expect(saySpan('2026-03-06T01:00:00Z', '2026-03-06T01:30:00Z', en, true)).toBe('tomorrow 9:00–9:30');
  expect(sayDayHeading('2026-03-05T01:00:00Z', zh)).toBe('今天 · 3月5日周四');
  expect(sayDayHeading('2025-03-05T01:00:00Z', en)).toContain('2025');
  expect(sayFull('2026-03-05T06:30:00Z', zh)).toBe('2026年3月5日周四 14:30');
});

it('says how long ago, and the date beyond a day', () => {
  expect(sayAgo('2026-03-04T23:57:00Z', zh)).toBe('3分钟前');
  expect(sayAgo('2026-03-05T02:00:00Z', en)).toBe('in 2 hours');
  expect(sayAgo(now, zh)).toBe('现在');
  expect(sayAgo('2026-03-03T00:00:00Z', en)).toBe('3 Mar 8:00');
});

it('counts ages by the calendar', () => {
  expect(ageOn('1958-11-03', '2026-03-05')).toEqual({ years: 67, months: 4, days: expect.any(Number) });
  expect(ageOn('2020-03-05', '2026-03-05')?.years).toBe(6);
  expect(ageOn('2020-03-06', '2026-03-05')?.years).toBe(5);
  expect(ageOn('2027-01-01', '2026-03-05')).toBeNull();
  expect(ageOn('unknown', '2026-03-05')).toBeNull();
});

it('says durations', () => {
  expect(sayDuration(760)).toBe('12:40');
  expect(sayDuration(3725)).toBe('1:02:05');
});
