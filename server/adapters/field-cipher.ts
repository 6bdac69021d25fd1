import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import type { FieldCipher, FieldPlace, Sealed } from '#lib/kernel/ports.ts';
import type { DataKey, KeyRing } from '../keys/ring.ts';
import { sealedFormat } from '../keys/sealed-form.ts';

/*
 * A sealed value, as text:  cf1.<data key's id>.<base64url of iv 12 · ciphertext · tag 16>
 * AES-256-GCM; what is authenticated with it names format, key, organisation, table, column and row, so that a
 * value moved anywhere else, or back from an older key, does not open.
 */
const ivBytes = 12;
const tagBytes = 16;
const form = /^cf1\.([0-9a-f-]{36})\.([A-Za-z0-9_-]{38,})$/;

/** Somebody or something changed or moved a stored value. Told once for each refusal. */
export interface RefusedValue extends FieldPlace {
  reason: 'form' | 'key' | 'content';
}

export function createFieldCipher({
  keys,
  onRefused
}: {
  keys: KeyRing;
  /** Log and audit; awaited, its own failure does not hide the refusal. */
  onRefused: (refused: RefusedValue) => Promise<void>;
}): FieldCipher {
  return {
    async seal(place, plain) {
      const { current } = await keys.keysOf(place.organisationId);
      return sealWith(current, place, plain);
    },
    async open(place, value) {
      const refuse = async (reason: RefusedValue['reason'], cause?: unknown) => {
        await onRefused({ ...place, reason });
        return fail('sealed_value_refused', { column: place.column }, cause);
      };
      const [, keyId, body] = form.exec(value.sealed) ?? [];
      if (!keyId || !body) throw await refuse('form');
      const key = await keys.find(place.organisationId, keyId);
      if (!key) throw await refuse('key');
      try {
        return openWith(key, place, Buffer.from(body, 'base64url'));
      } catch (error) {
        throw asAppError(error) ?? (await refuse('content', error));
      }
    },
    async index(place, plain) {
      const { current, all } = await keys.keysOf(place.organisationId);
      const others = all.filter((key) => key.id !== current.id);
      return [indexWith(current, place, plain), ...others.map((key) => indexWith(key, place, plain))];
    }
  };
}

function sealWith(key: DataKey, place: FieldPlace, plain: string): Sealed {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key.columns, iv);
  cipher.setAAD(boundTo(key, place));
  const body = Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { sealed: `${sealedFormat}.${key.id}.${body.toString('base64url')}` };
}

function openWith(key: DataKey, place: FieldPlace, body: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key.columns, body.subarray(0, ivBytes), {
    authTagLength: tagBytes
  });
  decipher.setAAD(boundTo(key, place));
  decipher.setAuthTag(body.subarray(body.length - tagBytes));
  const plain = decipher.update(body.subarray(ivBytes, body.length - tagBytes));
  // GCM leaves nothing to the end but the verdict.
  decipher.final();
  return plain.toString('utf8');
}

function boundTo(key: DataKey, { organisationId, table, column, rowId }: FieldPlace): Buffer {
  return Buffer.from(JSON.stringify([sealedFormat, key.id, organisationId, table, column, rowId]));
}

function indexWith(
  key: DataKey,
  { organisationId, table, column }: Omit<FieldPlace, 'rowId'>,
  plain: string
): string {
  return createHmac('sha256', key.index)
    .update(JSON.stringify([organisationId, table, column, plain]))
    .digest('base64url');
}
