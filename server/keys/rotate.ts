import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import type { FieldCipher, KeyWrapper } from '#lib/kernel/ports.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { dataKeys } from '#lib/features/tenancy/tables.server.ts';
import { keyUseOfRows, resealBatch } from './reseal.ts';
import { contextOf, ringFreshMs, wrapNewKey, type KeyRing } from './ring.ts';
import { sealedTables } from './sealed-tables.ts';

/** Files of one store, as far as their keys go. */
export interface RewrappableFiles {
  rewrap(
    organisationId: string,
    options: { signal?: AbortSignal; onFile?: (seen: number) => void }
  ): Promise<{ seen: number; changed: number }>;
  keyUse(organisationId: string): Promise<Map<string, number>>;
}

export interface RotationParts {
  systemDb: Database;
  wrapper: KeyWrapper;
  ring: KeyRing;
  fields: FieldCipher;
  files: RewrappableFiles;
  /** Written to the trail of each organisation. */
  audit: (organisationId: string, action: string, detail: Record<string, string | number>) => Promise<void>;
}

export interface RotationOptions {
  /** Make a new version of the master key first. */
  newMaster?: boolean;
  signal?: AbortSignal;
  onProgress?: (detail: string) => void;
  /** How long to wait until every process knows a new key; longer than they keep what they read. */
  settleMs?: number;
}

export interface RotationReport {
  /** An earlier rotation had been broken off: this one ended it and made no new keys. */
  resumed: boolean;
  masterKey: string;
  organisations: number;
  rows: number;
  files: number;
  /** Data keys nothing uses any more: `npm run keys:rotate -- --retire` removes them. */
  retirable: string[];
}

/**
 * New data keys for all organisations, and all that is sealed brought under them, while the app serves. Each step
 * can be broken off and is taken up again by the next run: a key is first made known (`pending`), then used for
 * writing (`current`), then rows and files are sealed anew in batches; the keys before stay and open what they
 * sealed. Rows are locked for the moment they are changed; files are replaced whole.
 */
export async function rotateKeys(
  parts: RotationParts,
  options: RotationOptions = {}
): Promise<RotationReport> {
  const { systemDb, wrapper } = parts;
  const { signal, onProgress = () => {}, settleMs = ringFreshMs + 2_000 } = options;
  const resumed = await isUnfinished(parts);
  if (options.newMaster && !resumed) {
    if (!wrapper.renew)
      throw new RangeError('the master key comes from the environment: set a new MASTER_KEY there');
    onProgress('a new master key');
    await wrapper.renew();
  }
  await rewrapDataKeys(parts);

  const organisations = await organisationsWithKeys(systemDb);
  if (!resumed)
    for (const organisationId of organisations) {
      signal?.throwIfAborted();
      const made = await wrapNewKey(wrapper, organisationId);
      await systemDb.insert(dataKeys).values({ ...made, state: 'pending' });
      await parts.audit(organisationId, 'keys.rotate-begin', { key: made.id, masterKey: made.wrappedBy });
    }
  onProgress('making the new keys known');
  await sleep(settleMs, undefined, { signal });
  await usePending(systemDb, organisations);
  await sleep(settleMs, undefined, { signal });

  const report: RotationReport = {
    resumed,
    masterKey: await wrapper.current(),
    organisations: organisations.length,
    rows: 0,
    files: 0,
    retirable: []
  };
  for (const [at, organisationId] of organisations.entries()) {
    const told = (detail: string) =>
      onProgress(`organisation ${at + 1} of ${organisations.length}: ${detail}`);
    const { rows, files } = await sealAnew(parts, organisationId, { signal, told });
    report.rows += rows;
    report.files += files;
    await parts.audit(organisationId, 'keys.rotate-end', { rows, files, masterKey: report.masterKey });
  }
  report.retirable = await retirableKeys(parts);
  return report;
}

/** Data keys that have been replaced and that no row and no file needs. */
export async function retirableKeys(parts: Pick<RotationParts, 'systemDb' | 'files'>): Promise<string[]> {
  const retirable: string[] = [];
  for (const [organisationId, old] of await oldKeys(parts.systemDb)) {
    const used = await usedKeys(parts, organisationId);
    retirable.push(...old.filter((id) => !used.has(id)));
  }
  return retirable;
}

/** Remove the data keys that nothing uses. @returns their ids */
export async function retireKeys(
  parts: Pick<RotationParts, 'systemDb' | 'files' | 'audit'>
): Promise<string[]> {
  const ids = await retirableKeys(parts);
  if (ids.length === 0) return ids;
  const gone = await parts.systemDb
    .delete(dataKeys)
    .where(and(inArray(dataKeys.id, ids), eq(dataKeys.state, 'old')))
    .returning({ id: dataKeys.id, organisationId: dataKeys.organisationId });
  for (const { id, organisationId } of gone) await parts.audit(organisationId, 'keys.retire', { key: id });
  return ids;
}

async function sealAnew(
  { systemDb, ring, fields, files }: RotationParts,
  organisationId: string,
  { signal, told }: { signal: AbortSignal | undefined; told: (detail: string) => void }
): Promise<{ rows: number; files: number }> {
  const { current } = await ring.keysOf(organisationId);
  let rows = 0;
  for (const table of sealedTables)
    for (let n = 1; n > 0;) {
      signal?.throwIfAborted();
      n = await resealBatch({ systemDb, fields, table }, organisationId, current.id);
      rows += n;
      if (n > 0) told(`${rows} rows`);
    }
  const { changed } = await files.rewrap(organisationId, {
    ...(signal ? { signal } : {}),
    onFile: (seen) => told(`${rows} rows, ${seen} files`)
  });
  return { rows, files: changed };
}

/** A key made known but not used yet, or a replaced one that still opens something. */
async function isUnfinished(parts: RotationParts): Promise<boolean> {
  const pending = await parts.systemDb.$count(dataKeys, eq(dataKeys.state, 'pending'));
  if (pending > 0) return true;
  for (const [organisationId, old] of await oldKeys(parts.systemDb)) {
    const used = await usedKeys(parts, organisationId);
    if (old.some((id) => used.has(id))) return true;
  }
  return false;
}

async function rewrapDataKeys({ systemDb, wrapper }: RotationParts): Promise<void> {
  const masterKey = await wrapper.current();
  const rows = await systemDb.select().from(dataKeys).where(ne(dataKeys.wrappedBy, masterKey));
  for (const row of rows)
    await systemDb
      .update(dataKeys)
      .set(await wrapper.rewrap(row, contextOf(row)))
      .where(eq(dataKeys.id, row.id));
}

async function usePending(systemDb: Database, organisations: readonly string[]): Promise<void> {
  for (const organisationId of organisations)
    await systemDb.transaction(async (tx) => {
      const own = eq(dataKeys.organisationId, organisationId);
      const [next] = await tx
        .select({ id: dataKeys.id })
        .from(dataKeys)
        .where(and(own, eq(dataKeys.state, 'pending')))
        .orderBy(sql`${dataKeys.id} desc`)
        .for('update');
      if (!next) return;
      await tx
        .update(dataKeys)
        .set({ state: 'old' })
        .where(and(own, ne(dataKeys.id, next.id)));
      await tx.update(dataKeys).set({ state: 'current' }).where(eq(dataKeys.id, next.id));
    });
}

async function organisationsWithKeys(systemDb: Database): Promise<string[]> {
  const rows = await systemDb
    .selectDistinct({ id: dataKeys.organisationId })
    .from(dataKeys)
    .orderBy(dataKeys.organisationId);
  return rows.map((row) => row.id);
}

async function oldKeys(systemDb: Database): Promise<Map<string, string[]>> {
  const rows = await systemDb.select().from(dataKeys).where(eq(dataKeys.state, 'old'));
  return new Map(
    Object.entries(Object.groupBy(rows, (row) => row.organisationId)).map(([organisationId, list = []]) => [
      organisationId,
      list.map((row) => row.id)
    ])
  );
}

async function usedKeys(
  { systemDb, files }: Pick<RotationParts, 'systemDb' | 'files'>,
  organisationId: string
): Promise<Set<string>> {
  const used = new Set((await files.keyUse(organisationId)).keys());
  for (const table of sealedTables)
    for (const key of (await keyUseOfRows(systemDb, table, organisationId)).keys()) used.add(key);
  return used;
}
