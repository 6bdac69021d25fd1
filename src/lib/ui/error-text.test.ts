import { expect, it } from 'vitest';
import { errorCodes } from '#lib/kernel/errors.ts';
import { errorText, errorTextOf } from './error-text.ts';

it.each(errorCodes)('has words for %s', (code) => {
  expect(errorText(code).length).toBeGreaterThan(5);
  expect(errorText(code)).not.toContain('undefined');
});

it('never shows a code it does not know, nor a raw message', () => {
  expect(errorText('ECONNREFUSED 10.0.0.3')).toBe(errorText('internal'));
  expect(errorTextOf(new Error('relation "patient" does not exist'))).toBe(errorText('internal'));
  expect(errorTextOf(new TypeError('Failed to fetch'))).toBe(errorText('unreachable'));
  expect(errorTextOf({ code: 'slot_taken' })).toBe(errorText('slot_taken'));
  expect(errorText(null)).toBeNull();
});

it('speaks the language it is asked for', () => {
  expect(errorText('internal', 'en')).toMatch(/^[\x20-\x7e’]+$/);
  expect(errorText('internal', 'zh-CN')).toMatch(/\p{Script=Han}/u);
});
