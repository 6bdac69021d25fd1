import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { KeyRing } from '../keys/ring.ts';

/*
 * What stands before a stored file's chunks: the file's own key, sealed together with the organisation's id and
 * the nonces' prefix.
 *
 *   "CFS2" · data key's id 16 · iv 12 · sealed key 32 · tag 16 · nonce prefix 7     under the organisation's data key
 *   "CFS1" · iv 12 · sealed key 32 · tag 16 · nonce prefix 7                        under the master key (older files)
 */
const magic1 = Buffer.from('CFS1');
const magic2 = Buffer.from('CFS2');
const tagBytes = 16;
const prefixBytes = 7;
const bytes1 = 4 + 12 + 32 + tagBytes + prefixBytes;
const bytes2 = bytes1 + 16;

export interface FileHeader {
  /** Where the first chunk begins. */
  length: number;
  key: Buffer;
  prefix: Buffer;
  /** Null: sealed under the master key itself. */
  keyId: string | null;
}

export interface HeaderKeys {
  /** Older files are sealed under one of these. */
  masterKeys: readonly Buffer[];
  /** Null: write as older versions did, under the last master key. */
  ring: KeyRing | null;
}

/** A fresh header: a key and a prefix nobody has used. */
export const newFileKey = (): Pick<FileHeader, 'key' | 'prefix'> => ({
  key: randomBytes(32),
  prefix: randomBytes(prefixBytes)
});

export async function makeHeader(
  { masterKeys, ring }: HeaderKeys,
  organisationId: string,
  { key, prefix }: Pick<FileHeader, 'key' | 'prefix'>
): Promise<Buffer> {
  if (ring) {
    const { current } = await ring.keysOf(organisationId);
    const head = Buffer.concat([magic2, idBytes(current.id)]);
    return Buffer.concat([head, sealKey(current.files, head, organisationId, key, prefix), prefix]);
  }
  const masterKey = masterKeys.at(-1);
  if (!masterKey) throw new Error('no master key');
  return Buffer.concat([magic1, sealKey(masterKey, magic1, organisationId, key, prefix), prefix]);
}

/** @throws Error `stored file damaged` where the header was changed, moved, or its key is not here */
export async function readHeader(
  handle: FileHandle,
  { masterKeys, ring }: HeaderKeys,
  organisationId: string
): Promise<FileHeader> {
  const start = Buffer.alloc(bytes2);
  const { bytesRead } = await handle.read(start, 0, bytes2, 0);
  const magic = start.subarray(0, 4);
  if (magic.equals(magic2) && bytesRead === bytes2) {
    const keyId = idText(start.subarray(4, 20));
    const found = ring ? await ring.find(organisationId, keyId) : null;
    if (!found) throw damaged('key');
    const prefix = start.subarray(bytes2 - prefixBytes);
    const key = openKey([found.files], start.subarray(0, 20), organisationId, start.subarray(20, 80), prefix);
    return { length: bytes2, key, prefix, keyId };
  }
  if (!magic.equals(magic1) || bytesRead < bytes1) throw damaged('header');
  const prefix = start.subarray(bytes1 - prefixBytes, bytes1);
  const key = openKey(masterKeys, magic1, organisationId, start.subarray(4, 64), prefix);
  return { length: bytes1, key, prefix, keyId: null };
}

export function damaged(part: string, cause?: unknown): Error {
  return new Error(`stored file damaged: ${part}`, { cause });
}

function sealKey(
  under: Buffer | KeyObject,
  head: Buffer,
  organisationId: string,
  key: Buffer,
  prefix: Buffer
): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', under, iv);
  cipher.setAAD(Buffer.concat([head, Buffer.from(organisationId), prefix]));
  return Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function openKey(
  candidates: readonly (Buffer | KeyObject)[],
  head: Buffer,
  organisationId: string,
  sealed: Buffer,
  prefix: Buffer
): Buffer {
  let cause: unknown;
  for (const under of candidates) {
    try {
      const decipher = createDecipheriv('aes-256-gcm', under, sealed.subarray(0, 12), {
        authTagLength: tagBytes
      });
      decipher.setAAD(Buffer.concat([head, Buffer.from(organisationId), prefix]));
      decipher.setAuthTag(sealed.subarray(44));
      return Buffer.concat([decipher.update(sealed.subarray(12, 44)), decipher.final()]);
    } catch (error) {
      cause = error;
    }
  }
  throw damaged('key', cause);
}

const idBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');
const idText = (bytes: Buffer) =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
