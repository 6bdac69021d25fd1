import { expect, it } from 'vitest';
import { isFresh } from './step-up.ts';

const now = new Date('2026-03-02T08:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);

it.each([
  [null, false],
  [ago(0), true],
  [ago(299_999), true],
  [ago(300_000), false],
  [ago(-1), false]
])('[ID-7] shown at %s counts: %s', (at, expected) => expect(isFresh(at, now)).toBe(expected));
