export interface LogFollowerOptions {
  /** Number of the newest row that the document holds, with all before it. */
  known: number;
  /** All rows of the log after that number, in order. */
  read: (after: number) => Promise<readonly Uint8Array[]>;
  /** Bring rows of other nodes into the document. */
  apply: (updates: readonly Uint8Array[]) => void;
  onReadFailed: (error: unknown) => void;
  /** For rows that overtook others on their way; then the log is read. */
  gapMs: number;
  /** Between tries of a read that failed: the first, and the most. */
  retryMs: number;
  retryMaxMs: number;
}

/**
 * Keeps a document level with its log, which several nodes write. Rows are numbered in the order of their commits, so
 * taking them in by number keeps causes before effects. Rows told by the relay are taken as they come; where one is
 * missing, the log itself is read.
 */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  #known: number;
  /** Told before what precedes it, by number of its first row. Of our own rows there is nothing to apply. */
  readonly #ahead = new Map<number, { last: number; updates: readonly Uint8Array[] }>();
  /** The log is known to reach so far. */
  #reach: number;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #reading: Promise<void> | null = null;
  #failures = 0;
  #stopped = false;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    this.#known = options.known;
    this.#reach = options.known;
  }

  /** Every row up to this one is in the document. */
  get known(): number {
    return this.#known;
  }

  /** We wrote these rows; rows before them that we do not know are another node's, or ours of a try thought failed. */
  wrote(first: number, last: number): void {
    this.#note(first, last, []);
  }

  /** Another node wrote these rows. */
  heard(first: number, updates: readonly Uint8Array[]): void {
    this.#note(first, first + updates.length - 1, updates);
  }

  /** The log has rows up to this one. */
  reaches(last: number): void {
    this.#reach = Math.max(this.#reach, last);
    this.#mindGap();
  }

  /** Read what the log has beyond. Never rejects: a read that fails is tried again for as long as rows are missing. */
  lookUp(): Promise<void> {
    this.#cancel();
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      this.#mindGap();
    });
    return this.#reading;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #note(first: number, last: number, updates: readonly Uint8Array[]): void {
    if (last > this.#known) this.#ahead.set(first, { last, updates });
    this.#reach = Math.max(this.#reach, last);
    this.#takeIn();
    this.#mindGap();
  }

  #takeIn(): void {
    for (let found = true; found;) {
      found = false;
      for (const [first, { last, updates }] of this.#ahead) {
        if (first > this.#known + 1) continue;
        this.#ahead.delete(first);
        if (last <= this.#known) continue;
        if (updates.length > 0) this.#options.apply(updates);
        this.#known = last;
        found = true;
      }
    }
  }

  #mindGap(): void {
    if (this.#known >= this.#reach) {
      this.#cancel();
      return;
    }
    if (this.#timer || this.#reading || this.#stopped) return;
    const { gapMs, retryMs, retryMaxMs } = this.#options;
    const waitMs = this.#failures === 0 ? gapMs : Math.min(retryMaxMs, retryMs * 2 ** (this.#failures - 1));
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.lookUp();
    }, waitMs);
  }

  async #read(): Promise<void> {
    const after = this.#known;
    try {
      const updates = await this.#options.read(after);
      this.#failures = 0;
      if (this.#stopped) return;
      // Some may have come by the relay meanwhile; what is known already does no harm but costs.
      const fresh = updates.slice(this.#known - after);
      if (fresh.length > 0) this.#options.apply(fresh);
      this.#known = Math.max(this.#known, after + updates.length);
      this.#takeIn();
    } catch (error) {
      this.#failures++;
      this.#options.onReadFailed(error);
    }
  }

  #cancel(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
