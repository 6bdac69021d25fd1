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

test('[CO-5] the pause may follow what a run costs: dear ones are gathered, cheap ones go at once', () => {
  const runs = (costMs: number): number => {
    const work = vi.fn();
    const cadence = new Cadence(() => Math.min(16, 2 * costMs), work);
    for (let ms = 0; ms < 2_000; ms++) {
      cadence.request();
      vi.advanceTimersByTime(1);
    }
    return work.mock.calls.length;
  };
  expect(runs(0.2)).toBeGreaterThan(900);
  expect(runs(4)).toBeLessThan(260);
  expect(runs(100)).toBeGreaterThan(110);
});

test('stopped, it does not run what was asked for', () => {
  const work = vi.fn();
  const cadence = new Cadence(16, work);
  cadence.request();
  cadence.stop();
  vi.advanceTimersByTime(100);
  expect(work).not.toHaveBeenCalled();
});
