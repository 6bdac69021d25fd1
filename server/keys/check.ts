import { sql } from 'drizzle-orm';
import type { KeyWrapper } from '#lib/kernel/ports.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { dataKeys } from '#lib/features/tenancy/tables.server.ts';
import { contextOf } from './ring.ts';

/**
 * That the master keys at hand open the data keys: one of each master key that wrapped any. Changes nothing.
 * @throws MasterKeyError with the sentence for whoever starts the app
 */
export async function checkMasterKey(systemDb: Database, wrapper: KeyWrapper): Promise<void> {
  const rows = await systemDb
    .selectDistinctOn([dataKeys.wrappedBy])
    .from(dataKeys)
    .orderBy(dataKeys.wrappedBy, sql`${dataKeys.id} desc`);
  for (const row of rows) await wrapper.unwrap(row, contextOf(row));
  if (rows.length === 0) await wrapper.current();
}
