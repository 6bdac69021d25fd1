import { expect, it } from 'vitest';
import { nextOf, safePath } from './cookies.server.ts';

it.each([
  ['/patients?new=1#top', '/patients?new=1#top'],
  ['/', '/'],
  [null, '/'],
  ['', '/'],
  ['https://evil.example', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/a\\..\\evil', '/'],
  ['/\t/evil.example', '/'],
  ['/\n/evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['patients', '/']
])('[ID-5] %j leads to %s', (given, expected) => {
  expect(safePath(given)).toBe(expected);
  if (given !== null)
    expect(nextOf(new URL(`https://a.example/sign-in?next=${encodeURIComponent(given)}`))).toBe(expected);
});
