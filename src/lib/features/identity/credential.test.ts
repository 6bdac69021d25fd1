import { describe, expect, test } from 'vitest';
import { credentialState, dayIn, reminderDue, seatRefusal } from './credential.ts';

describe('[ID-20] an expert’s seat needs a credential of the specialty', () => {
  const today = '2026-11-22';
  const of = (specialty: string, validUntil: string) => ({ specialty, validUntil });
  test.each([
    ['none', [], 'credential_missing'],
    ['of another specialty', [of('orthodontics', '2030-01-01')], 'credential_missing'],
    ['over since yesterday', [of('endodontics', '2026-11-21')], 'credential_expired'],
    ['ends today', [of('endodontics', '2026-11-22')], null],
    ['an old one and a new one', [of('endodontics', '2020-01-01'), of('endodontics', '2030-01-01')], null]
  ])('%s', (_, credentials, refusal) => {
    expect(seatRefusal(credentials, { specialty: 'endodontics', today })).toBe(refusal);
  });

  test('the day is the clinic’s, not the server’s', () => {
    const now = new Date('2026-11-22T17:00:00Z');
    expect(dayIn('Asia/Shanghai', now)).toBe('2026-11-23');
    expect(dayIn('UTC', now)).toBe('2026-11-22');
  });

  test('it is ending for sixty days', () => {
    expect(credentialState({ validUntil: '2027-01-21' }, today)).toBe('ending');
    expect(credentialState({ validUntil: '2027-01-22' }, today)).toBe('valid');
  });
});

describe('[ID-22] reminders', () => {
  test.each([
    ['2027-06-01', null, null],
    ['2027-01-21', null, 60],
    ['2027-01-21', 60, null],
    ['2026-12-20', 60, 30],
    ['2026-11-29', 30, 7],
    ['2026-11-29', 7, null],
    ['2026-11-21', 7, 0],
    ['2026-11-21', 0, null],
    // Entered late: one reminder, the nearest.
    ['2026-11-23', null, 7]
  ])('until %s, told at %s: %s', (validUntil, remindedDays, due) => {
    expect(reminderDue({ validUntil, remindedDays }, '2026-11-22')).toBe(due);
  });
});
