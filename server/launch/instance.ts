import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explain, StopError } from './stop-error.ts';

/**
 * The master keys, oldest first; the last one wraps: MASTER_KEY_OLD and MASTER_KEY, or the lines of
 * `<dataDir>/master.key`, made on the first start and readable by us alone. Without them nothing that is stored
 * can be read: they belong into the backup, apart from the data.
 */
export async function masterKeys({
  dataDir,
  masterKey,
  olderMasterKeys = []
}: {
  dataDir: string;
  masterKey: Buffer | null;
  olderMasterKeys?: readonly Buffer[];
}): Promise<[Buffer, ...Buffer[]]> {
  if (masterKey) {
    const [oldest = masterKey, ...others] = [...olderMasterKeys, masterKey];
    return [oldest, ...others];
  }
  const file = keyFile(dataDir);
  try {
    const kept = await readIfThere(file);
    if (kept !== null) return parseKeys(kept, file);
    const draft = `${file}.new`;
    await rm(draft, { force: true });
    await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flush: true });
    // A link never replaces: a key that is in use must not be overwritten, whatever raced us here.
    await link(draft, file);
    await rm(draft);
    return parseKeys(await readFile(file, 'utf8'), file);
  } catch (error) {
    throw explain(error, 'The master key could not be read or made');
  }
}

/** A new master key at the end of `<dataDir>/master.key`; the ones before stay. */
export async function addMasterKey(dataDir: string): Promise<void> {
  const file = keyFile(dataDir);
  try {
    const kept = await masterKeys({ dataDir, masterKey: null });
    const lines = [...kept, randomBytes(32)].map((key) => key.toString('hex'));
    const draft = `${file}.new`;
    await rm(draft, { force: true });
    await writeFile(draft, `${lines.join('\n')}\n`, { mode: 0o600, flush: true });
    await rename(draft, file);
  } catch (error) {
    throw explain(error, 'The new master key could not be written');
  }
}

const keyFile = (dataDir: string) => join(dataDir, 'master.key');

function parseKeys(text: string, file: string): [Buffer, ...Buffer[]] {
  const [oldest, ...others] = text
    .trim()
    .split(/\s*\n\s*/)
    .map((line) => Buffer.from(line, 'hex'));
  if (!oldest || [oldest, ...others].some((key) => key.length !== 32))
    throw new StopError(`${file} is damaged: put it back from the backup, else the data stay closed.`);
  return [oldest, ...others];
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
