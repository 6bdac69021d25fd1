export type Saved = 'clean' | 'saving' | 'saved' | 'failed';

/**
 * Keeps what is typed on the server, soon after the last change. Requests go one after another: two under way could
 * arrive the other way round and leave the older text.
 */
export class Autosave {
  state = $state<Saved>('clean');
  readonly #save: (options: { keepalive: boolean }) => Promise<unknown>;
  readonly #afterMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changes = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `save` sends what is typed at the moment it is called. */
  constructor(save: (options: { keepalive: boolean }) => Promise<unknown>, afterMs = 600) {
    this.#save = save;
    this.#afterMs = afterMs;
  }

  /** Something changed: keep it soon. */
  touched(): void {
    clearTimeout(this.#timer);
    this.#changes++;
    this.state = 'saving';
    // A failure is told by the state; the text is still there, and the next change tries again.
    this.#timer = setTimeout(() => void this.now().catch(() => undefined), this.#afterMs);
  }

  /** Keep what is typed now. @throws what `save` threw */
  now(): Promise<void> {
    clearTimeout(this.#timer);
    const work = this.#last.then(async () => {
      const changes = this.#changes;
      try {
        await this.#save({ keepalive: false });
        if (changes === this.#changes) this.state = 'saved';
      } catch (error) {
        this.state = 'failed';
        throw error;
      }
    });
    this.#last = work.catch(() => undefined);
    return work;
  }

  /** Keep no more; done when nothing is under way, so that what is sent next finds no save behind it. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.state = 'clean';
    await this.#last;
  }

  /** The page or the form goes: what is not kept yet is sent without waiting for its turn or its answer. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.state !== 'saving' && this.state !== 'failed') return;
    void this.#save({ keepalive: true }).catch(() => undefined);
  }
}
