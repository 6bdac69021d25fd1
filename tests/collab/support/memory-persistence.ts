import type { DocumentKey, LogRow, Persistence, StoredDocument } from '../../../server/collab/persistence.ts';

interface MemoryDocument {
  rows: LogRow[];
  snapshot: { upTo: number; state: Uint8Array; at: Date } | null;
  closedAt: Date | null;
}

/** Documents in memory, with gates and faults to order. Outlives the server that uses it, as a disk does. */
export class MemoryPersistence implements Persistence {
  readonly documents = new Map<string, MemoryDocument>();
  loads = 0;
  appends = 0;
  snapshots = 0;
  /** Awaited before a call does its work. */
  beforeLoad: () => Promise<void> = async () => {};
  beforeAppend: () => Promise<void> = async () => {};
  beforeSnapshot: () => Promise<void> = async () => {};

  create(documentId: string): void {
    this.documents.set(documentId, { rows: [], snapshot: null, closedAt: null });
  }

  async load({ documentId }: DocumentKey): Promise<StoredDocument | null> {
    this.loads++;
    await this.beforeLoad();
    const document = this.documents.get(documentId);
    if (!document) return null;
    const upTo = document.snapshot?.upTo ?? 0;
    return {
      snapshot: document.snapshot?.state ?? null,
      upTo,
      updates: document.rows.slice(upTo).map((row) => row.bytes),
      lastNumber: document.rows.length,
      closedAt: document.closedAt
    };
  }

  async append({ documentId }: DocumentKey, rows: readonly LogRow[]): Promise<number> {
    this.appends++;
    await this.beforeAppend();
    return this.of(documentId).rows.push(...rows);
  }

  async since({ documentId }: DocumentKey, after: number, upTo: number): Promise<Uint8Array[]> {
    return this.of(documentId)
      .rows.slice(after, upTo)
      .map((row) => row.bytes);
  }

  async snapshot(
    { documentId }: DocumentKey,
    snapshot: { upTo: number; state: Uint8Array; at: Date }
  ): Promise<void> {
    this.snapshots++;
    await this.beforeSnapshot();
    const document = this.of(documentId);
    if ((document.snapshot?.upTo ?? 0) <= snapshot.upTo) document.snapshot = snapshot;
  }

  /** A disk is as large as it has to be. */
  async seal(): Promise<void> {}

  of(documentId: string): MemoryDocument {
    const document = this.documents.get(documentId);
    if (!document) throw new Error('no such document');
    return document;
  }
}
