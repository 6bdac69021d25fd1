import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '#lib/kernel/errors.ts';
import { isId } from '#lib/kernel/ids.ts';
import type { CheckpointLog } from '#lib/kernel/ports.ts';
import { signerOf, verifierKey } from '#lib/features/audit/checkpoint.server.ts';

/**
 * Checkpoints in `<dataDir>/audit`, `<organisation>.checkpoints` and beside it `<organisation>.pub`, the key to
 * check them with. The private key is `<dataDir>/audit.key`, made on the first start, readable by us alone.
 */
export async function createCheckpointLog(dataDir: string): Promise<CheckpointLog> {
  const folder = join(dataDir, 'audit');
  const signer = signerOf(await seedOf(join(dataDir, 'audit.key')));
  const pathOf = (organisationId: string, ending: string): string => {
    if (!isId(organisationId)) throw fail('not_found');
    return join(folder, `${organisationId}.${ending}`);
  };
  return {
    publicKey: signer.publicKey,
    sign: (bytes) => signer.sign(bytes),
    read: async (organisationId) => (await readIfThere(pathOf(organisationId, 'checkpoints'))) ?? '',
    async append(organisationId, note, wholeBytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const publicKey = pathOf(organisationId, 'pub');
      if ((await readIfThere(publicKey)) === null)
        await writeFile(publicKey, `${verifierKey(organisationId, signer.publicKey)}\n`, { flush: true });
      const file = await open(pathOf(organisationId, 'checkpoints'), 'a', 0o600);
      try {
        // Only ever cuts off a note that a power cut left half written.
        if ((await file.stat()).size > wholeBytes) await file.truncate(wholeBytes);
        await file.appendFile(`${note}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncFolder(folder);
    },
    readTree: (organisationId) => readIfThere(pathOf(organisationId, 'tree')),
    async keepTree(organisationId, text) {
      const path = pathOf(organisationId, 'tree');
      await writeFile(`${path}.new`, text, { mode: 0o600 });
      await rename(`${path}.new`, path);
    }
  };
}

async function seedOf(file: string): Promise<Buffer> {
  let kept = await readIfThere(file);
  if (kept === null) {
    const draft = `${file}.${randomBytes(4).toString('hex')}`;
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flush: true });
    // A link never replaces: whoever came first made the key.
    await link(draft, file).catch((error: unknown) => {
      if (!isCode(error, 'EEXIST')) throw error;
    });
    await rm(draft);
    kept = await readFile(file, 'utf8');
  }
  const seed = Buffer.from(kept.trim(), 'hex');
  if (seed.length !== 32) throw new Error(`${file} is damaged: put it back from the backup`);
  return seed;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders; its file systems order such changes themselves.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
