import { expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

it('follows the examples of RFC 8785', () => {
  // Section 3.2.2 and 3.2.3, with the strings escaped for this file.
  const value: unknown = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
      '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}'
  );
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
  );
});

it('sorts keys by UTF-16 code units, as RFC 8785 section 3.2.3 shows', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const sorted = Object.keys(
    JSON.parse(canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))) as Record<string, number>
  );
  expect(new Set(sorted)).toEqual(new Set(keys));
  expect(canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))).toBe(
    '{"\\r":0,"1":0,"\u0080":0,"ö":0,"€":0,"😀":0,"\ufb33":0}'
  );
});
