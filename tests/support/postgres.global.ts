import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../server/db/embedded.ts';
import { migrate } from '../../server/db/migrate.ts';
import { makeDataDir, removeDataDir, removeForgottenDataDirs } from './data-folder.ts';

/** What every integration test file gets through `inject('postgres')`; use `useDatabase()` instead. */
export interface TestCluster {
  ownerUrl: string;
  appUrl: string;
  systemUrl: string;
  /** Migrated, empty, never connected to: each file clones it. */
  template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestCluster;
  }
}

const log = {
  debug() {},
  info() {},
  warn(fields: object, message: string) {
    console.warn(message, fields);
  },
  error(fields: object, message: string) {
    console.error(message, fields);
  }
};

/** One real Postgres for the whole run, in a folder of its own, migrated once. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeForgottenDataDirs();
  const dataDir = await makeDataDir();
  const server = await startPostgres({ dataDir, log, durable: false });
  const teardown = async () => {
    await server.stop();
    await removeDataDir(dataDir);
  };
  try {
    const urls = await migrate(server.ownerUrl);
    project.provide('postgres', { ownerUrl: server.ownerUrl, ...urls, template: 'consilium' });
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
