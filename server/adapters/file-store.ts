import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  randomUUID,
  timingSafeEqual
} from 'node:crypto';
import { mkdir, open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import { isId } from '#lib/kernel/ids.ts';
import type { FileStore, StoredFile } from '#lib/kernel/ports.ts';
import type { KeyRing } from '../keys/ring.ts';
import {
  damaged,
  makeHeader,
  newFileKey,
  readHeader,
  type FileHeader,
  type HeaderKeys
} from './file-header.ts';

/*
 * A stored file: a header that carries the file's own key (file-header.ts), then the content in chunks of
 * 64 KiB, each sealed with AES-256-GCM under that key: ciphertext ≤ 64 KiB · tag 16. A chunk's nonce is the
 * file's prefix, the chunk's number and whether it is the last (the STREAM construction, Hoang et al. 2015):
 * chunks cannot be dropped, repeated, reordered or cut off unnoticed.
 */
const chunkBytes = 64 * 1024;
const tagBytes = 16;
/** More than any header has, in bytes. */
const longestHeaderBytes = 512;
/** Left by a process that died while writing; nobody writes one file for a day. */
const staleMs = 24 * 60 * 60 * 1000;

export interface LocalFileStoreOptions {
  folder: string;
  /** 32 bytes. Losing it loses every file. */
  masterKey: Buffer;
  /** Master keys before this one, for files that are still sealed under them. */
  olderMasterKeys?: readonly Buffer[];
  /** The organisations' data keys. Without it files are sealed under the master key itself. */
  keys?: KeyRing;
}

/** Files of the local folder, and their keys' rotation. */
export interface LocalFileStore extends FileStore {
  /**
   * Seal the keys of this organisation's files anew, where that is not under its current data key. The content
   * is not decrypted; a reader keeps what it has open. Can be broken off at any time and run again.
   * @returns how many were looked at and changed
   */
  rewrap(
    organisationId: string,
    options?: { signal?: AbortSignal; onFile?: (seen: number) => void }
  ): Promise<{ seen: number; changed: number }>;
  /** How many files each key still opens; `''` stands for the master key itself. */
  keyUse(organisationId: string): Promise<Map<string, number>>;
}

/**
 * Files in a local folder, `<organisation>/<first two hex digits>/<sha256>`. `put` resolves once the bytes and
 * their name are on the disk (fsync of file and folder): what is acknowledged survives a power cut.
 */
export function createLocalFileStore({
  folder,
  masterKey,
  olderMasterKeys = [],
  keys
}: LocalFileStoreOptions): LocalFileStore {
  if (masterKey.length !== 32) throw new RangeError('the master key must have 32 bytes');
  const incoming = join(folder, 'incoming');
  let ready: Promise<void> | null = null;
  const headerKeys: HeaderKeys = { masterKeys: [...olderMasterKeys, masterKey], ring: keys ?? null };

  const pathOf = (organisationId: string, sha256: string): string => {
    if (!isId(organisationId) || !/^[0-9a-f]{64}$/.test(sha256)) throw fail('not_found');
    return join(folder, organisationId, sha256.slice(0, 2), sha256);
  };

  return {
    async put(organisationId, source, { maxBytes, accept }) {
      await (ready ??= prepare(incoming));
      const temporary = join(incoming, randomUUID());
      let handle: FileHandle | null = null;
      try {
        handle = await open(temporary, 'wx', 0o600);
        const stored = await seal(handle, source, { maxBytes, headerKeys, organisationId });
        await handle.sync();
        await handle.close();
        handle = null;
        await accept?.(stored, () => readBack(temporary, stored, { headerKeys, organisationId }));
        await moveIn(temporary, pathOf(organisationId, stored.sha256), folder);
        return stored;
      } catch (error) {
        await handle?.close();
        await unlink(temporary).catch(ignoreMissing);
        throw spaceError(error);
      }
    },

    async get(organisationId, sha256) {
      const path = pathOf(organisationId, sha256);
      const handle = await open(path, 'r').catch((error: unknown) => {
        throw isCode(error, 'ENOENT') ? fail('not_found') : error;
      });
      try {
        const { size } = await handle.stat();
        const opened = await readHeader(handle, headerKeys, organisationId);
        return unseal(handle, { ...opened, size, sha256 });
      } catch (error) {
        await handle.close();
        throw error;
      }
    },

    async remove(organisationId, sha256) {
      const path = pathOf(organisationId, sha256);
      await forgetKey(path);
      await unlink(path).catch(ignoreMissing);
    },

    async rewrap(organisationId, { signal, onFile } = {}) {
      await (ready ??= prepare(incoming));
      let [seen, changed] = [0, 0];
      for await (const path of pathsOf(folder, organisationId)) {
        signal?.throwIfAborted();
        if (await rewrapFile(path, { folder, incoming, headerKeys, organisationId })) changed++;
        onFile?.(++seen);
      }
      return { seen, changed };
    },

    async keyUse(organisationId) {
      const use = new Map<string, number>();
      for await (const path of pathsOf(folder, organisationId)) {
        const header = await headerOf(path, headerKeys, organisationId);
        if (header) use.set(header.keyId ?? '', (use.get(header.keyId ?? '') ?? 0) + 1);
      }
      return use;
    }
  };
}

/**
 * The file's own key is in its header and nowhere else: written over, what the disk still holds of the content cannot
 * be opened any more, not even with the organisation's key.
 */
async function forgetKey(path: string): Promise<void> {
  const handle = await open(path, 'r+').catch(ignoreMissing);
  if (!handle) return;
  try {
    const { size } = await handle.stat();
    await handle.write(randomBytes(Math.min(size, longestHeaderBytes)), 0, null, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function* pathsOf(folder: string, organisationId: string): AsyncGenerator<string> {
  if (!isId(organisationId)) throw fail('not_found');
  const root = join(folder, organisationId);
  for (const part of (await readdir(root).catch(ignoreMissing)) ?? [])
    for (const name of await readdir(join(root, part)))
      if (/^[0-9a-f]{64}$/.test(name)) yield join(root, part, name);
}

async function headerOf(path: string, keys: HeaderKeys, organisationId: string): Promise<FileHeader | null> {
  const handle = await open(path, 'r').catch(ignoreMissing);
  if (!handle) return null;
  try {
    return await readHeader(handle, keys, organisationId);
  } finally {
    await handle.close();
  }
}

interface Rewrap {
  folder: string;
  incoming: string;
  headerKeys: HeaderKeys;
  organisationId: string;
}

/** A new header before the same chunks, in a new file that takes the old one's name: never half of each. */
async function rewrapFile(path: string, { folder, incoming, headerKeys, organisationId }: Rewrap) {
  const source = await open(path, 'r').catch(ignoreMissing);
  if (!source) return false;
  const temporary = join(incoming, randomUUID());
  try {
    const header = await readHeader(source, headerKeys, organisationId);
    const current = (await headerKeys.ring?.keysOf(organisationId))?.current.id ?? null;
    if (header.keyId === current) return false;
    const target = await open(temporary, 'wx', 0o600);
    try {
      await writeAll(target, await makeHeader(headerKeys, organisationId, header));
      const part = Buffer.alloc(1024 * 1024);
      for (let position = header.length; ;) {
        const { bytesRead } = await source.read(part, 0, part.length, position);
        if (bytesRead === 0) break;
        await writeAll(target, part.subarray(0, bytesRead));
        position += bytesRead;
      }
      await target.sync();
    } finally {
      await target.close();
    }
    await moveIn(temporary, path, folder);
    return true;
  } catch (error) {
    await unlink(temporary).catch(ignoreMissing);
    throw spaceError(error);
  } finally {
    await source.close();
  }
}

async function prepare(incoming: string): Promise<void> {
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const info = await stat(path).catch(ignoreMissing);
    if (info && Date.now() - info.mtimeMs > staleMs) await unlink(path).catch(ignoreMissing);
  }
}

interface SealOptions {
  maxBytes: number;
  headerKeys: HeaderKeys;
  organisationId: string;
}

async function seal(
  handle: FileHandle,
  source: AsyncIterable<Uint8Array>,
  options: SealOptions
): Promise<StoredFile> {
  const { key, prefix } = newFileKey();
  await writeAll(handle, await makeHeader(options.headerKeys, options.organisationId, { key, prefix }));
  const hash = createHash('sha256');
  let size = 0;
  let number = 0;
  let held = Buffer.alloc(0);
  const write = async (chunk: Buffer, last: boolean) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(prefix, number++, last));
    await writeAll(handle, Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]));
  };
  for await (const part of broken(source)) {
    size += part.length;
    if (size > options.maxBytes)
      throw fail('file_too_large', { limitMegabytes: Math.floor(options.maxBytes / 1048576) });
    hash.update(part);
    held = held.length === 0 ? Buffer.from(part) : Buffer.concat([held, part]);
    let at = 0;
    // One whole chunk stays behind: only at the end is it known which one is the last.
    for (; held.length - at > chunkBytes; at += chunkBytes)
      await write(held.subarray(at, at + chunkBytes), false);
    if (at > 0) held = held.subarray(at);
  }
  await write(held, true);
  return { sha256: hash.digest('hex'), size };
}

/** A file that has no name yet. */
async function* readBack(
  path: string,
  { sha256 }: StoredFile,
  { headerKeys, organisationId }: Pick<SealOptions, 'headerKeys' | 'organisationId'>
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  let opened: Opened;
  try {
    const { size } = await handle.stat();
    opened = { ...(await readHeader(handle, headerKeys, organisationId)), size, sha256 };
  } catch (error) {
    await handle.close();
    throw error;
  }
  yield* unseal(handle, opened);
}

/** The source, its own failures told apart from ours: a connection that ended is a broken upload. */
async function* broken(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    throw asAppError(error) ?? fail('upload_broken', {}, error);
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
}

interface Opened extends FileHeader {
  size: number;
  sha256: string;
}

/** The plain bytes, chunk by chunk, each verified before it is handed on; the whole against its name at the end. */
async function* unseal(
  handle: FileHandle,
  { key, prefix, length: headerLength, size, sha256 }: Opened
): AsyncGenerator<Uint8Array> {
  try {
    const hash = createHash('sha256');
    const sealedChunk = chunkBytes + tagBytes;
    let position = headerLength;
    for (let number = 0; position < size || number === 0; number++) {
      const length = Math.min(sealedChunk, size - position);
      if (length < tagBytes) throw damaged('length');
      const sealed = Buffer.alloc(length);
      const { bytesRead } = await handle.read(sealed, 0, length, position);
      if (bytesRead < length) throw damaged('length');
      position += length;
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(prefix, number, position >= size));
      decipher.setAuthTag(sealed.subarray(length - tagBytes));
      const plain = openChunk(decipher, sealed.subarray(0, length - tagBytes));
      hash.update(plain);
      if (plain.length > 0) yield plain;
    }
    if (!timingSafeEqual(hash.digest(), Buffer.from(sha256, 'hex'))) throw damaged('content');
  } finally {
    await handle.close();
  }
}

function openChunk(decipher: ReturnType<typeof createDecipheriv>, sealed: Buffer): Buffer {
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  } catch (error) {
    throw damaged('chunk', error);
  }
}

function nonceOf(prefix: Buffer, number: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  prefix.copy(nonce);
  nonce.writeUInt32BE(number, 7);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** Give the finished file its name, durably: the folder's entry is part of what was promised. */
async function moveIn(temporary: string, path: string, root: string): Promise<void> {
  const parent = dirname(path);
  const made = await mkdir(parent, { recursive: true, mode: 0o700 });
  await rename(temporary, path);
  await syncFolder(parent);
  if (made) {
    await syncFolder(dirname(parent));
    await syncFolder(root);
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders; its file systems order renames themselves.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function spaceError(error: unknown): unknown {
  return isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT') ? fail('storage_full', {}, error) : error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function ignoreMissing(error: unknown): undefined {
  if (!isCode(error, 'ENOENT')) throw error;
  return undefined;
}
