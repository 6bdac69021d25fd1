/** A token bucket: so much a second for long, and a burst of four seconds' worth. */
export class Rate {
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond * 4;
    this.#at = nowMs;
  }

  /** Take `amount` where it is there; else take nothing and return false. */
  tryTake(amount: number, nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }

  /** Take `amount`. @returns milliseconds until the debt it left is paid; 0 where there is none */
  take(amount: number, nowMs: number): number {
    this.#refill(nowMs);
    this.#tokens -= amount;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#perSecond) * 1000);
  }

  #refill(nowMs: number): void {
    const refilled = this.#tokens + ((nowMs - this.#at) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond * 4, refilled);
    this.#at = nowMs;
  }
}
