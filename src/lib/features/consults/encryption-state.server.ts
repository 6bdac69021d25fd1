import { eq, sql } from 'drizzle-orm';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { encryptionView, type EncryptionFacts, type EncryptionView } from './encryption.ts';
import { callEncryptions } from './encryption-tables.server.ts';

export type EncryptionRow = typeof callEncryptions.$inferSelect;

/** [CN-80] Where the call of this consult stands. */
export async function encryptionOf(tx: Tx, consultId: string): Promise<EncryptionView> {
  return encryptionView(await factsOf(tx, consultId, await rowOf(tx, consultId)));
}

export async function rowOf(tx: Tx, consultId: string, lock?: 'update'): Promise<EncryptionRow | null> {
  const query = tx.rows.select().from(callEncryptions).where(eq(callEncryptions.consultId, consultId));
  const [row] = lock ? await query.for(lock) : await query;
  return row ?? null;
}

export async function factsOf(
  tx: Tx,
  consultId: string,
  row: EncryptionRow | null
): Promise<EncryptionFacts> {
  const { rows } = await tx.rows.execute<{ visit: boolean }>(
    sql`select consult_is_visit(${consultId}::uuid) as visit`
  );
  const choice = row?.choice ?? null;
  return {
    isVisit: rows[0]?.visit === true,
    choice: choice === null ? null : { on: choice, byName: row?.choiceByName ?? '' },
    cannot: row?.cannot ?? [],
    epoch: row?.epoch ?? 1
  };
}
