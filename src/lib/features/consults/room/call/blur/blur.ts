import type { Track, TrackProcessor, VideoProcessorOptions } from 'livekit-client';
import type { FromPersonWorker } from './person-worker.ts';
import { blurPause } from './mask.ts';

/** What is sent to the model; the mask is of this size. */
const lookSize = { width: 256, height: 144 };
/** The background is blurred small and drawn large: a tenth of the work, and no detail survives it. */
const backgroundSize = { width: 64, height: 36 };
const keptTimes = 16;
const sentFps = 20;
const loadWithinMs = 45_000;

/**
 * One's own camera with the room behind one blurred. Until the first mask is there everything is blurred: nothing that
 * is to be hidden is ever sent.
 */
export class BackgroundBlur implements TrackProcessor<Track.Kind.Video, VideoProcessorOptions> {
  readonly name = 'background-blur';
  processedTrack?: MediaStreamTrack;

  readonly #onUnfit: () => void;
  readonly #video = document.createElement('video');
  readonly #canvas = document.createElement('canvas');
  readonly #background = new OffscreenCanvas(backgroundSize.width, backgroundSize.height);
  readonly #person = new OffscreenCanvas(1, 1);
  #worker: Worker | null = null;
  #picture: ImageBitmap | null = null;
  #times: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onUnfit  this device cannot: the caller takes the blur off and says so */
  constructor(onUnfit: () => void) {
    this.#onUnfit = onUnfit;
    this.#video.muted = true;
    this.#video.playsInline = true;
  }

  async init({ track }: VideoProcessorOptions): Promise<void> {
    this.#video.srcObject = new MediaStream([track]);
    await this.#video.play();
    this.#canvas.width = this.#person.width = this.#video.videoWidth;
    this.#canvas.height = this.#person.height = this.#video.videoHeight;
    this.#draw(this.#video, null);
    const [processed] = this.#canvas.captureStream(sentFps).getVideoTracks();
    if (processed) this.processedTrack = processed;
    this.#worker ??= this.#startWorker();
  }

  async restart(options: VideoProcessorOptions): Promise<void> {
    this.#halt();
    await this.init(options);
    void this.#next();
  }

  async destroy(): Promise<void> {
    this.#halt();
    this.#worker?.terminate();
    this.#worker = null;
    this.#video.srcObject = null;
    this.processedTrack?.stop();
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./person-worker.ts', import.meta.url), { type: 'module' });
    this.#timer = setTimeout(this.#onUnfit, loadWithinMs);
    worker.onerror = () => this.#onUnfit();
    worker.onmessage = ({ data }: MessageEvent<FromPersonWorker>) => {
      clearTimeout(this.#timer);
      if (data.kind === 'unfit') return this.#onUnfit();
      if (data.kind === 'mask') this.#took(data);
      else void this.#next();
    };
    return worker;
  }

  #took({ mask, tookMs }: { mask: ImageBitmap; tookMs: number }): void {
    const began = performance.now();
    // Of the very picture the mask was made of: a moving head would uncover what is behind it otherwise.
    if (this.#picture) this.#draw(this.#picture, mask);
    mask.close();
    this.#picture?.close();
    this.#picture = null;
    this.#times = [...this.#times.slice(1 - keptTimes), tookMs + performance.now() - began];
    const pause = blurPause(this.#times);
    if (pause === null) this.#onUnfit();
    else this.#timer = setTimeout(() => void this.#next(), pause);
  }

  async #next(): Promise<void> {
    if (!this.#worker || this.#picture) return;
    try {
      this.#picture = await createImageBitmap(this.#video);
      const small = await createImageBitmap(this.#picture, {
        resizeWidth: lookSize.width,
        resizeHeight: lookSize.height
      });
      this.#worker.postMessage(small, [small]);
    } catch {
      // The camera has no picture just now, as while it is being switched.
      this.#picture?.close();
      this.#picture = null;
      this.#timer = setTimeout(() => void this.#next(), 300);
    }
  }

  #draw(picture: CanvasImageSource, mask: ImageBitmap | null): void {
    const out = this.#canvas.getContext('2d');
    const background = this.#background.getContext('2d');
    const person = this.#person.getContext('2d');
    if (!out || !background || !person) return;
    const { width, height } = this.#canvas;
    background.filter = 'blur(2px)';
    background.drawImage(picture, 0, 0, backgroundSize.width, backgroundSize.height);
    out.imageSmoothingQuality = 'high';
    out.drawImage(this.#background, 0, 0, width, height);
    if (!mask) return;
    person.globalCompositeOperation = 'copy';
    person.drawImage(mask, 0, 0, width, height);
    person.globalCompositeOperation = 'source-in';
    person.drawImage(picture, 0, 0, width, height);
    out.drawImage(this.#person, 0, 0);
  }

  #halt(): void {
    clearTimeout(this.#timer);
    this.#picture?.close();
    this.#picture = null;
    this.#times = [];
  }
}
