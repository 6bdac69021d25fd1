import * as Y from 'yjs';
import type { LogRow } from './persistence.ts';

interface Waiting extends LogRow {
  /** Entries merged into this row. */
  count: number;
}

export interface UpdateLogOptions {
  /** Resolves once the rows are durable. */
  append: (rows: readonly LogRow[]) => Promise<void>;
  saveMs: number;
  retryMs: number;
  retryMaxMs: number;
  /** After a save that succeeded; `failures` is how many came just before it. */
  onSaved: (failures: number) => void;
  /** After a save that failed, the `failures`th in a row. */
  onFailed: (error: unknown, failures: number) => void;
}

/**
 * The way of one document's changes to the disk: one save at a time, all that came meanwhile in the next one.
 * A failed save is kept and tried again, with growing pauses, for as long as the process lives.
 */
export class UpdateLog {
  readonly #options: UpdateLogOptions;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #stopped = false;
  #hurried = false;
  #lastStart = Number.NEGATIVE_INFINITY;
  readonly #waiters: { added: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  /** Entries added, and entries durable, since the document was loaded. */
  added = 0;
  saved = 0;
  /** Bytes not yet durable. */
  bytes = 0;

  constructor(options: UpdateLogOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#running === null;
  }

  add(row: LogRow): void {
    this.#waiting.push({ ...row, count: 1 });
    this.added++;
    this.bytes += row.bytes.byteLength;
    this.#running ??= this.#run();
  }

  /** Resolves once everything added so far is durable (or the log was stopped). Does not wait for the pace. */
  async drained(): Promise<void> {
    this.#hurried = true;
    this.#wake?.();
    while (this.#running) await this.#running;
    this.#hurried = false;
  }

  /** Resolves once all that was added before this call is durable, whatever comes meanwhile. Rejects where it is given up. */
  durable(): Promise<void> {
    const { added } = this;
    if (this.saved >= added) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ added, resolve, reject }));
  }

  /** Give up: for a process that must end. What is not saved then is in the clients only, who were told so. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
    for (const { reject } of this.#waiters.splice(0)) reject(new Error('update log stopped'));
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#waiting.length > 0 && !this.#stopped) {
      const pace = this.#hurried ? 0 : this.#lastStart + this.#options.saveMs - performance.now();
      await this.#pause(failures > 0 ? this.#backoff(failures) : pace);
      if (this.#stopped) break;
      this.#lastStart = performance.now();
      const rows = mergeByAuthor(this.#waiting);
      this.#waiting = [];
      try {
        await this.#options.append(rows);
      } catch (error) {
        this.#waiting = [...rows, ...this.#waiting];
        failures++;
        this.#options.onFailed(error, failures);
        continue;
      }
      this.saved += rows.reduce((sum, row) => sum + row.count, 0);
      this.bytes = this.#waiting.reduce((sum, row) => sum + row.bytes.byteLength, 0);
      while (this.#waiters[0] && this.#waiters[0].added <= this.saved) this.#waiters.shift()!.resolve();
      this.#options.onSaved(failures);
      failures = 0;
    }
    this.#running = null;
  }

  #backoff(failures: number): number {
    return Math.min(this.#options.retryMaxMs, this.#options.retryMs * 2 ** (failures - 1));
  }

  async #pause(ms: number): Promise<void> {
    // Always a turn of the event loop, so that `add` returns before its save begins.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, ms));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}

/** One row an author: who drew what stays told apart, and rows stay few. */
function mergeByAuthor(waiting: readonly Waiting[]): Waiting[] {
  const byAuthor = new Map<string, Waiting[]>();
  for (const row of waiting) {
    const own = byAuthor.get(row.author);
    if (own) own.push(row);
    else byAuthor.set(row.author, [row]);
  }
  return [...byAuthor.values()].map((rows) => {
    const first = rows[0]!;
    if (rows.length === 1) return first;
    return {
      ...first,
      bytes: Y.mergeUpdates(rows.map((row) => row.bytes)),
      count: rows.reduce((sum, row) => sum + row.count, 0)
    };
  });
}
