import { MigrationFailureReason, type SerializedSchema } from '@tldraw/store';
import type { TLRecord } from '@tldraw/tlschema';
import * as Y from 'yjs';
import { flatten, metaRoot, readRecord, recordsOf, schemaKey } from '../format.ts';
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
  if (JSON.stringify(sorted(stored)) === JSON.stringify(sorted(current))) return 'same';
  if (isNewer(stored, current)) return 'newer';
  if (readonly) return 'same';
  doc.transact(() => {
    for (const value of recordsOf(doc).values()) migrate(value, stored);
    meta.set(schemaKey, current);
  });
  return 'migrated';
}

function migrate(target: unknown, from: SerializedSchema): void {
  const raw = readRecord(target);
  if (!raw || !(target instanceof Y.Map)) return;
  const result = boardSchema().migratePersistedRecord(raw as unknown as TLRecord, from);
  if (result.type === 'error') {
    if (result.reason === MigrationFailureReason.MigrationError) return;
    throw new Error(`board schema: ${result.reason}`);
  }
  const before = flatten(raw);
  const after = flatten(result.value as unknown as typeof raw);
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
