/** Of one camera: how many pictures have been made of how many packets. */
export interface Decoded {
  atMs: number;
  frames: number;
  packets: number;
}

/** Longer than the pause between two pictures of the slowest camera (8 a second, a quarter of them on a thin line). */
const stuckMs = 400;
/** Before it is said again: a key frame needs a moment to be asked for, made, sent and shown. */
const againMs = 500;

/**
 * [CALL-68] A picture stands still although something of it arrives: what it is built on was lost for good, and only a
 * key frame helps. Browsers ask for one themselves after three seconds.
 */
export class Stuck {
  #last: Decoded | null = null;
  #saidAt = -Infinity;

  /** @returns true where a key frame has to be asked for now */
  read(now: Decoded): boolean {
    if (!this.#last || this.#last.frames !== now.frames) this.#last = now;
    const isStuck = now.atMs - this.#last.atMs >= stuckMs && now.packets > this.#last.packets;
    if (!isStuck || now.atMs - this.#saidAt < againMs) return false;
    this.#saidAt = now.atMs;
    return true;
  }
}
