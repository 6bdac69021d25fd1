import { expect, test } from 'vitest';
import { clinicsWithin } from './reach.ts';

test('[TE-5] what a membership sees: its own clinic, all, or the chosen ones with its own', () => {
  const sees = (reach: 'own' | 'all' | 'chosen', clinicId: string | null, clinicIds: string[] = []) =>
    clinicsWithin({ reach, clinicId, clinicIds });
  expect(sees('own', 'a')).toEqual(['a']);
  expect(sees('own', null)).toBeNull();
  expect(sees('all', 'a')).toBeNull();
  expect(sees('chosen', 'a', ['b', 'a'])).toEqual(['a', 'b']);
  expect(sees('chosen', null, ['b'])).toEqual(['b']);
  // Nothing chosen is nothing, not everything.
  expect(sees('chosen', null)).toEqual([]);
});
