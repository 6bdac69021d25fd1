import { link, mkdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processIdentity } from './processes.ts';
import { explain, StopError } from './stop-error.ts';
import { uniqueName } from './service-user.ts';

export interface FolderLock {
  /** What the holder tells others: readable by a second start. */
  describe(text: string): Promise<void>;
  release(): Promise<void>;
}

interface Holder {
  pid: number;
  /** Which process of that id it was: ids are used again. */
  identity: string | null;
  text: string;
}

/**
 * Take `folder` for this process alone. A lock left by a process that has ended is taken over.
 * @throws StopError naming the holder
 */
export async function lockFolder(folder: string, name = 'consilium.lock'): Promise<FolderLock> {
  const file = join(folder, name);
  const mine: Holder = { pid: process.pid, identity: await processIdentity(process.pid), text: '' };
  const write = (target: string) => writeFile(target, JSON.stringify(mine), { mode: 0o644 });
  try {
    await mkdir(folder, { recursive: true });
    const draft = join(folder, uniqueName(`${name}.new`));
    await write(draft);
    try {
      // A link either comes into being whole or fails: no reader ever sees half a lock.
      while (!(await linked(draft, file))) await clearStale(file, folder);
    } finally {
      await rm(draft, { force: true });
    }
  } catch (error) {
    throw explain(error, `The data folder ${folder} cannot be used`);
  }
  return {
    describe: async (text) => {
      mine.text = text;
      const draft = join(folder, uniqueName(`${name}.new`));
      await write(draft);
      await rename(draft, file);
    },
    release: () => rm(file, { force: true })
  };
}

async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function clearStale(file: string, folder: string): Promise<void> {
  await refuseIfHeld(file, folder);
  // One at a time looks again and removes: else a slow one would remove the lock a quick one has just taken.
  const turn = `${file}.turn`;
  try {
    await mkdir(turn);
  } catch {
    await dropForgottenTurn(turn);
    await sleep(20);
    return;
  }
  try {
    const there = await stat(file).then(
      () => true,
      () => false
    );
    if (!there) return;
    await refuseIfHeld(file, folder);
    await rm(file, { force: true });
  } finally {
    await rmdir(turn);
  }
}

async function refuseIfHeld(file: string, folder: string): Promise<void> {
  const holder = await lockHolder(file);
  if (!holder) return;
  const where = holder.text ? ` at ${holder.text}` : '';
  throw new StopError(
    `Consilium already runs with the data folder ${folder}${where} (process ${holder.pid}): use that one, stop it first, or choose another folder with --data FOLDER.`
  );
}

/** A turn lasts milliseconds; one that is seconds old was left by a killed process. */
async function dropForgottenTurn(turn: string): Promise<void> {
  const since = await stat(turn).then(
    (found) => found.mtimeMs,
    () => Date.now()
  );
  if (Date.now() - since > 5_000) await rm(turn, { recursive: true, force: true });
}

/** The living process that holds the lock, or null: none, unreadable, or its process has ended. */
export async function lockHolder(file: string): Promise<Holder | null> {
  let holder: Holder;
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (!isHolder(value)) return null;
    holder = value;
  } catch {
    return null;
  }
  if (!(await isAlive(holder.pid))) return null;
  return holder.identity === (await processIdentity(holder.pid)) ? holder : null;
}

function isHolder(value: unknown): value is Holder {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'identity' in value &&
    'text' in value &&
    typeof value.text === 'string'
  );
}
