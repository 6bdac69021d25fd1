import { expect, it } from 'vitest';
import { isFromElsewhere } from './origin.ts';

const own = 'https://consult.example.org';
it.each([
  ['POST', { origin: own }, false],
  ['POST', { origin: 'https://evil.example' }, true],
  ['POST', { origin: 'http://consult.example.org' }, true],
  ['POST', { origin: 'https://consult.example.org.evil.example' }, true],
  ['POST', { origin: 'null' }, true],
  ['DELETE', { 'sec-fetch-site': 'cross-site' }, true],
  ['PUT', { 'sec-fetch-site': 'same-site' }, true],
  ['PATCH', { 'sec-fetch-site': 'same-origin' }, false],
  ['POST', {}, false],
  ['GET', { origin: 'https://evil.example' }, false]
])('[ID-8] %s with %j is from elsewhere: %s', (method, headers, expected) =>
  expect(isFromElsewhere({ method, headers: new Headers(headers as Record<string, string>) }, own)).toBe(
    expected
  )
);
