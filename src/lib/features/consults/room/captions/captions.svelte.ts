import { getLocale } from '#lib/paraglide/runtime.js';
import { captionsTopic, wavOf, type CaptionLanguage, type CaptionLine } from '../../captions.ts';
import type { CallController } from '../call/index.ts';
import { lineOf } from './open-line.ts';

export interface CaptionsOptions {
  call: CallController;
  /** To the app's own server. @throws ApiError what it says no with */
  send(wav: Uint8Array<ArrayBuffer>, language: CaptionLanguage): Promise<unknown>;
}

const mostLines = 3;
/** A line stays long enough to be read, then goes. */
const shownMs = 9_000;
/** What waits longer than two utterances is no caption any more. */
const mostWaiting = 2;
const lookEveryMs = 1_000;
export const captionSizes = ['text-base', 'text-xl', 'text-3xl'] as const;
const sizeKey = 'consilium.caption-size';

/** [CN-26] Captions on one page: what all say, shown for a while; one's own microphone, cut and handed over while on. */
export class Captions {
  lines = $state.raw<readonly CaptionLine[]>([]);
  /** The server could not have the last utterance recognised. */
  failing = $state(false);
  size = $state(1);

  readonly #options: CaptionsOptions;
  #timer: ReturnType<typeof setInterval> | undefined;
  #track: MediaStreamTrack | null = null;
  #cutting: Promise<(() => void) | null> | null = null;
  #waiting: Float32Array[] = [];
  #sending = false;

  constructor(options: CaptionsOptions) {
    this.#options = options;
  }

  get shown(): CaptionLine | null {
    return this.lines.at(-1) ?? null;
  }

  /** While captions are made: hear the lines, hand over what is said here. Browser only. @returns stop */
  follow(): () => void {
    this.size = keptSize();
    const unhear = this.#options.call.hearing.on(captionsTopic, (bytes, from) => {
      // The server's alone: nobody puts words into another's mouth.
      if (from === null) void this.#hear(bytes);
    });
    const look = () => this.#look();
    this.#timer = setInterval(look, lookEveryMs);
    look();
    return () => {
      unhear();
      clearInterval(this.#timer);
      this.#listen(null);
      this.#waiting = [];
      this.lines = [];
      this.failing = false;
    };
  }

  grow(): void {
    this.size = (this.size + 1) % captionSizes.length;
    try {
      localStorage.setItem(sizeKey, String(this.size));
    } catch {
      // Private mode or a full store: for this visit only.
    }
  }

  /** Muted, or another microphone: seen once a second. */
  #look(): void {
    const { sending } = this.#options.call;
    this.#listen(sending.micOn ? sending.microphone : null);
  }

  #listen(track: MediaStreamTrack | null): void {
    if (track === this.#track) return;
    this.#track = track;
    void this.#cutting?.then((stop) => stop?.());
    this.#cutting = track && this.#cut(track);
  }

  async #cut(track: MediaStreamTrack): Promise<(() => void) | null> {
    try {
      const { cutMicrophone } = await import('./microphone.ts');
      return await cutMicrophone(track, (samples) => {
        if (track === this.#track) this.#hand(samples);
      });
    } catch {
      // A browser without worklets: the others' lines are shown all the same.
      this.failing = true;
      return null;
    }
  }

  #hand(samples: Float32Array): void {
    this.#waiting = [...this.#waiting, samples].slice(-mostWaiting);
    if (!this.#sending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#sending = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift())
      try {
        await this.#options.send(wavOf(next), getLocale() === 'en' ? 'en' : 'zh');
        this.failing = false;
      } catch {
        // This one is lost; a caption that comes late is none.
        this.failing = true;
      }
    this.#sending = false;
  }

  async #hear(bytes: Uint8Array): Promise<void> {
    const kept = await lineOf(bytes, this.#options.call.encryption.told);
    if (!kept) return;
    this.lines = [...this.lines, kept].slice(-mostLines);
    setTimeout(() => (this.lines = this.lines.filter((one) => one !== kept)), shownMs);
  }
}

function keptSize(): number {
  try {
    const kept = Number(localStorage.getItem(sizeKey) ?? 1);
    return captionSizes[kept] ? kept : 1;
  } catch {
    return 1;
  }
}
