import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { captionsTopic, type CaptionLine, type CaptionMessage } from '../../captions.ts';
import type { CallEncryption } from '../../encryption.ts';
import { lineOf } from './open-line.ts';

const line: CaptionLine = {
  ...{ id: '1', identity: 'm:1', name: '李明', text: '左上' },
  at: '2026-11-23T09:00:00.000Z'
};
const key = randomBytes(32).toString('base64url');
const told = (over: Partial<CallEncryption>): CallEncryption => ({
  ...{ on: true, why: 'visit', name: null, epoch: 3, key },
  ...over
});
const bytes = (message: unknown) => new TextEncoder().encode(JSON.stringify(message));
const plain: CaptionMessage = { kind: 'plain', line };

function sealed(epoch = 3): CaptionMessage {
  const iv = randomBytes(12);
  const secret = Buffer.from(hkdfSync('sha256', Buffer.from(key, 'base64url'), '', captionsTopic, 32));
  const cipher = createCipheriv('aes-256-gcm', secret, iv);
  const text = Buffer.concat([cipher.update(JSON.stringify(line)), cipher.final(), cipher.getAuthTag()]);
  return { kind: 'sealed', epoch, iv: iv.toString('base64url'), sealed: text.toString('base64url') };
}

test('[CN-26] in an encrypted call a line in the clear is nobody’s', async () => {
  expect(await lineOf(bytes(plain), told({}))).toBeNull();
  expect(await lineOf(bytes(plain), told({ key: null }))).toBeNull();
  // Not known yet: it may be one.
  expect(await lineOf(bytes(plain), null)).toBeNull();
  expect(await lineOf(bytes(plain), told({ on: false, why: 'staff', key: null }))).toEqual(line);
});

test('[CN-26] a sealed line opens under the key it was sealed with, and no other', async () => {
  expect(await lineOf(bytes(sealed()), told({}))).toEqual(line);
  expect(await lineOf(bytes(sealed()), told({ epoch: 4 }))).toBeNull();
  expect(await lineOf(bytes(sealed()), told({ key: randomBytes(32).toString('base64url') }))).toBeNull();
  expect(await lineOf(new Uint8Array([1, 2]), told({}))).toBeNull();
});
