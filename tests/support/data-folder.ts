import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postgresFolder } from '../../server/db/embedded.ts';
import { commandLine, endProcess, isAlive } from '../../server/launch/processes.ts';

const prefix = 'consilium-test-';
/** Names the data folder that a test run filled once with the demo world (demo-world.ts). */
export const sharedWorldVariable = 'CONSILIUM_DEMO_WORLD';

/** A data folder for a test. Its name tells whose it is, so that a later run can clear up after a killed one. */
export async function makeDataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  // Not 0700: the database's own user must pass through, or the database is placed elsewhere.
  await chmod(folder, 0o755);
  return folder;
}

/** The same for an app with the demo world: a copy of the one that was filled already, if there is one. */
export async function makeDemoDataDir(): Promise<string> {
  const folder = await makeDataDir();
  const shared = process.env[sharedWorldVariable];
  // By cp, which keeps owners: the database's files belong to a user of its own. Not joined: the dot would be lost,
  // and the folder itself be copied into the other.
  if (shared) await promisify(execFile)('cp', ['-a', `${shared}/.`, folder]);
  return folder;
}

/** A data folder, what a killed app left running in it, and the database's place elsewhere if it has one. */
export async function removeDataDir(dataDir: string): Promise<void> {
  const database = await postgresFolder(dataDir);
  await endOwn(join(database, 'cluster', 'postmaster.pid'), database, 'SIGINT');
  await endOwn(join(dataDir, 'sfu', 'livekit.pid'), dataDir, 'SIGKILL');
  if (!database.startsWith(dataDir)) await rm(database, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
}

/** End the process a pid file names, if its command line speaks of `folder`: ids are used again. */
async function endOwn(pidFile: string, folder: string, first: NodeJS.Signals): Promise<void> {
  const text = await readFile(pidFile, 'utf8').catch(() => '');
  const pid = Number(/\d+/.exec(text)?.[0] ?? 0);
  if (pid <= 1 || !(await commandLine(pid)).includes(folder)) return;
  await endProcess(pid, [
    { signal: first, waitMs: 5_000 },
    { signal: 'SIGKILL', waitMs: 1_000 }
  ]);
}

/** What runs that were killed left in the folder for temporary files. */
export async function removeForgottenDataDirs(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (owner && !(await isAlive(Number(owner)))) await removeDataDir(join(tmpdir(), name));
  }
}
