import type { CallEncryption, EncryptionView } from '../../../encryption.ts';
import { retryPauseMs } from '../call.ts';
import type { Session } from '../session.ts';
import { canEncrypt } from './can.ts';
import type { CipherListener } from './cipher.ts';

export interface EncryptionOptions {
  /** Of who sits in the call: the key as it is now. */
  current: (() => Promise<CallEncryption>) | undefined;
  /** The room that is open, in the lobby unseen; null: none. */
  session(): Pick<Session, 'encrypts' | 'isCipherLost' | 'renewKey'> | null;
  /** A new room is wanted, encrypted or not as the server says now. */
  rebuild(): void;
}

/** Where no page tells that something changed, as in the small window on other pages. */
const lookEveryMs = 20_000;
/** Not more often, however many frames cannot be read. */
const lookAgainMs = 2_000;
/** On a line that was dead for a while a question may hang for long; one put later is answered sooner. */
const answerWithinMs = 4_000;
/** Until there is an answer, somebody may neither be seen nor heard. */
const askAgainWithinMs = 4_000;
const toldForMs = 6_000;
/** So many workers in a row, of which none did its work for a while: this browser cannot. */
const lossesAtMost = 3;

/** [CALL-70] How this call is encrypted: what the server told, followed by the room that is open. */
export class Encryption implements CipherListener {
  /** As told last; null: not yet. */
  told = $state.raw<CallEncryption | null>(null);
  /** The room is being built anew because it was turned on or off. */
  switching = $state(false);
  /** Something arrives that cannot be decrypted; the key is being fetched. */
  waiting = $state(false);
  /** The notice that somebody cannot has been read. */
  acknowledged = $state(false);
  can = $state(canEncrypt());

  readonly #options: EncryptionOptions;
  /** What the page has read and nobody has asked about since. */
  #heard: EncryptionView | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #againTimer: ReturnType<typeof setTimeout> | undefined;
  #waitingTimer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | null = null;
  #lookedAt = 0;
  #unanswered = 0;
  #losses = 0;

  constructor(options: EncryptionOptions) {
    this.#options = options;
  }

  /** The server told where it stands, with a ticket, a seat or when asked. */
  take(told: CallEncryption | undefined): void {
    if (!told) return;
    // [CALL-75] Of a room that took long to build the ticket may be older than what has been told since.
    if (!this.told || told.epoch >= this.told.epoch) {
      if (told.why !== this.told?.why || told.name !== this.told.name) this.acknowledged = false;
      this.told = told;
    }
    this.follow();
    this.#pursue();
  }

  /** The open room does what was told. */
  follow(): void {
    const session = this.#options.session();
    const { told } = this;
    if (!session || !told) return;
    this.switching = session.encrypts !== (told.on && this.can);
    if (this.switching || session.isCipherLost) this.#options.rebuild();
    else if (told.key) session.renewKey({ key: told.key, epoch: told.epoch });
  }

  /** The page has read where it stands. */
  heard(view: EncryptionView): void {
    this.#heard = view;
    this.#pursue();
  }

  /** [CALL-75] Asks about what was heard, at the latest when a room is open and no other question is. */
  #pursue(): void {
    const { told } = this;
    const heard = this.#heard;
    if (!heard || !told || this.#looking || !this.#options.session()) return;
    const { on, epoch, why, name } = told;
    const isNews = heard.on !== on || heard.epoch !== epoch || heard.why !== why || heard.name !== name;
    if (isNews && heard.epoch >= epoch) void this.look();
  }

  /** Something cannot be decrypted, or comes encrypted where nothing should. */
  unread(): void {
    this.#wait();
    this.#lookIn(Math.max(0, this.#lookedAt + lookAgainMs - Date.now()));
  }

  #wait(): void {
    this.waiting = true;
    clearTimeout(this.#waitingTimer);
    this.#waitingTimer = setTimeout(() => (this.waiting = false), toldForMs);
  }

  /**
   * [CALL-76] What encrypted is gone: another takes its place in a new room. Where none lasts, the call goes on without,
   * and everybody is told.
   */
  lost(): void {
    if (++this.#losses >= lossesAtMost) this.can = false;
    this.follow();
  }

  /** What encrypts has done its work for a while. */
  steady(): void {
    this.#losses = 0;
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
      if (this.#unanswered === 0) this.#pursue();
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    clearTimeout(this.#againTimer);
    this.#lookedAt = Date.now();
    const heard = this.#heard;
    const asked = this.#options.current?.();
    try {
      const told = await answered(asked);
      this.#unanswered = 0;
      if (this.#heard === heard) this.#heard = null;
      this.take(told);
    } catch {
      // The line is down, or the seat has ended: the call itself says so. On a slow one the answer may come yet.
      void asked?.then(
        (told) => this.take(told),
        () => undefined
      );
      if (this.waiting) this.#wait();
      this.#lookIn(Math.min(askAgainWithinMs, retryPauseMs(this.#unanswered++, Math.random())));
    }
  }

  #lookIn(ms: number): void {
    // Only as long as the call lasts.
    if (this.#timer === undefined) return;
    clearTimeout(this.#againTimer);
    this.#againTimer = setTimeout(() => void this.look(), ms);
  }

  start(): void {
    this.stop();
    this.#timer = setInterval(() => void this.look(), lookEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    clearTimeout(this.#againTimer);
    clearTimeout(this.#waitingTimer);
    this.waiting = false;
    this.#unanswered = 0;
  }
}

/** @throws where it takes too long */
async function answered<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), answerWithinMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
