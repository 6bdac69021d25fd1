import type { Limits } from './limits.ts';
import type { StoredDocument } from './persistence.ts';

export interface SnapshotsOptions {
  /** The whole document as one update, garbage collected. */
  state: () => Uint8Array;
  stored: StoredDocument;
  limits: Pick<Limits, 'snapshotRows' | 'snapshotBytes'>;
  /** Every row of the log up to this one is in the document. */
  known: () => number;
  /** Resolves once what is in the document now is in the log. */
  durable: () => Promise<void>;
  keep: (snapshot: { upTo: number; state: Uint8Array }) => Promise<void>;
  /** What is in a snapshot is seldom read from the log: it may be packed there. */
  seal: (upTo: number) => Promise<void>;
  onSealFailed: (error: unknown) => void;
}

/** When a document's whole state is written down, so that loading it does not take the whole log. */
export class Snapshots {
  readonly #options: Omit<SnapshotsOptions, 'stored'>;
  /** Of the log, since the last snapshot. */
  #rows: number;
  #bytes: number;
  /** Of the last snapshot. */
  #size: number;
  #writing: Promise<void> | null = null;

  constructor({ stored: { updates, snapshot }, ...options }: SnapshotsOptions) {
    this.#options = options;
    this.#rows = updates.length;
    this.#bytes = updates.reduce((sum, update) => sum + update.byteLength, 0);
    this.#size = snapshot?.byteLength ?? 0;
  }

  /** Length of the newest one in bytes; 0 where there is none. */
  get size(): number {
    return this.#size;
  }

  /** This node has added rows to the log. Other nodes see to theirs. */
  count(rows: readonly { bytes: Uint8Array }[]): void {
    this.#rows += rows.length;
    this.#bytes += rows.reduce((sum, row) => sum + row.bytes.byteLength, 0);
  }

  get isDue(): boolean {
    const { snapshotRows, snapshotBytes } = this.#options.limits;
    // In proportion to the snapshot, so that a large document is not written whole for every few changes.
    const bytes = Math.max(snapshotBytes, this.#size / 2);
    return this.#bytes >= bytes || this.#rows >= Math.max(snapshotRows, this.#size / 1024);
  }

  get isNeeded(): boolean {
    return this.#rows > 0;
  }

  /** Write the whole state. Rejects where that failed; the log holds all of it anyway. */
  write(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { known, durable, keep, seal, onSealFailed } = this.#options;
    const [rows, bytes, upTo] = [this.#rows, this.#bytes, known()];
    const state = this.#options.state();
    // Once in a snapshot, what the log has not got would be built upon, and the log no longer be complete in itself.
    await durable();
    await keep({ upTo, state });
    this.#rows -= rows;
    this.#bytes -= bytes;
    this.#size = state.byteLength;
    await seal(upTo).catch(onSealFailed);
  }
}
