import { describe, expect, test } from 'vitest';
import { minuteMs } from '#lib/kernel/clock.ts';
import { specialties } from './consult.ts';
import {
  learnTopics,
  mayRing,
  nextRingAfterMs,
  queueOf,
  ringForMs,
  topicsOf,
  type Before
} from './waiting.ts';

const now = new Date('2026-11-22T06:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * minuteMs);
const waiting: Before = { startedAt: null, bookedMinutes: null };
const running = (minutes: number): Before => ({ startedAt: ago(minutes), bookedMinutes: null });
const lasts = [10, 12, 14, 16, 18];
const queue = (before: Before[], more: { lasts?: number[]; slotAt?: Date | null } = {}) =>
  queueOf({ now, slotAt: null, before, lasts, ...more });

describe('[CN-30] place and time', () => {
  test.each([
    ['nobody before: their turn, no time', queue([]), { ahead: 0, wait: null }],
    [
      'one who waits takes as long as the middle half did',
      queue([waiting]),
      { ahead: 1, wait: { from: 10, to: 20 } }
    ],
    ['what has passed is taken off', queue([running(9)]), { ahead: 1, wait: { from: 5, to: 10 } }],
    ['one that has run over ends soon', queue([running(50)]), { ahead: 1, wait: { from: 5, to: 10 } }],
    ['they add up', queue([running(9), waiting]), { ahead: 2, wait: { from: 15, to: 25 } }],
    [
      'an appointment takes what was booked',
      queue([{ startedAt: null, bookedMinutes: 30 }], { lasts: [] }),
      { ahead: 1, wait: { from: 20, to: 40 } }
    ],
    ['too few visits: no time', queue([waiting], { lasts: [10, 12, 14, 16] }), { ahead: 1, wait: null }],
    [
      'one unknown makes the whole unknown',
      queue([{ startedAt: null, bookedMinutes: 30 }, waiting], { lasts: [] }),
      { ahead: 2, wait: null }
    ],
    [
      'over two hours is no time to name',
      queue(Array.from({ length: 8 }, () => waiting)),
      { ahead: 8, wait: null }
    ],
    [
      'not before the agreed time',
      queue([waiting], { slotAt: ago(-28) }),
      { ahead: 1, wait: { from: 25, to: 30 } }
    ]
  ])('[CN-30] %s', (_, got, wanted) => expect(got).toEqual(wanted));
});

test('[CN-33] one is rung at a time: who waits and is not on hold, again after a minute, the next a little sooner', () => {
  const seat = { state: 'waiting', heldAt: null, rungAt: null, rungById: null };
  const rung = (ms: number) => ({ ...seat, rungAt: new Date(now.getTime() - ms), rungById: 'li' });
  expect(mayRing(seat, 'li', now)).toBe(true);
  expect(mayRing({ ...seat, state: 'admitted' }, 'li', now)).toBe(false);
  expect(mayRing({ ...seat, heldAt: ago(1) }, 'li', now)).toBe(false);
  for (const who of ['li', 'boss']) expect(mayRing(rung(1_000), who, now)).toBe(false);
  expect(mayRing(rung(ringForMs - nextRingAfterMs), 'boss', now)).toBe(true);
  expect(mayRing(rung(ringForMs - nextRingAfterMs), 'li', now)).toBe(false);
  expect(mayRing(rung(ringForMs), 'li', now)).toBe(true);
});

test('[CN-36] every specialty has something to read, every text is somebody’s', () => {
  const offered = specialties.flatMap((one) => topicsOf(one));
  for (const specialty of specialties) expect(topicsOf(specialty).length).toBeGreaterThan(0);
  expect(new Set(offered)).toEqual(new Set(learnTopics));
});
