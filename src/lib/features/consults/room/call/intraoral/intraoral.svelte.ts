import { reopenPauseMs } from '../given-back.svelte.ts';
import { openIntraoral } from './choice.ts';

/** `lost`: unplugged, or taken by another program; taken again as soon as it can be had. */
export type IntraoralState =
  | { kind: 'off' }
  | { kind: 'on'; deviceId: string; track: MediaStreamTrack }
  | { kind: 'lost'; deviceId: string };

export interface IntraoralOptions {
  /** In the room that is open now. */
  send(track: MediaStreamTrack): Promise<void>;
  end(): Promise<void>;
}

/** [CALL-52] A second camera of one's own in the call, until it is ended, left or cannot be had. */
export class Intraoral {
  state = $state.raw<IntraoralState>({ kind: 'off' });

  readonly #options: IntraoralOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Numbers each wish, so that a camera that opens late is let go. */
  #wish = 0;

  constructor(options: IntraoralOptions) {
    this.#options = options;
  }

  /** Sends what the preview showed. @throws where the media client cannot */
  async show(deviceId: string, track: MediaStreamTrack): Promise<void> {
    await this.stop();
    await this.#send(deviceId, track, ++this.#wish);
  }

  async stop(): Promise<void> {
    const was = this.state.kind;
    this.end();
    if (was !== 'off') await this.#options.end();
  }

  /** In a new room; the camera was closed with the old one. */
  resume(): void {
    if (this.state.kind !== 'off') void this.#reopen(this.state.deviceId, 0, ++this.#wish);
  }

  /** The call is over. */
  end(): void {
    this.#wish++;
    clearTimeout(this.#timer);
    if (this.state.kind === 'on') this.state.track.stop();
    this.state = { kind: 'off' };
  }

  async #send(deviceId: string, track: MediaStreamTrack, wish: number): Promise<void> {
    // Stopped by ourselves, it does not end in this sense.
    track.addEventListener('ended', () => void this.#lose(deviceId, wish));
    await this.#options.send(track);
    if (wish !== this.#wish) {
      track.stop();
      if (this.state.kind === 'off') await this.#options.end();
      return;
    }
    this.state = { kind: 'on', deviceId, track };
  }

  async #lose(deviceId: string, wish: number): Promise<void> {
    if (wish !== this.#wish) return;
    const next = ++this.#wish;
    this.state = { kind: 'lost', deviceId };
    await this.#options.end();
    await this.#reopen(deviceId, 0, next);
  }

  /** That camera and no other: what stood for it would be a face. */
  async #reopen(deviceId: string, attempt: number, wish: number): Promise<void> {
    if (wish !== this.#wish) return;
    try {
      const track = await openIntraoral(deviceId);
      if (wish === this.#wish) await this.#send(deviceId, track, wish);
      else track.stop();
    } catch {
      // Not there yet: what the person reads says so.
      if (wish !== this.#wish) return;
      this.state = { kind: 'lost', deviceId };
      this.#timer = setTimeout(() => void this.#reopen(deviceId, attempt + 1, wish), reopenPauseMs(attempt));
    }
  }
}
