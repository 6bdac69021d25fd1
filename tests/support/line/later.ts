/** Does things at their time, in the order in which they were asked for; one timer for all. */
export class Later {
  readonly #waiting: { atMs: number; act: () => void }[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** @param atMs on the clock of `performance.now()`, not before that of the one asked for last */
  at(atMs: number, act: () => void): void {
    this.#waiting.push({ atMs, act });
    if (this.#waiting.length === 1) this.#arm();
  }

  clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.length = 0;
  }

  #arm(): void {
    const next = this.#waiting[0];
    if (!next) return;
    const inMs = next.atMs - performance.now();
    // What is due within the timer's own millisecond goes now: rounding up would double short delays.
    if (inMs < 0.5) this.#run();
    else this.#timer = setTimeout(() => this.#run(), inMs);
  }

  #run(): void {
    this.#timer = null;
    const now = performance.now() + 0.5;
    let due = 0;
    while (due < this.#waiting.length && this.#waiting[due]!.atMs <= now) due++;
    for (const { act } of this.#waiting.splice(0, due)) act();
    if (!this.#timer) this.#arm();
  }
}
