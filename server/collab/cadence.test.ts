import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Cadence } from './cadence.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('[CO-11] a lone change goes at once, a flood is gathered', () => {
  const work = vi.fn();
  const cadence = new Cadence(50, work);
  for (let ms = 0; ms < 200; ms++) {
    cadence.request();
    vi.advanceTimersByTime(1);
  }
  expect(work.mock.calls.length).toBeGreaterThan(2);
  expect(work.mock.calls.length).toBeLessThan(6);
  vi.advanceTimersByTime(1_000);
  const before = work.mock.calls.length;
  cadence.request();
  vi.advanceTimersByTime(1);
  expect(work).toHaveBeenCalledTimes(before + 1);
});

test('[CO-5] what a few people draw goes at once each, what many draw is gathered', () => {
  const runs = (members: number, everyMs: number): number => {
    const work = vi.fn();
    const cadence = new Cadence(16, work, { perSecond: 1_000, cost: () => members });
    for (let ms = 0; ms < 2_000; ms += everyMs) {
      cadence.request();
      vi.advanceTimersByTime(everyMs);
    }
    return work.mock.calls.length;
  };
  expect(runs(3, 10)).toBe(200);
  // Thirty people, a change each millisecond: 62 ticks a second, and what the allowance adds.
  expect(runs(30, 1)).toBeLessThan(200);
  expect(runs(30, 1)).toBeGreaterThan(100);
});

test('stopped, it does not run what was asked for', () => {
  const work = vi.fn();
  const cadence = new Cadence(16, work);
  cadence.request();
  cadence.stop();
  vi.advanceTimersByTime(100);
  expect(work).not.toHaveBeenCalled();
});
