import { MigrationFailureReason, type SerializedSchema } from '@tldraw/store';
import type { TLRecord } from '@tldraw/tlschema';
import * as Y from 'yjs';
import { type RawRecord, flatten, metaRoot, readRecord, recordsOf, schemaKey } from '../format.ts';
import { boardSchema } from './schema.ts';

/** `same`: nothing to do. `migrated`: records were brought up. `newer`: made by a newer version of this app. */
export type SchemaState = 'same' | 'migrated' | 'newer';

/**
 * Brings a synced document to this version's schema and pins it there. Where it is older its records are
 * migrated in one transaction (two clients that do so write the same); where it is newer nothing is touched
 * and the board must stay read-only, for this version would lose what it does not know.
 */
export function pinSchema(doc: Y.Doc, readonly: boolean): SchemaState {
  const schema = boardSchema();
  const meta = doc.getMap(metaRoot);
  const stored = meta.get(schemaKey);
  const current = schema.serialize();
  if (!isSerializedSchema(stored)) {
    if (!readonly) meta.set(schemaKey, current);
    return 'same';
  }
  if (isSame(stored, current)) return 'same';
  if (isNewer(stored, current)) return 'newer';
  if (readonly) return 'same';
  doc.transact(() => {
    for (const value of recordsOf(doc).values()) migrate(value, stored);
    meta.set(schemaKey, current);
  });
  return 'migrated';
}

/** A record of this document as this version reads it, for who may not migrate the document itself. */
export function asOfNow(doc: Y.Doc, raw: RawRecord): RawRecord {
  const stored = doc.getMap(metaRoot).get(schemaKey);
  return isSerializedSchema(stored) && isOlder(stored) ? (upgraded(raw, stored) ?? raw) : raw;
}

const older = new WeakMap<SerializedSchema, boolean>();

function isOlder(stored: SerializedSchema): boolean {
  const known = older.get(stored);
  if (known !== undefined) return known;
  const current = boardSchema().serialize();
  const found = !isSame(stored, current) && !isNewer(stored, current);
  older.set(stored, found);
  return found;
}

function isSame(a: SerializedSchema, b: SerializedSchema): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** Null where the record cannot be brought up. */
function upgraded(raw: RawRecord, from: SerializedSchema): RawRecord | null {
  const result = boardSchema().migratePersistedRecord(raw as unknown as TLRecord, from);
  if (result.type === 'success') return result.value as unknown as RawRecord;
  if (result.reason === MigrationFailureReason.MigrationError) return null;
  throw new Error(`board schema: ${result.reason}`);
}

function migrate(target: unknown, from: SerializedSchema): void {
  const raw = readRecord(target);
  if (!raw || !(target instanceof Y.Map)) return;
  const next = upgraded(raw, from);
  if (!next) return;
  const before = flatten(raw);
  const after = flatten(next);
  for (const [key, value] of after)
    if (JSON.stringify(value) !== JSON.stringify(before.get(key))) target.set(key, value);
  for (const key of before.keys()) if (!after.has(key)) target.delete(key);
}

function isSerializedSchema(value: unknown): value is SerializedSchema {
  return typeof value === 'object' && value !== null && 'schemaVersion' in value;
}

function isNewer(stored: SerializedSchema, current: SerializedSchema): boolean {
  if (stored.schemaVersion !== 2 || current.schemaVersion !== 2)
    return stored.schemaVersion > current.schemaVersion;
  return Object.entries(stored.sequences).some(([id, version]) => {
    const known = current.sequences[id];
    return known === undefined || version > known;
  });
}

function sorted(schema: SerializedSchema): unknown {
  return schema.schemaVersion === 2
    ? Object.entries(schema.sequences).sort(([a], [b]) => (a < b ? -1 : 1))
    : schema;
}
