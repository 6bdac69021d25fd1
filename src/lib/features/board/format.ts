import * as Y from 'yjs';
import { applyInk } from './ink.ts';

/**
 * How a board is kept in its Yjs document; browser and server read and write it through here.
 *
 * Root `records`: Y.Map from record id to a Y.Map with one entry a field. Top-level fields of the tldraw
 * record keep their name, `props` is spread as `props.<name>`. So two people who change different fields of
 * one shape (one drags the X-ray, one its window) both win, and a drag costs the bytes of x and y alone.
 * A stroke in progress has an extra entry `ink`: a Y.Array of packed points (ink.ts) that goes on from
 * `props.segments`; when the stroke is done the whole `props.segments` is written and `ink` removed.
 *
 * Root `meta`: Y.Map with `schema`, the serialized tldraw schema that the records are written in.
 */
export const recordsRoot = 'records';
export const metaRoot = 'meta';
export const schemaKey = 'schema';
export const inkKey = 'ink';

/** A tldraw record as plain JSON, not yet validated. */
export interface RawRecord {
  id: string;
  typeName: string;
  props?: Record<string, unknown>;
  [field: string]: unknown;
}

const propPrefix = 'props.';

export type YRecord = Y.Map<unknown>;

export function recordsOf(doc: Y.Doc): Y.Map<YRecord> {
  return doc.getMap<YRecord>(recordsRoot);
}

/** A record as flat entries, in the order they are written. */
export function flatten(record: RawRecord): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  for (const [key, value] of Object.entries(record)) {
    if (key === 'props' && isPlainObject(value)) {
      for (const [prop, inner] of Object.entries(value))
        if (inner !== undefined) flat.set(propPrefix + prop, inner);
    } else if (value !== undefined) flat.set(key, value);
  }
  return flat;
}

/** The record of flat entries; null where there is no id or type. Ignores what it does not know. */
export function unflatten(entries: Iterable<[string, unknown]>): RawRecord | null {
  const record: Record<string, unknown> = {};
  const props: Record<string, unknown> = {};
  let hasProps = false;
  for (const [key, value] of entries) {
    if (key === inkKey) continue;
    if (key.startsWith(propPrefix)) {
      props[key.slice(propPrefix.length)] = value;
      hasProps = true;
    } else record[key] = value;
  }
  if (hasProps) record['props'] = props;
  return typeof record['id'] === 'string' && typeof record['typeName'] === 'string'
    ? (record as RawRecord)
    : null;
}

/** Writes a record that is not there yet. Call inside a transaction. */
export function createRecord(records: Y.Map<YRecord>, record: RawRecord): YRecord {
  const target: YRecord = new Y.Map(flatten(record));
  records.set(record.id, target);
  return target;
}

/** One record with the points of a stroke in progress put in; null where it is none. */
export function readRecord(value: unknown): RawRecord | null {
  if (!(value instanceof Y.Map)) return null;
  const record = unflatten(value.entries());
  const ink: unknown = value.get(inkKey);
  if (!record || !(ink instanceof Y.Array) || !record.props) return record;
  const segments = ink
    .toArray()
    .reduce((done: unknown, chunk) => applyInk(done, chunk), record.props['segments']);
  return { ...record, props: { ...record.props, segments } };
}

/** A record's `type` as it stands in the document; null where there is no such record. */
export function typeOfRecord(doc: Y.Doc, id: string): unknown {
  const record: unknown = recordsOf(doc).get(id);
  if (record === undefined) return null;
  return record instanceof Y.Map ? (record.get('type') ?? '') : '';
}

/** A field of a record as it stands in the document, as plain JSON; undefined where nothing is there. */
export function fieldOfRecord(doc: Y.Doc, id: string, field: string): unknown {
  const record: unknown = recordsOf(doc).get(id);
  return record instanceof Y.Map ? record.get(field) : undefined;
}

/** Every scale that a record gives this image, or gave it before. */
export function scalesOfImage(doc: Y.Doc, imageId: string): unknown[] {
  const found: unknown[] = [];
  for (const record of recordsOf(doc).values()) {
    if (!(record instanceof Y.Map) || record.get('props.imageId') !== imageId) continue;
    const earlier = record.get('props.earlier');
    found.push(record.get('props.calibration'), ...(Array.isArray(earlier) ? (earlier as unknown[]) : []));
  }
  return found;
}

/** All records of a board. */
export function readBoard(doc: Y.Doc): RawRecord[] {
  const found: RawRecord[] = [];
  for (const value of recordsOf(doc).values()) {
    const record = readRecord(value);
    if (record) found.push(record);
  }
  return found;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
