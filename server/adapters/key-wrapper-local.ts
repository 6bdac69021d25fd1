import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { KeyWrapper, WrappedKey } from '#lib/kernel/ports.ts';
import { MasterKeyError } from '../keys/master-key-error.ts';

/** A name for a master key that says nothing of it. */
export function masterKeyName(key: Buffer): string {
  return `local:${createHmac('sha256', key).update('consilium master key name').digest('hex').slice(0, 16)}`;
}

/**
 * Master keys of 32 bytes this process holds itself, from a file or the environment; the last one wraps.
 * Wrapped: base64url of iv 12 · AES-256-GCM ciphertext · tag 16.
 */
export function createLocalKeyWrapper(options: {
  kind: 'file' | 'environment';
  /** Oldest first. Asked again where a name is not known: another process may have added a key. */
  load: () => Promise<readonly Buffer[]>;
  renew: (() => Promise<void>) | null;
}): KeyWrapper {
  const { kind, load, renew } = options;
  const place = kind === 'file' ? 'the file master.key' : 'MASTER_KEY';

  const current = async () => {
    const key = (await load()).at(-1);
    if (!key) throw new MasterKeyError(`There is no master key in ${place}.`);
    return key;
  };
  const wrap = async (secret: Uint8Array, context: string): Promise<WrappedKey> => {
    const key = await current();
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(Buffer.from(context));
    const body = Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    return { wrapped: body.toString('base64url'), wrappedBy: masterKeyName(key) };
  };
  const unwrap = async ({ wrapped, wrappedBy }: WrappedKey, context: string): Promise<Buffer> => {
    const key = (await load()).find((one) => masterKeyName(one) === wrappedBy);
    if (!key)
      throw new MasterKeyError(
        `The data is encrypted under the master key ${wrappedBy}, which is not in ${place}: put that key back from the backup. Nothing was changed.`
      );
    const body = Buffer.from(wrapped, 'base64url');
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, 12), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(body.subarray(-16));
      return Buffer.concat([decipher.update(body.subarray(12, -16)), decipher.final()]);
    } catch (cause) {
      throw new MasterKeyError(
        'A data key does not open under its master key: the row was changed or moved. Nothing was changed.',
        { cause }
      );
    }
  };
  return {
    kind,
    current: async () => masterKeyName(await current()),
    wrap,
    unwrap,
    rewrap: async (wrapped, context) => wrap(await unwrap(wrapped, context), context),
    renew: renew
      ? async () => {
          await renew();
          return masterKeyName(await current());
        }
      : null
  };
}
