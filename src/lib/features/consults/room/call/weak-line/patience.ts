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
/**
 * How often a packet was asked for again, by packets received, from which is waited and a step taken. 5 % lost on the
 * way up and down make about 0.15, 20 % about 0.8.
 */
const shares = { wait: 0.03, less: 0.25, least: 0.5 } as const;
const levels = ['wait', 'less', 'least'] as const;
/** Both are kept until the line has not asked for them for so long. */
const calmMs = 20_000;
/** A change is a stretch of sound that is heard: small ones are not worth it. */
const leastChangeMs = 100;

/** How large the pictures of cameras are taken: as they come, at most the middle layer, the smallest. */
export type Step = 'none' | 'less' | 'least';

export interface Measures {
  /** To wait for what is missing; 0: as the browser likes. */
  waitMs: number;
  step: Step;
}

/**
 * [CALL-67] How long sound and picture wait for what is on its way a second time. A packet that was lost has been asked
 * for, sent, and perhaps lost again, on the way up and on the way down: four round trips each, and what jitter adds.
 */
export class Patience {
  #readings: Received[] = [];
  #askedAt = { wait: -Infinity, less: -Infinity, least: -Infinity };
  #waitMs = 0;

  read(now: Received): Measures {
    this.#readings.push(now);
    while (this.#readings.length > 2 && now.atMs - this.#readings[1]!.atMs >= windowMs)
      this.#readings.shift();
    const before = this.#readings[0]!;
    const packets = now.packets - before.packets;
    // Fewer than before: somebody left, and took their numbers along.
    const share = packets < fewestPackets ? 0 : (now.askedAgain - before.askedAgain) / packets;
    for (const level of levels) if (share > shares[level]) this.#askedAt[level] = now.atMs;
    const holds = (level: keyof typeof shares) => now.atMs - this.#askedAt[level] <= calmMs;
    const step = holds('least') ? 'least' : holds('less') ? 'less' : 'none';
    const trips = step === 'none' ? 4 : 8;
    const waitMs = holds('wait') ? Math.min(800, 40 * trips + trips * now.roundTripMs) : 0;
    if (waitMs === 0 || Math.abs(waitMs - this.#waitMs) >= leastChangeMs) this.#waitMs = waitMs;
    return { waitMs: this.#waitMs, step };
  }
}
