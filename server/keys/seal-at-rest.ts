import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import type { FieldCipher } from '#lib/kernel/ports.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { sealPlainBatch } from './reseal.ts';
import { sealedLike } from './sealed-form.ts';
import { sealedTables, type SealedTable } from './sealed-tables.ts';

/** One process seals; the others wait. */
const lockNumber = 7023412;
const attempts = 5;

const checkName = (table: string, column: string) => `${table}_${column}_sealed`;

/**
 * Seal what an earlier version kept in the clear, in batches, before anything is served; then let the database
 * refuse plain values for good, and rewrite the table, so that its file holds none either. Can be broken off at
 * any time; where all is done it looks once and returns.
 *
 * @param ownerUrl a connection that may become consilium_owner
 */
export async function sealAtRest(options: {
  ownerUrl: string;
  systemDb: Database;
  fields: FieldCipher;
  onProgress: (detail: string) => void;
}): Promise<void> {
  const owner = postgres(options.ownerUrl, { max: 1, onnotice: () => {} });
  try {
    for (const table of sealedTables) {
      if (await isGuarded(owner, table)) continue;
      await owner`select pg_advisory_lock(${lockNumber})`;
      await sealTable(owner, table, options);
      await owner`select pg_advisory_unlock(${lockNumber})`;
    }
  } finally {
    await owner.end({ timeout: 5 });
  }
}

async function sealTable(
  owner: postgres.Sql,
  table: SealedTable,
  { systemDb, fields, onProgress }: Parameters<typeof sealAtRest>[0]
): Promise<void> {
  if (await isGuarded(owner, table)) return;
  const { rows } = await systemDb.execute<{ n: string }>(
    sql`select count(*) as n from ${sql.identifier(table.table)}`
  );
  let done = 0;
  for (let attempt = 1; ; attempt++) {
    for (let n = 1; n > 0;) {
      n = await sealPlainBatch({ systemDb, fields, table });
      done += n;
      if (n > 0) onProgress(`${done} of ${rows[0]?.n ?? 0}`);
    }
    try {
      await guard(owner, table);
      break;
    } catch (error) {
      // A process of an older version wrote a plain value in between.
      if (attempt === attempts || !(error instanceof Error && 'code' in error && error.code === '23514'))
        throw error;
    }
  }
  // Dead rows would keep the plain values in the table's file until their space is used again.
  if (done > 0) {
    await owner`set role consilium_owner`;
    await owner`vacuum full ${owner(table.table)}`;
    await owner`reset role`;
  }
}

async function isGuarded(owner: postgres.Sql, { table, columns }: SealedTable): Promise<boolean> {
  const names = columns.map(({ column }) => checkName(table, column));
  const found =
    await owner`select conname from pg_constraint where conname in ${owner(names)} and convalidated`;
  return found.length === names.length;
}

async function guard(owner: postgres.Sql, { table, columns }: SealedTable): Promise<void> {
  await owner.begin(async (tx) => {
    await tx`set local role consilium_owner`;
    for (const { column } of columns) {
      await tx`alter table ${tx(table)} drop constraint if exists ${tx(checkName(table, column))}`;
      await tx.unsafe(
        `alter table "${table}" add constraint "${checkName(table, column)}" check ("${column}" like '${sealedLike()}')`
      );
    }
  });
}
