import { createHash, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { and, asc, eq } from 'drizzle-orm';
import { newId } from '#lib/kernel/ids.ts';
import type { KeyWrapper, WrappedKey } from '#lib/kernel/ports.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { dataKeys } from '#lib/features/tenancy/tables.server.ts';

/**
 * One data key of an organisation: a key of its own for each use, so that one use says nothing of another. Key objects,
 * not bytes: with these Node prepares the cipher once, not at each value.
 */
export interface DataKey {
  id: string;
  columns: KeyObject;
  index: KeyObject;
  files: KeyObject;
}
export interface OrganisationKeys {
  /** Seals what is written now. */
  current: DataKey;
  /** All that open; the current one first. */
  all: readonly DataKey[];
}
export interface KeyRing {
  /** The organisation's keys; the first is made when first asked for. */
  keysOf(organisationId: string): Promise<OrganisationKeys>;
  /** That one key, looked up anew where it is not known yet; null where there is none. */
  find(organisationId: string, keyId: string): Promise<DataKey | null>;
}

/**
 * How long a process goes on with the keys it has read. A rotation waits this long (and a little) before it
 * relies on every process knowing a new key.
 */
export const ringFreshMs = 5_000;

type Row = typeof dataKeys.$inferSelect;

interface Held {
  at: number;
  keys: Promise<OrganisationKeys>;
  renewing: boolean;
}

/** Keys in the table `data_key`, unwrapped once a process and kept in memory only. */
export function createKeyRing({
  systemDb,
  wrapper,
  freshMs = ringFreshMs
}: {
  systemDb: Database;
  wrapper: KeyWrapper;
  freshMs?: number;
}): KeyRing {
  const unwrapped = new Map<string, Promise<DataKey>>();
  const known = new Map<string, Held>();

  const open = (row: Row): Promise<DataKey> => {
    let key = unwrapped.get(row.id);
    if (!key) {
      key = wrapper
        .unwrap(row, contextOf(row))
        .then((secret) => deriveKeys(secret, { id: row.id, organisationId: row.organisationId }));
      unwrapped.set(row.id, key);
      key.catch(() => unwrapped.delete(row.id));
    }
    return key;
  };

  const load = async (organisationId: string): Promise<OrganisationKeys> => {
    const rows = await keyRows(systemDb, organisationId);
    const current = rows.find((row) => row.state === 'current') ?? (await firstKey(organisationId));
    const others = rows.filter((row) => row.id !== current.id);
    const [first, ...rest] = await Promise.all([open(current), ...others.map(open)]);
    return { current: first, all: [first, ...rest] };
  };

  const firstKey = async (organisationId: string): Promise<Row> => {
    const made = await wrapNewKey(wrapper, organisationId);
    await systemDb
      .insert(dataKeys)
      .values({ ...made, state: 'current' })
      .onConflictDoNothing();
    // Another process may have been first; whoever was is the one.
    const [row] = await systemDb
      .select()
      .from(dataKeys)
      .where(and(eq(dataKeys.organisationId, organisationId), eq(dataKeys.state, 'current')));
    if (!row) throw new Error('no data key after making one');
    return row;
  };

  const keysOf = (organisationId: string): Promise<OrganisationKeys> => {
    const held = known.get(organisationId);
    // Counted from before the question: what is answered later may be older than the answer.
    const at = performance.now();
    if (held && at - held.at < freshMs) {
      if (at - held.at > freshMs / 2) readAhead(organisationId, held, at);
      return held.keys;
    }
    const entry = { at, keys: load(organisationId), renewing: false };
    known.set(organisationId, entry);
    entry.keys.catch(() => {
      if (known.get(organisationId) === entry) known.delete(organisationId);
    });
    return entry.keys;
  };

  /** Who asks often never waits for the database; where this fails, whoever asks next finds out. */
  const readAhead = (organisationId: string, held: Held, at: number): void => {
    if (held.renewing) return;
    held.renewing = true;
    const keys = load(organisationId);
    keys.then(
      () => known.get(organisationId) === held && known.set(organisationId, { at, keys, renewing: false }),
      () => (held.renewing = false)
    );
  };

  return {
    keysOf,
    async find(organisationId, keyId) {
      const byId = (keys: OrganisationKeys) => keys.all.find((key) => key.id === keyId);
      const found = byId(await keysOf(organisationId));
      if (found) return found;
      known.delete(organisationId);
      return byId(await keysOf(organisationId)) ?? null;
    }
  };
}

function keyRows(systemDb: Database, organisationId: string): Promise<Row[]> {
  return systemDb
    .select()
    .from(dataKeys)
    .where(eq(dataKeys.organisationId, organisationId))
    .orderBy(asc(dataKeys.id));
}

/** A fresh data key of this organisation, wrapped. */
export async function wrapNewKey(
  wrapper: KeyWrapper,
  organisationId: string
): Promise<WrappedKey & { id: string; organisationId: string }> {
  const id = newId();
  const wrapped = await wrapper.wrap(randomBytes(32), contextOf({ id, organisationId }));
  return { id, organisationId, ...wrapped };
}

/** Bound to a wrapped key, so that a row of one organisation is of no use to another. */
export function contextOf({ id, organisationId }: { id: string; organisationId: string }): string {
  return `consilium data key\n${organisationId}\n${id}`;
}

/** HKDF-SHA-256 (RFC 5869); the organisation is the salt, the use is the info. */
export function deriveKeys(secret: Buffer, of: { id: string; organisationId: string }): DataKey {
  const salt = createHash('sha256').update(of.organisationId).digest();
  const derive = (use: string) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, salt, `consilium ${use} v1 ${of.id}`, 32)));
  return { id: of.id, columns: derive('columns'), index: derive('blind index'), files: derive('files') };
}
