import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explain, StopError } from './stop-error.ts';

/**
 * The key all stored files are encrypted under: MASTER_KEY, or `<dataDir>/master.key`, made on the first
 * start and readable by us alone. Without it the files are lost: it belongs into the backup, apart from them.
 */
export async function masterKey(dataDir: string, given: Buffer | null): Promise<Buffer> {
  if (given) return given;
  const file = join(dataDir, 'master.key');
  try {
    const kept = await readIfThere(file);
    if (kept !== null) return parseKey(kept, file);
    const draft = `${file}.new`;
    await rm(draft, { force: true });
    await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flush: true });
    // A link never replaces: a key that is in use must not be overwritten, whatever raced us here.
    await link(draft, file);
    await rm(draft);
    return parseKey(await readFile(file, 'utf8'), file);
  } catch (error) {
    throw explain(error, 'The key of the stored files could not be read or made');
  }
}

function parseKey(text: string, file: string): Buffer {
  const key = Buffer.from(text.trim(), 'hex');
  if (key.length !== 32)
    throw new StopError(`${file} is damaged: put it back from the backup, else the files stay closed.`);
  return key;
}

/**
 * Whether this data folder is a demo: decided on its first start and kept, so that a later start without
 * `--no-demo` does not put demo clinics among real patients.
 */
export async function isDemo(dataDir: string, wanted: boolean): Promise<boolean> {
  const file = join(dataDir, 'instance.json');
  const kept = await readIfThere(file);
  if (kept !== null) {
    const value: unknown = JSON.parse(kept);
    return wanted && typeof value === 'object' && value !== null && 'demo' in value && value.demo === true;
  }
  await writeFile(`${file}.new`, JSON.stringify({ demo: wanted, since: new Date().toISOString() }));
  await rename(`${file}.new`, file);
  return wanted;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
