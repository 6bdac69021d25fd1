import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyWrapper } from '#lib/kernel/ports.ts';
import { createLocalKeyWrapper } from '../../server/adapters/key-wrapper-local.ts';
import { createVaultKeyWrapper } from '../../server/adapters/key-wrapper-vault.ts';
import { MasterKeyError } from '../../server/keys/master-key-error.ts';
import { startTransit, type Transit } from '../support/transit.ts';

let transit: Transit;
beforeAll(async () => {
  transit = await startTransit();
});
afterAll(() => transit.close());

const vault = (key: string, token = transit.token) =>
  createVaultKeyWrapper({ address: transit.address, token, mount: 'transit', key, namespace: null });
function inVault(): KeyWrapper {
  const key = `consilium-${randomBytes(4).toString('hex')}`;
  transit.makeKey(key, { derived: true });
  return vault(key);
}
function inAFile(): KeyWrapper {
  const keys = [randomBytes(32)];
  return createLocalKeyWrapper({
    kind: 'file',
    load: async () => keys,
    renew: async () => void keys.push(randomBytes(32))
  });
}

const kinds: [string, () => KeyWrapper][] = [
  ['with the master key here', inAFile],
  ['with the master key in Vault', inVault]
];

describe.each(kinds)('key wrapper %s', (_, make) => {
  test('a key comes back as it was wrapped, and shows in nothing of it', async () => {
    const wrapper = make();
    const key = randomBytes(32);
    const wrapped = await wrapper.wrap(key, 'clinic one');
    expect(wrapped.wrappedBy).toBe(await wrapper.current());
    expect(wrapped.wrapped).not.toContain(key.toString('base64url'));
    expect(await wrapper.unwrap(wrapped, 'clinic one')).toEqual(key);
  });

  test('another context, a changed text or another master key is refused', async () => {
    const wrapper = make();
    const wrapped = await wrapper.wrap(randomBytes(32), 'clinic one');
    await expect(wrapper.unwrap(wrapped, 'clinic two')).rejects.toThrow(MasterKeyError);
    const text = wrapped.wrapped;
    const changed = `${text.slice(0, 20)}${text[20] === 'A' ? 'B' : 'A'}${text.slice(21)}`;
    await expect(wrapper.unwrap({ ...wrapped, wrapped: changed }, 'clinic one')).rejects.toThrow(
      MasterKeyError
    );
    await expect(make().unwrap(wrapped, 'clinic one')).rejects.toThrow(MasterKeyError);
  });

  test('after a renewal the old text still opens, and is brought under the new key', async () => {
    const wrapper = make();
    const key = randomBytes(32);
    const before = await wrapper.wrap(key, 'clinic one');
    const name = await wrapper.renew?.();
    expect(name).not.toBe(before.wrappedBy);
    expect(await wrapper.unwrap(before, 'clinic one')).toEqual(key);
    const after = await wrapper.rewrap(before, 'clinic one');
    expect(after.wrappedBy).toBe(name);
    expect(await wrapper.unwrap(after, 'clinic one')).toEqual(key);
  });
});

describe('Vault', () => {
  test('is asked to rewrap: the key itself does not leave it for that', async () => {
    const wrapper = inVault();
    const wrapped = await wrapper.wrap(randomBytes(32), 'clinic one');
    transit.asked.length = 0;
    await wrapper.rewrap(wrapped, 'clinic one');
    expect(transit.asked).toEqual([expect.stringMatching(/^POST \/v1\/transit\/rewrap\//)]);
  });

  test('each way it can refuse is one sentence', async () => {
    const wrapper = inVault();
    await expect(vault('unknown').wrap(randomBytes(32), 'x')).rejects.toThrow(/no key transit\/unknown/);
    await expect(vault('unknown', 'wrong').current()).rejects.toThrow(/refuses the token/);
    transit.makeKey('flat', { derived: false });
    await expect(vault('flat').wrap(randomBytes(32), 'x')).rejects.toThrow(/derived=true/);
    transit.seal(true);
    await expect(wrapper.current()).rejects.toThrow(/sealed/);
    transit.seal(false);
    const nobody = createVaultKeyWrapper({
      address: 'http://127.0.0.1:9',
      token: 't',
      mount: 'transit',
      key: 'k',
      namespace: null
    });
    await expect(nobody.current()).rejects.toThrow(/does not answer/);
  });
});
