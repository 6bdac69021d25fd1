/** Of what waits: more ends the recording. */
export const mostWaiting = 30;
export const mostWaitingBytes = 48 * 1024 * 1024;

export interface Piece {
  number: number;
  bytes: Blob;
  /** Milliseconds of the room's time from the start to the end of this piece. */
  until: number;
}

/**
 * `kept`: the server has it. `later`: it could not be reached, or has no room just now. `over`: it takes this one no
 * more, nor what comes after it.
 */
export type Sent = 'kept' | 'later' | 'over';

export interface OutgoingOptions {
  send(piece: Piece): Promise<Sent>;
  /** How much waits, and whether the line is down. */
  changed(state: { waiting: number; offline: boolean }): void;
  /** Too much waits. */
  full(): void;
  pause?: (ms: number) => Promise<void>;
}

const pausesMs = [1_000, 2_000, 4_000, 8_000];

/** [RC-5] Pieces on their way to the server, one after the other; each is held until the server has it, and no longer. */
export class Outgoing {
  readonly #options: OutgoingOptions;
  readonly #waiting: Piece[] = [];
  #made = 0;
  #sending: Promise<void> | null = null;
  #over = false;
  #ended = false;
  #offline = false;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** How many pieces the server has or will have. */
  get made(): number {
    return this.#made;
  }

  add(bytes: Blob, until: number): void {
    if (this.#over) return;
    this.#waiting.push({ number: this.#made++, bytes, until });
    this.#tell();
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
    const size = this.#waiting.reduce((sum, piece) => sum + piece.bytes.size, 0);
    if (!this.#ended && (this.#waiting.length > mostWaiting || size > mostWaitingBytes)) this.#options.full();
  }

  /** Nothing more is added. @returns when all has gone or nothing more will; false: some of it did not */
  async drained(withinMs: number): Promise<boolean> {
    this.#ended = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    await Promise.race([this.#sending ?? Promise.resolve(), patience]);
    clearTimeout(timer);
    const all = this.#waiting.length === 0;
    this.#drop();
    return all;
  }

  async #send(): Promise<void> {
    const pause = this.#options.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    for (let tries = 0; this.#waiting.length > 0;) {
      const piece = this.#waiting[0]!;
      const sent = await this.#options.send(piece);
      if (this.#over) return;
      if (sent === 'over') {
        this.#made = piece.number;
        this.#drop();
        return;
      }
      this.#offline = sent === 'later';
      if (sent === 'kept') {
        this.#waiting.shift();
        tries = 0;
      }
      this.#tell();
      if (sent === 'later') await pause(pausesMs[Math.min(tries++, pausesMs.length - 1)]!);
    }
  }

  #drop(): void {
    this.#over = true;
    this.#waiting.length = 0;
    this.#offline = false;
    this.#tell();
  }

  #tell(): void {
    this.#options.changed({ waiting: this.#waiting.length, offline: this.#offline });
  }
}
