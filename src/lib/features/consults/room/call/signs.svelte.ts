import type { CallController } from './call.svelte.ts';

/** [CN-44] What a person shows of themselves in the call: a raised hand, back soon. The server says who it is. */
export class CallSigns {
  readonly #call: CallController;
  readonly #send: (signs: { hand?: boolean; away?: boolean }) => Promise<unknown>;
  /** What was on before "back soon", to be on again. */
  #before: { mic: boolean; camera: boolean } | null = null;

  constructor(call: CallController, send: (signs: { hand?: boolean; away?: boolean }) => Promise<unknown>) {
    this.#call = call;
    this.#send = send;
    // Signs hang on the connection. One that cannot be shown again is seen to be down by who raised it.
    call.onRebuilt = ({ handAt, away }) => {
      const hand = handAt != null;
      if (hand || away) void send({ hand, away: away === true }).catch(() => undefined);
    };
  }

  get hand(): boolean {
    return this.#call.self?.handAt != null;
  }

  get away(): boolean {
    return this.#call.self?.away === true;
  }

  async setHand(up: boolean): Promise<void> {
    await this.#send({ hand: up });
  }

  /** Nothing is seen or heard of who is away, whether the others could be told or not. */
  async setAway(away: boolean): Promise<void> {
    const { micOn, cameraOn } = this.#call;
    const before = this.#before;
    this.#before = away ? { mic: micOn, camera: cameraOn } : null;
    if (away) await Promise.all([this.#switch({ mic: false, camera: false }), this.#call.intraoral.stop()]);
    await this.#send({ away });
    if (!away && before) await this.#switch({ mic: before.mic || micOn, camera: before.camera || cameraOn });
  }

  async #switch({ mic, camera }: { mic: boolean; camera: boolean }): Promise<void> {
    if (this.#call.micOn !== mic) await this.#call.toggleMic();
    if (this.#call.cameraOn !== camera) await this.#call.toggleCamera();
  }
}
