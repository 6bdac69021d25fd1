/** One direction of a line, as it is for each packet. */
export interface WayConditions {
  /** Part of the packets that never arrive, 0…1, each by itself. */
  loss: number;
  delayMs: number;
  /** Up to this much on top of the delay, evenly spread. What left first arrives first, as on one route. */
  jitterMs: number;
  /** Kilobits a second; null: as much as there is. */
  kbps: number | null;
  /** How long a packet may wait for its turn where `kbps` is full; later ones are dropped. */
  queueMs: number;
}

export const clearWay: WayConditions = { loss: 0, delayMs: 0, jitterMs: 0, kbps: null, queueMs: 200 };

/** Decides when a packet arrives. The same conditions, seed and packets give the same answers. */
export class Way {
  conditions: WayConditions;
  readonly #random: (below: number) => number;
  #freeAtMs = 0;
  #lastMs = 0;

  /** @param random whole numbers from 0 to below what is asked (tests/support/random.ts) */
  constructor(random: (below: number) => number, conditions: WayConditions = clearWay) {
    this.#random = random;
    this.conditions = conditions;
  }

  /** @returns when it arrives, on the clock of `nowMs`; null where it is lost on the way or its queue is full */
  arrival(bytes: number, nowMs: number): number | null {
    const { loss, queueMs } = this.conditions;
    if (loss > 0 && this.#random(1_000_000) < loss * 1_000_000) return null;
    if (this.conditions.kbps !== null && this.#freeAtMs - nowMs > queueMs) return null;
    return this.#pass(bytes, nowMs);
  }

  /** As `arrival` for what is never lost: bytes of a stream, which TCP would send again. */
  arrivalInOrder(bytes: number, nowMs: number): number {
    return this.#pass(bytes, nowMs);
  }

  #pass(bytes: number, nowMs: number): number {
    const { delayMs, jitterMs, kbps } = this.conditions;
    let sentMs = nowMs;
    if (kbps !== null) sentMs = this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + (bytes * 8) / kbps;
    const jitter = jitterMs > 0 ? this.#random(1_000) * (jitterMs / 1_000) : 0;
    return (this.#lastMs = Math.max(this.#lastMs, sentMs + delayMs + jitter));
  }
}
