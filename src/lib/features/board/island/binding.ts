import type { TLRecord, TLStore } from '@tldraw/tlschema';
import { isEqual } from '@tldraw/utils';
import * as Y from 'yjs';
import {
  type RawRecord,
  type YRecord,
  createRecord,
  flatten,
  inkKey,
  isPlainObject,
  readRecord,
  recordsOf,
  unflatten
} from '../format.ts';
import { type InkSegment, inkChunk } from '../ink.ts';
import { hangingOn, hasTurned, isHeld } from './drafting.ts';
import { asOfNow } from './pin-schema.ts';
import { validRecord } from './schema.ts';

export interface BindingOptions {
  store: TLStore;
  /** Must have been synced with the server: what it lacks is written to it. */
  doc: Y.Doc;
  /** Nothing is written to the document. */
  readonly: boolean;
  /** Least time between two writes, milliseconds. The first after a pause goes at once. */
  flushMs?: number;
  /** How many records were left out because they are not valid. */
  onSetAside?: (count: number) => void;
}

export interface Binding {
  /** Write what is pending now. */
  flush(): void;
  readonly setAside: ReadonlySet<string>;
  destroy(): void;
}

/** 25 a second: a drag looks smooth on the other side and a shape is seen within one such step. */
const defaultFlushMs = 40;
const segmentsProp = 'props.segments';

/**
 * Keeps a tldraw store and a Yjs document the same. Only what the user did is written, one transaction a
 * flush, only the fields that changed. What comes from others enters the store as a remote change, so that
 * undo never takes back another person's work.
 */
export function bindStore(options: BindingOptions): Binding {
  const { store, doc, readonly, flushMs = defaultFlushMs } = options;
  const records = recordsOf(doc);
  const origin = { binding: store.id };
  /** Each record as it stands in the document, to find what the user changed since. */
  const synced = new Map<string, RawRecord>();
  const pending = new Set<string>();
  const setAside = new Set<string>();
  /** Own strokes in progress: the points that the document has. */
  const strokes = new Map<string, readonly InkSegment[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastFlush = Number.NEGATIVE_INFINITY;

  load();
  records.observeDeep(onRemote);
  const stopListening = readonly ? () => {} : store.listen(onLocal, { source: 'user', scope: 'document' });

  function load(): void {
    pull([...records.keys()]);
    if (readonly) return;
    for (const record of store.allRecords()) {
      if (store.scopedTypes.document.has(record.typeName) && !records.has(record.id)) pending.add(record.id);
    }
    flush();
  }

  /** Bring these records from the document into the store. */
  function pull(ids: Iterable<string>): void {
    const put: TLRecord[] = [];
    const removed: TLRecord['id'][] = [];
    for (const id of ids) {
      const stored = readRecord(records.get(id));
      const raw = stored && readonly ? asOfNow(doc, stored) : stored;
      const record = raw && raw.id === id ? validRecord(withOwnChanges(raw)) : null;
      if (record) {
        synced.set(id, raw!);
        setAside.delete(id);
        put.push(record);
        continue;
      }
      if (records.has(id)) setAside.add(id);
      else setAside.delete(id);
      synced.delete(id);
      pending.delete(id);
      strokes.delete(id);
      if (store.has(id as TLRecord['id'])) removed.push(id as TLRecord['id']);
    }
    if (put.length || removed.length)
      store.mergeRemoteChanges(() => {
        if (put.length) store.put(put);
        if (removed.length) store.remove(removed);
      });
    options.onSetAside?.(setAside.size);
  }

  /** The remote record with the fields that the user changed and that are not written yet. */
  function withOwnChanges(raw: RawRecord): RawRecord {
    const base = synced.get(raw.id);
    const own = pending.has(raw.id) ? store.get(raw.id as TLRecord['id']) : undefined;
    if (!base || !own) return raw;
    const before = flatten(base);
    const merged = flatten(raw);
    for (const [key, value] of flatten(own as unknown as RawRecord))
      if (!isEqual(value, before.get(key))) merged.set(key, value);
    return unflatten(merged) ?? raw;
  }

  function onRemote(events: Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction): void {
    if (transaction.origin === origin) return;
    const ids = new Set<string>();
    for (const event of events) {
      if (event.target === (records as Y.AbstractType<unknown>))
        for (const id of event.keys.keys()) ids.add(id);
      else if (event.path[0] !== undefined) ids.add(String(event.path[0]));
    }
    // What the user deleted and is about to be written stays deleted.
    for (const id of ids)
      if (pending.has(id) && !store.has(id as TLRecord['id']) && records.has(id)) ids.delete(id);
    pull(ids);
  }

  function onLocal({ changes }: { changes: { added: object; updated: object; removed: object } }): void {
    for (const part of [changes.added, changes.updated, changes.removed])
      for (const [id, change] of Object.entries(part)) {
        pending.add(id);
        // What hangs on it is held, or goes out, with it.
        if (hasTurned(change)) for (const hanging of hangingOn(store, id)) pending.add(hanging);
      }
    if (!pending.size || timer !== undefined) return;
    const wait = lastFlush + flushMs - performance.now();
    if (wait <= 0) flush();
    else timer = setTimeout(flush, wait);
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!pending.size || readonly) return;
    lastFlush = performance.now();
    const ids = [...pending];
    pending.clear();
    doc.transact(() => ids.forEach(write), origin);
  }

  function write(id: string): void {
    const record = store.get(id as TLRecord['id']) as unknown as RawRecord | undefined;
    const target = records.get(id);
    if (!record || isHeld(store, record)) {
      if (target) records.delete(id);
      synced.delete(id);
      strokes.delete(id);
      return;
    }
    if (!(target instanceof Y.Map)) {
      const created = createRecord(records, record);
      if (isUnfinishedStroke(record)) startStroke(created, record);
    } else writeChanges(target, record);
    synced.set(id, record);
  }

  function startStroke(target: YRecord, record: RawRecord): void {
    target.set(inkKey, new Y.Array<Uint8Array>());
    strokes.set(record.id, segmentsOf(record));
  }

  function writeChanges(target: YRecord, record: RawRecord): void {
    const base = synced.get(record.id);
    const before = base ? flatten(base) : new Map<string, unknown>();
    const after = flatten(record);
    const drawn = strokes.get(record.id);
    for (const [key, value] of after) {
      if (key === segmentsProp && drawn && writeInk(target, record, drawn)) continue;
      if (!isEqual(value, before.get(key))) target.set(key, value);
    }
    for (const key of before.keys()) if (!after.has(key)) target.delete(key);
  }

  /** True where the stroke's new points went out as ink; false where it is to be written whole. */
  function writeInk(target: YRecord, record: RawRecord, drawn: readonly InkSegment[]): boolean {
    const ink = target.get(inkKey);
    const segments = segmentsOf(record);
    if (isUnfinishedStroke(record) && ink instanceof Y.Array && segments.length >= drawn.length) {
      const chunk = inkChunk(drawn, segments);
      if (chunk) ink.push([chunk]);
      strokes.set(record.id, segments);
      return true;
    }
    target.set(segmentsProp, segments);
    target.delete(inkKey);
    strokes.delete(record.id);
    return true;
  }

  return {
    flush,
    setAside,
    destroy() {
      flush();
      stopListening();
      records.unobserveDeep(onRemote);
    }
  };
}

function isUnfinishedStroke(record: RawRecord): boolean {
  return (
    (record['type'] === 'draw' || record['type'] === 'highlight') && record.props?.['isComplete'] === false
  );
}

function segmentsOf(record: RawRecord): readonly InkSegment[] {
  const segments = isPlainObject(record.props) ? record.props['segments'] : undefined;
  return Array.isArray(segments) ? (segments as InkSegment[]) : [];
}
