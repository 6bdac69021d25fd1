/** Pure: whether what others send arrives here. Time (ms) is passed in. */

/** Something of another person that should be arriving now, or of one's own that has no place at the media server. */
export interface Owed {
  id: string;
  /** Received of it so far; null: it has no place here yet. */
  bytes: number | null;
}

/** What was announced and has found no place here for this long does not come any more. */
const placeWithinMs = 10_000;
/**
 * The media server tells of a person who sends nothing within about ten seconds, who then owes nothing. After this,
 * it is our own line that is deaf.
 */
const deafAfterMs = 15_000;
/** Rooms built in a row of which none brought what was missing; a further one would not either. */
const vainAtMost = 3;
/** Between two looks: after longer the page had stood still, and nothing can be said. */
const pauseAtMostMs = 10_000;

/**
 * [CALL-74] Finds the call that is connected and brings nothing. Either something announced has had no place here for
 * too long, or nothing at all arrives of anybody. One person of whom nothing arrives while others are heard has a
 * trouble of their own: a new room here would not mend it.
 */
export class Arrival {
  #at: number | null = null;
  #heardAt = 0;
  #vain = 0;
  readonly #placeless = new Map<string, number>();
  #bytes = new Map<string, number>();

  /** The line is not up, or another room has taken the place of this one: begins anew. */
  rest(): void {
    this.#at = null;
    this.#placeless.clear();
    this.#bytes.clear();
  }

  /** @returns whether the room has to be built anew */
  look(owed: readonly Owed[], now: number): boolean {
    if (this.#at === null || now - this.#at > pauseAtMostMs) {
      this.rest();
      this.#heardAt = now;
    }
    this.#at = now;
    const arrives = owed.some(({ id, bytes }) => bytes !== null && bytes > (this.#bytes.get(id) ?? bytes));
    this.#bytes = new Map(owed.flatMap(({ id, bytes }) => (bytes === null ? [] : [[id, bytes] as const])));
    if (arrives || owed.length === 0) this.#heardAt = now;
    const placeless = owed.filter(({ bytes }) => bytes === null).map(({ id }) => id);
    for (const id of this.#placeless.keys()) if (!placeless.includes(id)) this.#placeless.delete(id);
    for (const id of placeless) if (!this.#placeless.has(id)) this.#placeless.set(id, now);
    if (arrives && placeless.length === 0) this.#vain = 0;

    const isDeaf = now - this.#heardAt >= deafAfterMs;
    const lacks = [...this.#placeless.values()].some((since) => now - since >= placeWithinMs);
    if (!(isDeaf || lacks) || this.#vain >= vainAtMost) return false;
    this.#vain++;
    this.rest();
    return true;
  }
}

const lookEveryMs = 3_000;
const catchUpEveryMs = 1_000;

export interface Watched {
  /** Takes what is here and was not told. @returns whether something has changed */
  catchUp(): boolean;
  owed(): Promise<Owed[]>;
}

export interface ArrivalWatchOptions<Room extends Watched> {
  /** The room that is up now. */
  session(): Room | null;
  found(session: Room): void;
  /** The room brings nothing: another has to be built. */
  stuck(): void;
}

/** [CALL-74] Looks after a call for as long as somebody stays in it. */
export class ArrivalWatch<Room extends Watched> {
  readonly #options: ArrivalWatchOptions<Room>;
  #arrival = new Arrival();
  #timers: ReturnType<typeof setInterval>[] = [];

  constructor(options: ArrivalWatchOptions<Room>) {
    this.#options = options;
  }

  start(): void {
    this.stop();
    this.#arrival = new Arrival();
    this.#timers = [
      setInterval(() => {
        const session = this.#options.session();
        if (session?.catchUp()) this.#options.found(session);
      }, catchUpEveryMs),
      setInterval(() => void this.#look(), lookEveryMs)
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  async #look(): Promise<void> {
    const arrival = this.#arrival;
    const session = this.#options.session();
    if (!session) return arrival.rest();
    const owed = await session.owed();
    // Meanwhile left, or lost.
    if (arrival !== this.#arrival || session !== this.#options.session()) return arrival.rest();
    if (this.#timers.length > 0 && arrival.look(owed, Date.now())) this.#options.stuck();
  }
}
