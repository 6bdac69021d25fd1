export type Source = 'camera' | 'microphone';
const sources: readonly Source[] = ['camera', 'microphone'];

/** Pause before the n-th new try (0-based) to open a device that another program, or a phone call, has taken. */
export function reopenPauseMs(attempt: number): number {
  return Math.min(15_000, 1_000 * 2 ** attempt);
}

export interface GivenBackOptions {
  /** The person wants it to be sent, and the call is up. */
  wants(source: Source): boolean;
  /** It is being sent. */
  sends(source: Source): boolean;
  /** Opens and sends it. @throws where it cannot be had yet */
  open(source: Source): Promise<void>;
}

/**
 * Camera and microphone that were taken away in the call (a phone call, another program, a page frozen with its lid)
 * are taken again as soon as they can be had. What the person wants stays what they want meanwhile.
 */
export class GivenBack {
  /** Wanted, and not to be had for now. */
  taken = $state.raw<readonly Source[]>([]);

  readonly #options: GivenBackOptions;
  readonly #timers = new Map<Source, ReturnType<typeof setTimeout>>();
  readonly #opening = new Set<Source>();

  constructor(options: GivenBackOptions) {
    this.#options = options;
  }

  /** Something may have changed: call with every change of what is sent. */
  look(): void {
    const taken = sources.filter((source) => this.#options.wants(source) && !this.#options.sends(source));
    for (const source of sources) {
      if (!taken.includes(source)) this.#rest(source);
      else if (!this.#timers.has(source) && !this.#opening.has(source)) this.#wait(source, 0);
    }
    if (taken.join() !== this.taken.join()) this.taken = taken;
  }

  /** Now rather than later: the page is in front again, or a device has come. */
  hurry(): void {
    for (const source of this.taken) if (!this.#opening.has(source)) void this.#open(source, 0);
  }

  stop(): void {
    for (const source of sources) this.#rest(source);
    this.taken = [];
  }

  #rest(source: Source): void {
    clearTimeout(this.#timers.get(source));
    this.#timers.delete(source);
  }

  #wait(source: Source, attempt: number): void {
    this.#timers.set(
      source,
      setTimeout(() => void this.#open(source, attempt), reopenPauseMs(attempt))
    );
  }

  async #open(source: Source, attempt: number): Promise<void> {
    this.#rest(source);
    if (!this.#options.wants(source)) return this.look();
    this.#opening.add(source);
    try {
      await this.#options.open(source);
    } catch {
      // Still taken: what the person reads says so already.
      if (this.#options.wants(source)) this.#wait(source, attempt + 1);
    } finally {
      this.#opening.delete(source);
      this.look();
    }
  }
}
