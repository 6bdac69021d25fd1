import {
  createKeyMaterialFromBuffer,
  ExternalE2EEKeyProvider,
  KeyProviderEvent,
  type Room,
  type RoomOptions
} from 'livekit-client';
import { takeEarly } from './early.ts';
import { Pulse, pulseEveryMs } from './pulse.ts';

export interface CallKey {
  /** 32 bytes, base64url. */
  key: string;
  epoch: number;
}

export interface CipherListener {
  /** The worker could not be loaded, has crashed or answers no more: nothing gets through it. */
  lost(): void;
  /** It has done its work for a while. */
  steady(): void;
}

/** A frame names its key by one byte. */
const ringSize = 256;
/** By then everybody has the new key; sent with earlier, a frame could be read by nobody who was told later. */
const sendAfterMs = 1_500;

/** Keys of one call: a new one is received with at once and sent with a moment later. */
class CallKeys extends ExternalE2EEKeyProvider {
  constructor() {
    super({ keyringSize: ringSize });
  }

  async add({ key, epoch }: CallKey, { send }: { send: boolean }): Promise<void> {
    const bytes = Uint8Array.from(atob(key.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0)
    );
    const material = await createKeyMaterialFromBuffer(bytes.buffer);
    const keyIndex = epoch % ringSize;
    if (send) this.onSetEncryptionKey(material, undefined, keyIndex);
    else this.emit(KeyProviderEvent.SetKey, { key: material, keyIndex }, false);
  }
}

/** [CALL-70] What encrypts one room's media and messages, in a worker of its own. */
export class Cipher {
  readonly #listener: CipherListener;
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), {
    type: 'module',
    name: 'call-encryption'
  });
  readonly #keys = new CallKeys();
  readonly #pulse = new Pulse();
  readonly #asking: ReturnType<typeof setInterval>;
  readonly #sendings = new Set<ReturnType<typeof setTimeout>>();
  #epoch = -1;
  #lost = false;

  constructor(listener: CipherListener) {
    this.#listener = listener;
    this.#worker.addEventListener('error', this.#lose);
    this.#worker.addEventListener('message', this.#hear);
    this.#asking = setInterval(this.#ask, pulseEveryMs);
  }

  /** [CALL-76] Nothing gets through it any more. */
  get isLost(): boolean {
    return this.#lost;
  }

  get options(): Pick<RoomOptions, 'encryption' | 'e2ee'> {
    const both = { keyProvider: this.#keys, worker: this.#worker };
    // Messages too; the older name is where the client looks whether simulcast works encrypted (Safari before 17.2).
    return { encryption: both, e2ee: both };
  }

  async begin(room: Room, key: CallKey): Promise<void> {
    this.#epoch = key.epoch;
    await this.#keys.add(key, { send: true });
    takeEarly(room, this.#worker);
    await room.setE2EEEnabled(true);
  }

  async renew(key: CallKey): Promise<void> {
    if (key.epoch <= this.#epoch) return;
    this.#epoch = key.epoch;
    // One that follows soon after does not put this one off: whoever has gone must not go on reading.
    const sending = setTimeout(() => {
      this.#sendings.delete(sending);
      void this.#keys.add(key, { send: true });
    }, sendAfterMs);
    this.#sendings.add(sending);
    await this.#keys.add(key, { send: false });
  }

  end(): void {
    clearInterval(this.#asking);
    for (const sending of this.#sendings) clearTimeout(sending);
    this.#worker.terminate();
  }

  readonly #lose = (): void => {
    if (this.#lost) return;
    this.#lost = true;
    clearInterval(this.#asking);
    this.#listener.lost();
  };

  readonly #ask = (): void => {
    if (this.#pulse.ask(performance.now())) this.#lose();
    else this.#worker.postMessage({ kind: 'ask' });
  };

  readonly #hear = ({ data }: MessageEvent<{ kind: string }>): void => {
    if (data.kind === 'here' && this.#pulse.answered()) this.#listener.steady();
  };
}
