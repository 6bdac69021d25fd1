import { expect, test } from 'vitest';
import { struggles } from './struggle.ts';

test('[CALL-35] a page struggles when it was busy for fifteen seconds on end, not for one bad moment', () => {
  expect(struggles([5_000, 5_000])).toBe(false);
  expect(struggles([2_100, 2_100, 2_100])).toBe(true);
  expect(struggles([5_000, 100, 5_000])).toBe(false);
  expect(struggles([0, 0, 2_100, 2_100, 2_100])).toBe(true);
});
