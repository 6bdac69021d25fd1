import { expect, it } from 'vitest';
import { isNationalId, normalNationalId, normalPhone } from './contact.ts';

it.each([
  ['138 0000-1234', '13800001234'],
  ['+86 13800001234', '13800001234'],
  ['008613800001234', '13800001234'],
  ['+33 6 12 34 56 78', '+33612345678'],
  ['0571-8888 0000', '057188880000']
])('[PA-7] the phone %s is compared as %s', (typed, compared) => expect(normalPhone(typed)).toBe(compared));

it('[PA-7] a slip in a national id is seen, other papers are let through', () => {
  // The example of GB 11643-1999.
  expect(isNationalId('11010519491231002X')).toBe(true);
  expect(isNationalId('110105 19491231 002x')).toBe(true);
  expect(isNationalId('110105194912310021')).toBe(false);
  expect(isNationalId('E12345678')).toBe(true);
  expect(isNationalId('<b>')).toBe(false);
  expect(normalNationalId('110105-19491231-002x')).toBe('11010519491231002X');
});
