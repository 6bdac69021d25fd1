/** Counts who does something, in this process: at most `most` times within `withinMs`. */
export class Limiter {
  readonly #times = new Map<string, number[]>();
  readonly #most: number;
  readonly #withinMs: number;

  constructor({ most, withinMs }: { most: number; withinMs: number }) {
    this.#most = most;
    this.#withinMs = withinMs;
  }

  /** False: too often. What is refused does not count. */
  take(key: string, now: Date): boolean {
    const from = now.getTime() - this.#withinMs;
    // Whoever has not come for so long is forgotten, so that this does not grow.
    for (const [known, times] of this.#times) if ((times.at(-1) ?? 0) <= from) this.#times.delete(known);
    const recent = (this.#times.get(key) ?? []).filter((time) => time > from);
    if (recent.length >= this.#most) return false;
    this.#times.set(key, [...recent, now.getTime()]);
    return true;
  }
}
