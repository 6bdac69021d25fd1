/** What a browser has received since the call began, all sound and pictures added up. */
export interface Received {
  atMs: number;
  packets: number;
  /** How often a packet that was missing was asked for. */
  askedAgain: number;
  /** To the media server and back; 0: not told. */
  roundTripMs: number;
}

/** Looked at together: a shorter time tells chance, a longer one comes late. */
const windowMs = 2_000;
const fewestPackets = 20;
/** A line is weak from this share of packets asked for again, and no longer once it has been below for so long. */
const weakShare = 0.03;
const calmMs = 20_000;
/** A change is a stretch of sound that is heard: small ones are not worth it. */
const leastChangeMs = 100;

/**
 * [CALL-67] How long sound and picture wait for what is on its way a second time. A packet that was lost has been asked
 * for, sent, and perhaps lost again, on the way up and on the way down: two round trips each, and what jitter adds.
 */
export class Patience {
  #readings: Received[] = [];
  #weakAt: number | null = null;
  #waitMs = 0;

  get isWeak(): boolean {
    return this.#weakAt !== null;
  }

  /** @returns ms to wait; 0: as the browser likes */
  read(now: Received): number {
    this.#readings.push(now);
    while (this.#readings.length > 2 && now.atMs - this.#readings[1]!.atMs >= windowMs)
      this.#readings.shift();
    const before = this.#readings[0]!;
    const packets = now.packets - before.packets;
    // Fewer than before: somebody left, and took their numbers along.
    if (packets >= fewestPackets && (now.askedAgain - before.askedAgain) / packets > weakShare)
      this.#weakAt = now.atMs;
    else if (this.#weakAt !== null && now.atMs - this.#weakAt > calmMs) this.#weakAt = null;
    const waitMs = this.isWeak ? Math.min(800, 200 + 4 * now.roundTripMs) : 0;
    if (waitMs === 0 || Math.abs(waitMs - this.#waitMs) >= leastChangeMs) this.#waitMs = waitMs;
    return this.#waitMs;
  }
}
