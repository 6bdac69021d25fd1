import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { MediaKeys } from './yaml.ts';

/**
 * The key pair shared with the supervised server: made once, kept in the data folder, readable by its
 * owner only.
 */
export async function loadOrCreateKeys(folder: string): Promise<MediaKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'keys.json');
  const existing = await readKeys(path);
  if (existing) {
    await chmod(path, 0o600);
    return existing;
  }
  const keys = { apiKey: `API${randomBytes(9).toString('hex')}`, apiSecret: randomBytes(32).toString('hex') };
  await writePrivately(path, JSON.stringify(keys));
  return keys;
}

async function readKeys(path: string): Promise<MediaKeys | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'apiKey' in value && 'apiSecret' in value)
      return { apiKey: String(value.apiKey), apiSecret: String(value.apiSecret) };
  } catch {
    // Half a file, written before a power cut: new keys do no harm, tokens live for minutes only.
  }
  return null;
}

/** Whole or not at all, and never readable by others in between. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
