import * as Y from 'yjs';
import { readBoard } from '#lib/features/board/format.ts';
import type { LogRow } from '../persistence.ts';

/** What one document is made of. Sizes in bytes. */
export interface DocumentReport {
  updates: number;
  logBytes: number;
  /** What a client that has nothing is sent. */
  stateBytes: number;
  snapshot: { upTo: number; bytes: number } | null;
  authors: { id: string; updates: number; bytes: number; first: Date; last: Date }[];
  /** Browsers (and servers) that wrote: Yjs client ids. */
  clients: number;
  /** Yjs' unit: a set field, an element of a list, a character. */
  items: number;
  /** Of them deleted: kept as a mark of where they were, without what they held. */
  tombstones: number;
  /** Records by kind: `shape:xray`, `page` … */
  records: Record<string, number>;
  /** True where something builds on what is not there: never, or the log has lost a row. */
  pending: boolean;
  /** The snapshot and the rows after it are the same document as all rows alone. */
  agrees: boolean;
}

/** Look at a document as it lies in the database: the whole log, and the newest snapshot. */
export function reportOn(
  log: readonly LogRow[],
  snapshot: { upTo: number; state: Uint8Array } | null
): DocumentReport {
  const doc = docOf(log.map((row) => row.bytes));
  const quick = snapshot ? docOf([snapshot.state, ...log.slice(snapshot.upTo).map((row) => row.bytes)]) : doc;
  const report: DocumentReport = {
    updates: log.length,
    logBytes: log.reduce((sum, row) => sum + row.bytes.byteLength, 0),
    stateBytes: Y.encodeStateAsUpdate(doc).byteLength,
    snapshot: snapshot && { upTo: snapshot.upTo, bytes: snapshot.state.byteLength },
    authors: authorsOf(log),
    clients: doc.store.clients.size,
    ...countItems(doc),
    records: recordsByKind(doc),
    pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
    agrees: Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(quick))
  };
  if (quick !== doc) quick.destroy();
  doc.destroy();
  return report;
}

export function docOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  return doc;
}

function authorsOf(log: readonly LogRow[]): DocumentReport['authors'] {
  const authors = new Map<string, DocumentReport['authors'][number]>();
  for (const { author: id, bytes, at } of log) {
    const author = authors.get(id) ?? { id, updates: 0, bytes: 0, first: at, last: at };
    author.updates++;
    author.bytes += bytes.byteLength;
    if (at < author.first) author.first = at;
    if (at > author.last) author.last = at;
    authors.set(id, author);
  }
  return [...authors.values()].sort((a, b) => b.bytes - a.bytes);
}

function countItems(doc: Y.Doc): { items: number; tombstones: number } {
  let items = 0;
  let tombstones = 0;
  for (const structs of doc.store.clients.values())
    for (const struct of structs) {
      items += struct.length;
      if (struct.deleted) tombstones += struct.length;
    }
  return { items, tombstones };
}

function recordsByKind(doc: Y.Doc): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { typeName, type } of readBoard(doc)) {
    const kind = typeof type === 'string' ? `${typeName}:${type}` : typeName;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
