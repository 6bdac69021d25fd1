import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import { runMigrations as runWorkerMigrations } from 'graphile-worker';
import postgres from 'postgres';

const folder = new URL('./migrations/', import.meta.url).pathname;
/** Applied after the tables, in this order; each can run again. */
const sqlFiles = [
  new URL('./security.sql', import.meta.url).pathname,
  new URL('../../src/lib/features/appointments/constraints.sql', import.meta.url).pathname,
  new URL('../worker/outbox.sql', import.meta.url).pathname
];

export interface DatabaseUrls {
  appUrl: string;
  systemUrl: string;
}

/**
 * Bring a database to this version: roles, tables, row security, job tables. Safe to run at every start and
 * from several processes at once (an advisory lock lets one work); does nothing when nothing has changed.
 *
 * @param ownerUrl a superuser's connection, or one that may create roles and databases' schemas
 * @returns connections of the two roles the application uses; their passwords are derived from the owner's
 */
export async function migrate(ownerUrl: string): Promise<DatabaseUrls> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(7023411)`;
    const urls = await prepareRoles(sql, ownerUrl);
    const version = currentVersion();
    if (version === (await appliedVersion(sql))) return urls;

    await sql`create extension if not exists btree_gist`;
    await sql`set role consilium_owner`;
    await runMigrations(drizzle(sql), { migrationsFolder: folder });
    await sql`reset role`;
    await runWorkerMigrations({ connectionString: urls.systemUrl, logger: undefined });
    for (const file of sqlFiles) await applyFile(sql, file);
    await sql`set role consilium_owner`;
    await sql`create table if not exists drizzle.applied (version text primary key, at timestamptz not null default now())`;
    await sql`delete from drizzle.applied`;
    await sql`insert into drizzle.applied (version) values (${version})`;
    await sql`reset role`;
    return urls;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** `-- @role name` at the head of a file names the role that runs it; default the tables' owner. */
async function applyFile(sql: postgres.Sql, file: string): Promise<void> {
  const text = readFileSync(file, 'utf8');
  const role = /^-- @role (\w+)/m.exec(text)?.[1] ?? 'consilium_owner';
  await sql.unsafe(`begin; set local role ${role};\n${text}\n; commit;`);
}

async function prepareRoles(sql: postgres.Sql, ownerUrl: string): Promise<DatabaseUrls> {
  const owner = new URL(ownerUrl);
  const database = decodeURIComponent(owner.pathname.slice(1));
  const urlOf = (role: string) => {
    const url = new URL(ownerUrl);
    url.username = role;
    url.password = passwordOf(owner, role);
    return url.href;
  };
  const roles = ['consilium_owner', 'consilium_app', 'consilium_system'] as const;
  const present = await sql<
    { rolname: string }[]
  >`select rolname from pg_roles where rolname in ${sql([...roles])}`;
  for (const role of roles) {
    if (present.some((row) => row.rolname === role)) continue;
    const login = role === 'consilium_owner' ? 'nologin' : `login password '${passwordOf(owner, role)}'`;
    await sql.unsafe(`create role ${role} ${login} nosuperuser nocreatedb nocreaterole nobypassrls`);
    await sql.unsafe(`grant ${role} to current_user`);
  }
  await sql.unsafe(`
    revoke all on database "${database}" from public;
    grant connect on database "${database}" to consilium_app, consilium_system;
    grant create, connect on database "${database}" to consilium_owner;
    grant create on database "${database}" to consilium_system;
    revoke create on schema public from public;
    grant usage, create on schema public to consilium_owner;
    -- Postgres assumes a turning disk: there it would rather sort all of a tenant's rows than read 50 by an index.
    alter role consilium_app set random_page_cost = 1.1;
    alter role consilium_system set random_page_cost = 1.1;`);
  return { appUrl: urlOf('consilium_app'), systemUrl: urlOf('consilium_system') };
}

/** Fixed for a given owner's password, so that every process of a site gets the same without storing it. */
function passwordOf(owner: URL, role: string): string {
  return createHmac('sha256', `consilium:${decodeURIComponent(owner.password)}`)
    .update(role)
    .digest('hex');
}

function currentVersion(): string {
  const hash = createHash('sha256');
  hash.update(readFileSync(`${folder}meta/_journal.json`));
  for (const file of sqlFiles) hash.update(readFileSync(file));
  return hash.digest('hex');
}

async function appliedVersion(sql: postgres.Sql): Promise<string | null> {
  const [found] = await sql`select to_regclass('drizzle.applied') as name`;
  if (!found?.['name']) return null;
  const [row] = await sql`select version from drizzle.applied`;
  return (row?.['version'] as string | undefined) ?? null;
}
