/** Pure: whether a worker is still there, which no browser tells of one that has gone. Time (ms) is passed in. */

export const pulseEveryMs = 2_000;
/** So many questions in a row without an answer: gone. A computer that is only busy answers within them. */
const unansweredAtMost = 5;
/** Before its first answer it is being loaded, on a slow line for long. */
const loadedWithinMs = 45_000;
/** After longer than this between two questions the page itself had stood still, and its worker with it. */
const stoodStillMs = 10_000;
/** It has done its work for a while. */
const steadyAnswers = 5;

export class Pulse {
  #askedAt: number | null = null;
  #since = 0;
  #unanswered = 0;
  #answers = 0;

  /** Call at each question. @returns whether it is gone */
  ask(now: number): boolean {
    if (this.#askedAt === null) this.#since = now;
    else if (now - this.#askedAt > stoodStillMs) {
      this.#unanswered = 0;
      this.#since += now - this.#askedAt;
    }
    this.#askedAt = now;
    if (this.#answers === 0) return now - this.#since >= loadedWithinMs;
    return ++this.#unanswered > unansweredAtMost;
  }

  /** It has answered. @returns true once: it has been there for a while */
  answered(): boolean {
    this.#unanswered = 0;
    return ++this.#answers === steadyAnswers;
  }
}
