import { createHmac } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { isSignedWith, readClaims, Revoked } from './revoked.ts';

const at = (seconds: number) => new Date(seconds * 1_000);
const claims = (issuedAt: number, identity = 'm:1') => ({ room: 'r', identity, issuedAt });

describe('Revoked', () => {
  it('[SFU-7] refuses what was made before the removal and lets in what came after', () => {
    const revoked = new Revoked();
    expect(revoked.refuses(claims(100), at(100))).toBe(false);
    revoked.add('r', 'm:1', at(100.4));
    expect(revoked.refuses(claims(99), at(101))).toBe(true);
    expect(revoked.refuses(claims(100), at(101))).toBe(true);
    expect(revoked.refuses(claims(101), at(101))).toBe(false);
    expect(revoked.refuses(claims(99, 'm:2'), at(101))).toBe(false);
  });

  it('[SFU-7] a closed room refuses everybody', () => {
    const revoked = new Revoked();
    revoked.add('r', null, at(100));
    expect(revoked.refuses(claims(100, 'm:2'), at(101))).toBe(true);
    expect(revoked.refuses({ ...claims(100), room: 'other' }, at(101))).toBe(false);
  });

  it('[SFU-7] forgets once no old token can be left', () => {
    const revoked = new Revoked();
    revoked.add('r', 'm:1', at(0));
    expect(revoked.refuses(claims(0), at(10 * 60))).toBe(true);
    expect(revoked.refuses(claims(0), at(12 * 60))).toBe(false);
  });
});

describe('readClaims', () => {
  const token = (payload: unknown) => `x.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.y`;

  it('[SFU-4] reads room, identity and the later of the two times', () => {
    expect(readClaims(token({ sub: 'm:1', nbf: 5, iat: 7, video: { room: 'r' } }))).toEqual({
      room: 'r',
      identity: 'm:1',
      issuedAt: 7
    });
  });

  it.each([
    '',
    'x',
    'x.y.z',
    token(null),
    token({ sub: 1, video: { room: 'r' } }),
    token({ sub: 'a' }),
    token([])
  ])('[SFU-4] takes %j for no token', (text) => expect(readClaims(text)).toBeNull());
});

describe('isSignedWith', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = (secret: string, head: object = { alg: 'HS256' }) => {
    const text = `${part(head)}.${part({ sub: 'm:1', video: { room: 'r' } })}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  it('[SFU-4] knows its own signature, and takes no other, none, or a changed token', () => {
    const own = signed('secret');
    expect(isSignedWith('secret', own)).toBe(true);
    expect(isSignedWith('secret', signed('other'))).toBe(false);
    const [head, , mac] = own.split('.');
    expect(isSignedWith('secret', `${head}.${part({ sub: 'm:2', video: { room: 'r' } })}.${mac}`)).toBe(
      false
    );
    for (const bad of ['', 'a', 'a.b', 'a.b.', `${head}..${mac}`, own.slice(0, -2)])
      expect(isSignedWith('secret', bad)).toBe(false);
    expect(isSignedWith('secret', `${part({ alg: 'none' })}.${own.split('.')[1]}.`)).toBe(false);
  });
});

test('[SFU-7] who is let in again at once gets a token that counts, whenever in a second they were shown out', async () => {
  const letIn = Array.from({ length: 40 }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 7));
    const revoked = new Revoked();
    const now = new Date();
    revoked.add('r', 'm:1', now);
    await revoked.untilReadmittable('r', 'm:1', now);
    return revoked.refuses(claims(Math.floor(Date.now() / 1_000)), new Date());
  });
  expect(new Set(await Promise.all(letIn))).toEqual(new Set([false]));
});
