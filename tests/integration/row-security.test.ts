import { expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';

const { owner, app } = useDatabase();

test('[TE-1] no role of the application owns a table, is a superuser or bypasses row security', async () => {
  const roles = await owner`
    select rolname, rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname like 'consilium\\_%' order by 1`;
  expect(roles.map((role) => role['rolname'])).toEqual([
    'consilium_app',
    'consilium_owner',
    'consilium_system'
  ]);
  for (const role of roles)
    expect([role['rolsuper'], role['rolbypassrls'], role['rolcreaterole']]).toEqual([false, false, false]);
  const owned =
    await owner`select tablename from pg_tables where schemaname = 'public' and tableowner <> 'consilium_owner'`;
  expect([...owned]).toEqual([]);
});

test('[TE-1] [TE-4] every table with an organisation forces row security and has a policy', async () => {
  const open = await owner`
    select c.relname from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'organisation_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
       and (not c.relrowsecurity or not c.relforcerowsecurity
            or not exists (select from pg_policy p where p.polrelid = c.oid))`;
  expect([...open]).toEqual([]);
});

test('[TE-2] without a tenant the application sees nothing', async () => {
  const tables = await owner<{ name: string }[]>`
    select c.table_name as name from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and c.column_name = 'organisation_id' and t.table_type = 'BASE TABLE'`;
  expect(tables.length).toBeGreaterThan(20);
  for (const { name } of tables) {
    const rows = await app`select 1 from ${app(name)} limit 1`;
    expect([name, rows.length]).toEqual([name, 0]);
  }
});

test('the application cannot read password hashes or sessions', async () => {
  for (const table of ['account', 'session', 'verification', 'user'])
    await expect(app`select 1 from ${app(table)}`).rejects.toMatchObject({ code: '42501' });
});

test('the audit trail has one door', async () => {
  await expect(app`delete from audit_event`).rejects.toMatchObject({ code: '42501' });
  await expect(app`update audit_event set action = 'x'`).rejects.toMatchObject({ code: '42501' });
});
