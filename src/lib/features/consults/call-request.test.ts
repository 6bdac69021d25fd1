import { expect, test } from 'vitest';
import { telHref } from './call-request.ts';

test.each([
  ['13800001234', 'tel:13800001234'],
  ['+86 138-0000-1234', 'tel:+8613800001234'],
  ['(010) 6552.1234', 'tel:01065521234'],
  ['', null],
  ['12', null],
  ['138;ext=1', null],
  ['javascript:alert(1)', null]
])('[CN-37] what is dialled for %j is %s', (phone, href) => {
  expect(telHref(phone)).toBe(href);
});
