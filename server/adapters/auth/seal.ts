import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Secrets } from '#lib/kernel/ports.ts';
import { fail } from '#lib/kernel/errors.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** Small secrets at rest (AES-256-GCM), and keyed hashes of links and codes. Keys derived from the master key. */
export function createSecrets(masterKey: Buffer): Secrets {
  const derived = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', masterKey, '', `sign-in ${purpose}`, 32));
  const sealing = derived('seal');
  const hashing = derived('digest');
  return {
    seal(text, context) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `v1.${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')}`;
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed.replace(/^v1\./, ''), 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, nonceBytes))
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(-tagBytes));
      try {
        const body = bytes.subarray(nonceBytes, -tagBytes);
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw fail('internal', {}, cause);
      }
    },
    digest: (text, purpose) => createHmac('sha256', hashing).update(`${purpose}\n${text}`).digest('hex'),
    token: () => randomBytes(32).toString('base64url')
  };
}
