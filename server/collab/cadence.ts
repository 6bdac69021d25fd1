/**
 * Runs work at most once in `everyMs`, and at once where nothing ran lately: a lone change is not delayed, a
 * flood is gathered. "At once" is the end of this turn of the event loop, so one read of the socket is one run.
 */
export class Cadence {
  readonly #everyMs: () => number;
  readonly #work: () => void;
  #lastRun = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;

  constructor(everyMs: number | (() => number), work: () => void) {
    this.#everyMs = typeof everyMs === 'number' ? () => everyMs : everyMs;
    this.#work = work;
  }

  /** Ask for a run. */
  request(): void {
    if (this.#cancel) return;
    const wait = this.#lastRun + this.#everyMs() - performance.now();
    if (wait <= 0) {
      const handle = setImmediate(() => this.run());
      this.#cancel = () => clearImmediate(handle);
    } else {
      const handle = setTimeout(() => this.run(), wait);
      this.#cancel = () => clearTimeout(handle);
    }
  }

  /** Run now, in place of the run asked for. */
  run(): void {
    this.stop();
    this.#lastRun = performance.now();
    this.#work();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
