import {
  createKeyMaterialFromBuffer,
  ExternalE2EEKeyProvider,
  KeyProviderEvent,
  type Room,
  type RoomOptions
} from 'livekit-client';
import { takeEarly } from './early.ts';

export interface CallKey {
  /** 32 bytes, base64url. */
  key: string;
  epoch: number;
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
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  readonly #keys = new CallKeys();
  #epoch = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onbroken the worker could not be loaded, or has crashed: nothing gets through it */
  constructor(onbroken: () => void) {
    this.#worker.addEventListener('error', onbroken);
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
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#keys.add(key, { send: true }), sendAfterMs);
    await this.#keys.add(key, { send: false });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#worker.terminate();
  }
}
