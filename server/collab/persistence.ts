/** Where documents are kept. postgres-persistence.ts is the real one; tests have one in memory. */

/** Which document, and whose. */
export interface DocumentKey {
  organisationId: string;
  documentId: string;
  consultId: string;
}

export interface LogRow {
  /** A Yjs update, encoding version 1. */
  bytes: Uint8Array;
  /** User or invite id. */
  author: string;
  at: Date;
}

export interface StoredDocument {
  /** The whole state up to `upTo`; null where the log alone holds it. */
  snapshot: Uint8Array | null;
  upTo: number;
  /** The log after `upTo`, in order. */
  updates: Uint8Array[];
  /** Number of the newest row read. */
  lastNumber: number;
  /** Set: the document is read only. */
  closedAt: Date | null;
}

export interface Persistence {
  /** Null where there is no such document. */
  load(key: DocumentKey): Promise<StoredDocument | null>;
  /**
   * Append to the log. Resolves once it is durable, with the number of the last row written. May be called
   * again with the same rows where it failed and it is not known whether it did all of its work.
   */
  append(key: DocumentKey, rows: readonly LogRow[]): Promise<number>;
  /** The log's updates with `after` < number ≤ `upTo`, in order. */
  since(key: DocumentKey, after: number, upTo: number): Promise<Uint8Array[]>;
  /** Keep a snapshot that holds every row up to `upTo`, unless a newer one is there. */
  snapshot(key: DocumentKey, snapshot: { upTo: number; state: Uint8Array; at: Date }): Promise<void>;
  /** Keep the log up to there in less space, as it was. Called once a snapshot holds it; may do part of it, or nothing. */
  seal(key: DocumentKey, upTo: number): Promise<void>;
}
