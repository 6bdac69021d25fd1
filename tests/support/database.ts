import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, inject } from 'vitest';

export interface TestDatabase {
  /** Superuser: for arranging and for looking behind row-level security. */
  ownerUrl: string;
  /** Role `consilium_app`, as the app connects. */
  appUrl: string;
  /** Role `consilium_system`. */
  systemUrl: string;
  name: string;
  /** A connection of its own as the superuser, and one as the app's role; closed with the database. */
  owner: postgres.Sql;
  app: postgres.Sql;
}

/**
 * A database of its own for this test file (or `describe` block), cloned from the migrated template
 * before its first test and dropped after its last. It can be asked from `beforeAll` on.
 */
export function useDatabase(): TestDatabase {
  const cluster = inject('postgres');
  const name = `t_${randomBytes(6).toString('hex')}`;
  const own = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href;

  beforeAll(async () => {
    await onMaintenance(cluster.ownerUrl, async (sql) => {
      await sql`create database ${sql(name)} template ${sql(cluster.template)}`;
    });
  });
  const [ownerUrl, appUrl] = [own(cluster.ownerUrl), own(cluster.appUrl)];
  // They connect when they are first used.
  const connection = (url: string) => postgres(url, { max: 2, onnotice: () => {} });
  const [owner, app] = [connection(ownerUrl), connection(appUrl)];
  afterAll(async () => {
    await Promise.all([owner.end(), app.end()]);
    await onMaintenance(cluster.ownerUrl, async (sql) => {
      await sql`drop database if exists ${sql(name)} with (force)`;
    });
  });
  return {
    ...{ name, ownerUrl, appUrl, owner, app },
    systemUrl: own(cluster.systemUrl)
  };
}

async function onMaintenance(ownerUrl: string, work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const url = Object.assign(new URL(ownerUrl), { pathname: '/postgres' });
  const sql = postgres(url.href, { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}
