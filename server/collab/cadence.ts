/** What may run without being gathered: `cost` is asked before each run. */
export interface Allowance {
  perSecond: number;
  cost: () => number;
}
const burstSeconds = 0.1;

/**
 * Runs work at most once in `everyMs`, and at once where nothing ran lately: a lone change is not delayed, a
 * flood is gathered. "At once" is the end of this turn of the event loop, so one read of the socket is one run.
 *
 * With an allowance, runs go at once as long as what they cost stays within it, however close they follow.
 */
export class Cadence {
  readonly #everyMs: () => number;
  readonly #work: () => void;
  readonly #allowance: Allowance | null;
  #left: number;
  #filledAt = performance.now();
  #lastRun = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;

  constructor(everyMs: number | (() => number), work: () => void, allowance: Allowance | null = null) {
    this.#everyMs = typeof everyMs === 'number' ? () => everyMs : everyMs;
    this.#work = work;
    this.#allowance = allowance;
    this.#left = allowance ? allowance.perSecond * burstSeconds : 0;
  }

  /** Ask for a run. */
  request(): void {
    if (this.#cancel) return;
    const wait = this.#mayRun() ? 0 : this.#lastRun + this.#everyMs() - performance.now();
    if (wait <= 0) {
      const handle = setImmediate(() => this.run());
      this.#cancel = () => clearImmediate(handle);
    } else {
      const handle = setTimeout(() => this.run(), wait);
      this.#cancel = () => clearTimeout(handle);
    }
  }

  #mayRun(): boolean {
    if (!this.#allowance) return false;
    const { perSecond, cost } = this.#allowance;
    const now = performance.now();
    const filled = this.#left + ((now - this.#filledAt) / 1_000) * perSecond;
    this.#left = Math.min(perSecond * burstSeconds, filled);
    this.#filledAt = now;
    const needed = cost();
    if (needed > this.#left) return false;
    this.#left -= needed;
    return true;
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
