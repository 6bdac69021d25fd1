import { expect, test } from 'vitest';
import { Limiter } from './limiter.ts';

test('so many within so long, each for themselves; refused tries do not count', () => {
  const limiter = new Limiter({ most: 2, withinMs: 1_000 });
  const at = (ms: number) => new Date(ms);
  expect([0, 400, 500, 900].map((ms) => limiter.take('a', at(ms)))).toEqual([true, true, false, false]);
  expect(limiter.take('b', at(900))).toBe(true);
  expect(limiter.take('a', at(1_100))).toBe(true);
  expect(limiter.take('a', at(1_200))).toBe(false);
});
