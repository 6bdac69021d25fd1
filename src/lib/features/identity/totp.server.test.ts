import { expect, it } from 'vitest';
import { newTotpSecret, totpAt, totpStep, totpUri } from './totp.server.ts';

// RFC 6238 appendix B, secret "12345678901234567890", the last six of its eight digits.
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

it.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130']
])('[ID-11] the code at %i s is the RFC’s', (seconds, code) => {
  expect(totpAt(secret, Math.floor(seconds / 30))).toBe(code);
  expect(totpStep(secret, code, new Date(seconds * 1000))).toBe(Math.floor(seconds / 30));
});

it('[ID-11] a code holds one step around its own and no longer', () => {
  const at = (step: number) => new Date(step * 30_000);
  const code = totpAt(secret, 1000);
  expect(totpStep(secret, code, at(1001))).toBe(1000);
  expect(totpStep(secret, code, at(999))).toBe(1000);
  expect(totpStep(secret, code, at(1002))).toBeNull();
  expect(totpStep(secret, 'abc', at(1000))).toBeNull();
});

it('[ID-11] secrets are 160 bits and go into the address an app reads', () => {
  const made = newTotpSecret();
  expect(made).toMatch(/^[A-Z2-7]{32}$/);
  expect(newTotpSecret()).not.toBe(made);
  expect(totpUri({ secret, account: 'li@x.cn', issuer: '会诊室' })).toBe(
    `otpauth://totp/%E4%BC%9A%E8%AF%8A%E5%AE%A4:li%40x.cn?secret=${secret}&issuer=%E4%BC%9A%E8%AF%8A%E5%AE%A4&digits=6&period=30`
  );
});
