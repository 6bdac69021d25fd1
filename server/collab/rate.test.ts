import { expect, test } from 'vitest';
import { Rate } from './rate.ts';

test('[CO-13] takes a burst of four seconds, then the rate; waiting pays the debt', () => {
  const rate = new Rate(10, 0);
  expect(rate.take(40, 0)).toBe(0);
  expect(rate.take(5, 0)).toBe(500);
  expect(rate.take(0, 500)).toBe(0);
  expect(rate.take(10, 1500)).toBe(0);
  expect(rate.take(1, 1500)).toBe(100);
  expect(rate.take(41, 1_000_000)).toBe(100);
});
