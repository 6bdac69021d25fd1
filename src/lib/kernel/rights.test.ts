import { expect, test } from 'vitest';
import { memberRoles } from './actor.ts';
import { holds, right } from './rights.ts';

const write = right('note:write', {
  usual: ['dentist', 'owner'],
  most: ['dentist', 'owner', 'nurse'],
  least: ['dentist']
});
const who = (rights?: Record<string, boolean>) =>
  memberRoles.filter((role) => holds({ role, ...(rights ? { rights } : {}) }, write));

test('[ID-36] as built in, given up to the ceiling, taken down to the floor', () => {
  expect(who()).toEqual(['owner', 'dentist']);
  expect(who({})).toEqual(['owner', 'dentist']);
  expect(who({ 'note:write': true })).toEqual(['owner', 'dentist', 'nurse']);
  expect(who({ 'note:write': false })).toEqual(['dentist']);
  expect(who({ 'other:right': false })).toEqual(['owner', 'dentist']);
});

test('[ID-36] left out: the ceiling is what is usual, the floor is nobody', () => {
  const sign = right('opinion:sign', { usual: ['expert'] });
  for (const role of memberRoles) {
    expect(holds({ role, rights: { 'opinion:sign': true } }, sign)).toBe(role === 'expert');
    expect(holds({ role, rights: { 'opinion:sign': false } }, sign)).toBe(false);
  }
});
