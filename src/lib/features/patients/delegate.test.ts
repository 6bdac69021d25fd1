import { expect, test } from 'vitest';
import { ageOn, speaksFor, type Relation } from './delegate.ts';

const now = new Date('2026-11-22T00:00:00Z');

test.each([
  ['2008-11-22', 18],
  ['2008-11-23', 17],
  ['2026-11-22', 0],
  ['1950-01-02', 76]
])('[PA-10] born %s is %i', (birth, age) => {
  expect(ageOn(birth, now)).toBe(age);
});

test.each<[Relation, string, boolean]>([
  ['guardian', '1950-01-02', true],
  ['guardian', '2020-01-02', true],
  ['parent', '2020-01-02', true],
  ['parent', '2008-11-23', true],
  ['parent', '2008-11-22', false],
  ['daughter', '1950-01-02', false],
  ['spouse', '1950-01-02', false],
  ['carer', '2020-01-02', false],
  ['interpreter', '2020-01-02', false],
  ['other', '2020-01-02', false]
])('[PA-10] %s of one born %s speaks for them: %s', (relation, birth, speaks) => {
  expect(speaksFor(relation, birth, now)).toBe(speaks);
});
