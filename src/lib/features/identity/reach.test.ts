import { expect, test } from 'vitest';
import type { MemberRole } from '#lib/kernel/actor.ts';
import { clinicsWithin } from './reach.ts';

test('[TE-5] what a membership sees: its own clinic, all, or the chosen ones with its own', () => {
  const sees = (
    reach: 'own' | 'all' | 'chosen',
    clinicId: string | null,
    clinicIds: string[] = [],
    role: MemberRole = 'nurse'
  ) => clinicsWithin({ reach, clinicId, clinicIds, role });
  expect(sees('own', 'a')).toEqual(['a']);
  expect(sees('own', null)).toBeNull();
  expect(sees('all', 'a')).toBeNull();
  expect(sees('chosen', 'a', ['b', 'a'])).toEqual(['a', 'b']);
  expect(sees('chosen', null, ['b'])).toEqual(['b']);
  // An owner of a chain works somewhere and sees all of it, unless narrowed.
  expect(sees('own', 'a', [], 'owner')).toBeNull();
  expect(sees('chosen', 'a', [], 'owner')).toEqual(['a']);
  // Nothing chosen is nothing, not everything.
  expect(sees('chosen', null)).toEqual([]);
});
