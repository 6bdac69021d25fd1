import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../server/db/embedded.ts';

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
  const dataDir = await mkdtemp(join(tmpdir(), 'consilium-test-'));
  const server = await startPostgres({ dataDir, log, durable: false });
  const teardown = async () => {
    await server.stop();
    if (!server.folder.startsWith(dataDir)) await rm(server.folder, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const urls = await migrated(server.ownerUrl);
    project.provide('postgres', { ownerUrl: server.ownerUrl, ...urls, template: 'consilium' });
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

interface Migrate {
  migrate(ownerUrl: string): Promise<{ appUrl: string; systemUrl: string }>;
}

async function migrated(ownerUrl: string): Promise<{ appUrl: string; systemUrl: string }> {
  const module = new URL('../../server/db/migrate.ts', import.meta.url);
  const journal = new URL('../../server/db/migrations/meta/_journal.json', import.meta.url);
  try {
    await Promise.all([access(module), access(journal)]);
  } catch {
    return { appUrl: ownerUrl, systemUrl: ownerUrl };
  }
  const { migrate } = (await import(module.href)) as Migrate;
  return migrate(ownerUrl);
}
