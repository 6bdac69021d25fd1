import type { VideoSource } from '../call.ts';
import type { FromFaceWorker } from './face-worker.ts';
import { hintOf, isMoment, openingOf, pauseAfter, steadyLooks, type Hint, type Look } from './mouth.ts';

/** `unfit`: this device or browser cannot, or not without harm to the call. */
export type GuideState = 'loading' | 'looking' | 'taken' | 'unfit';

export interface TakenPicture {
  blob: Blob;
  /** For an `<img>`; ends with `stop` or `again`. */
  url: string;
  opening: { ratio: number; error: number } | null;
}

/** Of what the model sees; a face needs no more. */
const lookWidthPx = 640;
const keptLooks = 20;
const loadWithinMs = 45_000;
const jpegQuality = 0.92;

/** Helps a patient show their mouth to their own camera, and takes the picture when it is sharp. Browser only. */
export class MouthGuide {
  state = $state<GuideState>('loading');
  hint = $state<Hint>('face');
  look = $state.raw<Look | null>(null);
  opening = $state.raw<{ ratio: number; error: number } | null>(null);
  taken = $state.raw<TakenPicture | null>(null);

  readonly #video: HTMLVideoElement;
  readonly #detach: () => void;
  readonly #worker: Worker;
  #looks: { look: Look; hint: Hint }[] = [];
  #timer: ReturnType<typeof setTimeout>;
  #isOver = false;

  constructor(source: VideoSource) {
    this.#video = document.createElement('video');
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#detach = source.attach(this.#video);
    // Refused only while the page is hidden: the next look finds no picture then, and waits.
    this.#video.play().catch(() => undefined);
    this.#worker = new Worker(new URL('./face-worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromFaceWorker>) => this.#heard(data);
    this.#worker.onerror = () => this.#giveUp();
    this.#timer = setTimeout(() => this.#giveUp(), loadWithinMs);
  }

  /** Another one. */
  again(): void {
    if (this.state !== 'taken') return;
    this.#forget();
    this.#looks = [];
    this.state = 'looking';
    void this.#next();
  }

  /** The picture as the camera gives it now, whatever the guide thinks of it. */
  async take(): Promise<void> {
    if (this.state !== 'looking') return;
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (width === 0) return;
    clearTimeout(this.#timer);
    this.state = 'taken';
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d')?.drawImage(this.#video, 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: jpegQuality });
    if (!this.#isOver) this.taken = { blob, url: URL.createObjectURL(blob), opening: this.opening };
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#worker.terminate();
    this.#detach();
    this.#forget();
  }

  #heard(message: FromFaceWorker): void {
    if (this.#isOver || this.state === 'unfit') return;
    clearTimeout(this.#timer);
    if (message.kind === 'unfit') return this.#giveUp();
    if (message.kind === 'ready') {
      this.state = 'looking';
      void this.#next();
      return;
    }
    if (this.state !== 'looking') return;
    this.#judge(message.look);
    if (isMoment(this.#looks)) {
      void this.take();
      return;
    }
    const pause = pauseAfter(this.#looks.map(({ look }) => look.tookMs));
    if (pause === null) this.#giveUp();
    else this.#timer = setTimeout(() => void this.#next(), pause);
  }

  #judge(look: Look): void {
    const hint = hintOf(look, this.#looks.at(-1)?.look ?? null);
    this.#looks = [...this.#looks.slice(1 - keptLooks), { look, hint }];
    this.look = look;
    this.hint = hint;
    this.opening = openingOf(this.#looks.slice(-steadyLooks).map((one) => one.look));
  }

  async #next(): Promise<void> {
    if (this.#isOver || this.state !== 'looking') return;
    if (document.hidden || this.#video.videoWidth === 0) {
      this.#timer = setTimeout(() => void this.#next(), 300);
      return;
    }
    try {
      const picture = await createImageBitmap(this.#video, {
        resizeWidth: Math.min(lookWidthPx, this.#video.videoWidth)
      });
      // One look at a time: the next is asked for when this one is answered.
      this.#worker.postMessage(picture, [picture]);
    } catch {
      // The camera was switched meanwhile: it has a picture again in a moment.
      this.#timer = setTimeout(() => void this.#next(), 300);
    }
  }

  #giveUp(): void {
    clearTimeout(this.#timer);
    this.#worker.terminate();
    if (!this.#isOver) this.state = 'unfit';
  }

  #forget(): void {
    if (this.taken) URL.revokeObjectURL(this.taken.url);
    this.taken = null;
  }
}
