import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chmod, constants, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StopError } from './stop-error.ts';

const run = promisify(execFile);

/** Ids a child runs under; empty: as ourselves. */
export type RunAs = { uid: number; gid: number } | Record<string, never>;

/**
 * Who Postgres runs as. It refuses to run as root, so root lends it an unprivileged user: `postgres`
 * where the system has one, else one made for it.
 */
export async function postgresUser(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  const known = (await lookUp('postgres')) ?? (await lookUp('consilium-db'));
  if (known) return known;
  try {
    await run('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'consilium-db']);
  } catch (error) {
    throw new StopError(
      'Postgres does not run as root, and no user could be made for it: create a user named "postgres", start as an ordinary user, or set DATABASE_URL.',
      { cause: error }
    );
  }
  const made = await lookUp('consilium-db');
  if (!made)
    throw new StopError('The user made for Postgres cannot be found: create a user named "postgres".');
  return made;
}

async function lookUp(name: string): Promise<RunAs | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

/** True where the user can pass through to `folder`: asked of the system itself, so that ACLs count. */
export async function canReach(user: RunAs, folder: string): Promise<boolean> {
  if (!('uid' in user)) return true;
  try {
    await run('/bin/sh', ['-c', 'cd "$0"', folder], { ...user, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/**
 * A folder of ours outside the data folder that `user` can reach: for when the data folder or the
 * packages lie under a closed one (a 0700 home, `mktemp -d`).
 */
export async function reachableFolder(user: RunAs): Promise<string> {
  for (const candidate of ['/var/lib/consilium', '/var/tmp/consilium', join(tmpdir(), 'consilium')]) {
    try {
      await mkdir(candidate, { recursive: true });
      await access(candidate, constants.W_OK);
      // In a shared folder somebody else may have laid one of that name, or a link.
      const found = await lstat(candidate);
      if (!found.isDirectory() || found.uid !== process.getuid?.()) continue;
      await chmod(candidate, 0o755);
      if (await canReach(user, candidate)) return candidate;
    } catch {
      // Not this one: the next, and the sentence below when none is left.
    }
  }
  throw new StopError(
    'No folder was found that the database may use: choose one that every user can pass through with --data FOLDER, or set DATABASE_URL.'
  );
}

/** A short name nothing else has. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}
