import type { CallEncryption, EncryptionView } from '../../../encryption.ts';
import type { Session } from '../session.ts';
import { canEncrypt } from './can.ts';

export interface EncryptionOptions {
  /** Of who sits in the call: the key as it is now. */
  current: (() => Promise<CallEncryption>) | undefined;
  /** The room that is open, in the lobby unseen; null: none. */
  session(): Session | null;
  /** A new room is wanted, encrypted or not as the server says now. */
  rebuild(): void;
}

/** Where no page tells that something changed, as in the small window on other pages. */
const lookEveryMs = 20_000;
/** Not more often, however many frames cannot be read. */
const lookAgainMs = 2_000;
const toldForMs = 6_000;

/** [CALL-70] How this call is encrypted: what the server told, followed by the room that is open. */
export class Encryption {
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
  #timer: ReturnType<typeof setInterval> | undefined;
  #waitingTimer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | null = null;
  #lookedAt = 0;

  constructor(options: EncryptionOptions) {
    this.#options = options;
  }

  /** The server told where it stands, with a ticket, a seat or when asked. */
  take(told: CallEncryption | undefined): void {
    if (!told) return;
    if (told.why !== this.told?.why || told.name !== this.told.name) this.acknowledged = false;
    this.told = told;
    this.follow();
  }

  /** The open room does what was told. */
  follow(): void {
    const session = this.#options.session();
    const { told } = this;
    if (!session || !told) return;
    if (session.encrypts !== (told.on && this.can)) {
      this.switching = true;
      this.#options.rebuild();
    } else {
      this.switching = false;
      if (told.key) session.renewKey({ key: told.key, epoch: told.epoch });
    }
  }

  /** The page has read where it stands. */
  heard({ on, epoch, why, name }: EncryptionView): void {
    const { told } = this;
    if (!told || !this.#options.session()) return;
    if (on !== told.on || epoch !== told.epoch || why !== told.why || name !== told.name) void this.look();
  }

  /** Something cannot be decrypted, or comes encrypted where nothing should. */
  unread(): void {
    this.waiting = true;
    clearTimeout(this.#waitingTimer);
    this.#waitingTimer = setTimeout(() => (this.waiting = false), toldForMs);
    if (Date.now() - this.#lookedAt > lookAgainMs) void this.look();
  }

  /** What encrypts does not work here after all: the call goes on without, and everybody is told. */
  broken(): void {
    this.can = false;
    this.follow();
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    this.#lookedAt = Date.now();
    try {
      this.take(await this.#options.current?.());
    } catch {
      // The line is down, or the seat has ended: the call itself says so.
    }
  }

  start(): void {
    this.stop();
    this.#timer = setInterval(() => void this.look(), lookEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#waitingTimer);
    this.waiting = false;
  }
}
