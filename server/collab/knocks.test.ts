import { expect, test } from 'vitest';
import { Knocks, networkOf } from './knocks.ts';

const limits = { knocksASecond: 5, waitingAnAddress: 3, waiting: 4 };

test('[CO-20] one address asks so often; another is not held back by it', () => {
  const knocks = new Knocks(limits);
  const ask = (address: string, at: number) => {
    const settled = knocks.admit(address, at);
    settled?.();
    return settled !== null;
  };
  for (let i = 0; i < 20; i++) expect(ask('192.0.2.1', 0)).toBe(true);
  expect(ask('192.0.2.1', 0)).toBe(false);
  expect(ask('192.0.2.2', 0)).toBe(true);
  // Being refused does not prolong it.
  for (let i = 0; i < 100; i++) ask('192.0.2.1', 1);
  expect(ask('192.0.2.1', 250)).toBe(true);
});

test('[CO-20] so many wait for their right, of one address and of all; being told twice counts once', () => {
  const knocks = new Knocks(limits);
  const waiting = [1, 2, 3].map(() => knocks.admit('192.0.2.1', 0));
  expect(knocks.admit('192.0.2.1', 0)).toBeNull();
  expect(knocks.admit('192.0.2.2', 0)).not.toBeNull();
  expect(knocks.admit('192.0.2.3', 0)).toBeNull();
  waiting[0]!();
  waiting[0]!();
  expect(knocks.waiting).toBe(3);
  expect(knocks.admit('192.0.2.3', 0)).not.toBeNull();
  expect(knocks.admit('192.0.2.4', 0)).toBeNull();
});

test('[CO-20] addresses are forgotten, so that many of them do not fill the memory', () => {
  const knocks = new Knocks(limits);
  for (let i = 0; i < 1_000; i++) knocks.admit(`10.0.${i >> 8}.${i & 255}`, i * 100)?.();
  expect(knocks.remembered).toBeLessThan(300);
});

test('[CO-20] an address is a network: the /64 of IPv6, IPv4 also where it is written as IPv6', () => {
  expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2');
  expect(networkOf('2001:db8:1:2::1')).toBe('2001:db8:1:2');
  expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0');
  expect(networkOf('::1')).toBe('0:0:0:0');
});
