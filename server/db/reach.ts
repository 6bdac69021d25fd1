import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { lockFolder } from '../launch/lock.ts';
import { StopError } from '../launch/stop-error.ts';
import { postgresFolder, startPostgres } from './embedded.ts';

const ignore = () => {};
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * The owner's connection for a command beside the app: of DATABASE_URL, of the app that runs, or of our own
 * Postgres, started for as long as `work` lasts.
 */
export async function withDatabase<T>(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  work: (ownerUrl: string) => Promise<T>
): Promise<T> {
  if (config.databaseUrl) return work(config.databaseUrl);
  const file = join(await postgresFolder(config.dataDir), 'access.json');
  if (!(await isThere(file))) throw new StopError(`There is no database in ${config.dataDir} yet.`);
  let lock: Awaited<ReturnType<typeof lockFolder>>;
  try {
    lock = await lockFolder(config.dataDir);
  } catch (error) {
    if (!(error instanceof StopError)) throw error;
    // The app holds the folder: its database runs.
    return work(await urlOfRunning(file));
  }
  try {
    const server = await startPostgres({ dataDir: config.dataDir, log: silent });
    try {
      return await work(server.ownerUrl);
    } finally {
      await server.stop();
    }
  } finally {
    await lock.release();
  }
}

async function urlOfRunning(file: string): Promise<string> {
  const access = JSON.parse(await readFile(file, 'utf8')) as { port: number; password: string };
  return `postgres://postgres:${access.password}@127.0.0.1:${access.port}/consilium`;
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false
  );
}
