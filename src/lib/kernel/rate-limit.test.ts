import { expect, test } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

test('lets the limit through, then refuses until the window ends', () => {
  let now = 0;
  const limit = createRateLimit({ clock: { now: () => new Date(now) }, limit: 2, windowMs: 1000 });
  expect([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('b')]).toEqual([
    true,
    true,
    false,
    true
  ]);
  now = 1000;
  expect(limit.take('a')).toBe(true);
});

test('a reset forgives', () => {
  const limit = createRateLimit({ clock: { now: () => new Date(0) }, limit: 1, windowMs: 1000 });
  limit.take('a');
  limit.reset('a');
  expect(limit.take('a')).toBe(true);
});
