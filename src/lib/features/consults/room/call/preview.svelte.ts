import {
  brightness,
  darkBelow,
  heardFrom,
  loudness,
  troubleFrom,
  verdictOf,
  type DeviceTrouble
} from './check.ts';
import { cameraFacing } from './browser.ts';
import type { Devices } from './devices.svelte.ts';
import { microphoneAs } from './microphone.ts';

type Source = 'camera' | 'microphone';

/** One device as the lobby shows it. `off`: the person does not want it. */
export type SourceState =
  | { kind: 'starting' }
  | { kind: 'on'; track: MediaStreamTrack }
  | { kind: 'off' }
  | { kind: 'trouble'; trouble: DeviceTrouble };

const meterEveryMs = 66;
const brightnessEveryMs = 1_000;

export const cameraSize = { width: 1280, height: 720, frameRate: 30 } as const;

/**
 * Camera and microphone before the call, on the browser's own API: nothing is sent, and no media client is
 * loaded. The tracks go into the call as they are (`release`).
 */
export class Preview {
  camera = $state.raw<SourceState>({ kind: 'starting' });
  microphone = $state.raw<SourceState>({ kind: 'starting' });
  /** Loudness now, 0…1. */
  level = $state(0);
  /** The microphone has given something since it was opened. */
  heard = $state(false);
  dark = $state(false);
  facing = $state<'user' | 'environment'>('user');

  verdict = $derived(
    verdictOf({
      checking: this.camera.kind === 'starting' || this.microphone.kind === 'starting',
      camera: this.camera.kind === 'on' ? 'on' : this.camera.kind === 'trouble' ? 'trouble' : 'off',
      microphone:
        this.microphone.kind === 'on' ? 'on' : this.microphone.kind === 'trouble' ? 'trouble' : 'off',
      heard: this.heard,
      dark: this.dark
    })
  );

  readonly #devices: Devices;
  #opening: Promise<void> | null = null;
  #stopMeter: (() => void) | null = null;
  #stopLight: (() => void) | null = null;
  /** Opening is numbered: a slow answer of an older wish must not win. */
  #wish = { camera: 0, microphone: 0 };

  constructor(devices: Devices) {
    this.#devices = devices;
  }

  /** The first opening while it is under way: a question to the person may stand open, or a slow camera. */
  get opening(): Promise<void> | null {
    const starting = this.camera.kind === 'starting' || this.microphone.kind === 'starting';
    return starting ? this.#opening : null;
  }

  /** Asks for both at once (one question to the person), then for each alone where that fails. */
  start(): Promise<void> {
    this.#opening = this.#start().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #start(): Promise<void> {
    const wish = { camera: ++this.#wish.camera, microphone: ++this.#wish.microphone };
    // Also after a call: who joins again at once is waited for, and nothing is open twice.
    for (const source of ['camera', 'microphone'] as const) {
      this.#stopTrack(source);
      this[source] = { kind: 'starting' };
    }
    try {
      const stream = await open({
        video: this.#constraints('camera'),
        audio: this.#constraints('microphone')
      });
      this.#take('camera', wish.camera, stream.getVideoTracks()[0]);
      this.#take('microphone', wish.microphone, stream.getAudioTracks()[0]);
    } catch {
      // One of the two is missing or refused: find out which, so that the other still works.
      await Promise.all([this.#open('camera'), this.#open('microphone')]);
    }
    await this.#devices.refresh();
  }

  async setOn(source: Source, on: boolean): Promise<void> {
    if (on) {
      await this.#open(source);
      await this.#devices.refresh();
    } else this.#close(source, { kind: 'off' });
  }

  /** Another device was chosen: open it if its kind is in use. */
  async reopen(source: Source): Promise<void> {
    if (this[source].kind !== 'off') await this.#open(source);
  }

  async flip(): Promise<void> {
    this.facing = this.facing === 'user' ? 'environment' : 'user';
    if (this.camera.kind === 'off') return;
    await this.#open('camera', true);
    const id = this.camera.kind === 'on' ? this.camera.track.getSettings().deviceId : undefined;
    if (id) this.#devices.choose('videoinput', id);
  }

  /** The next of several cameras: front and back of a phone, else one after the other. It is remembered. */
  async nextCamera(): Promise<void> {
    const { cameras } = this.#devices;
    if (cameras.some(({ label }) => cameraFacing(label) === 'environment')) return this.flip();
    const used = this.camera.kind === 'on' ? this.camera.track.getSettings().deviceId : null;
    const next = cameras[(cameras.findIndex(({ id }) => id === used) + 1) % cameras.length];
    if (!next) return;
    this.#devices.choose('videoinput', next.id);
    await this.reopen('camera');
  }

  /** Hands the open tracks over to the call; the preview forgets them without stopping them. */
  release(): { camera: MediaStreamTrack | null; microphone: MediaStreamTrack | null } {
    const camera = this.camera.kind === 'on' ? this.camera.track : null;
    const microphone = this.microphone.kind === 'on' ? this.microphone.track : null;
    this.#stopMeasuring();
    return { camera, microphone };
  }

  stop(): void {
    this.#close('camera', { kind: 'off' });
    this.#close('microphone', { kind: 'off' });
    this.#stopMeasuring();
  }

  #stopMeasuring(): void {
    this.#wish = { camera: this.#wish.camera + 1, microphone: this.#wish.microphone + 1 };
    this.#stopMeter?.();
    this.#stopLight?.();
    this.#stopMeter = this.#stopLight = null;
  }

  async #open(source: Source, byFacing = false): Promise<void> {
    const wish = ++this.#wish[source];
    // Phones give a camera to one taker at a time.
    this.#stopTrack(source);
    this[source] = { kind: 'starting' };
    try {
      const constraints = this.#constraints(source, byFacing);
      const stream = await open(source === 'camera' ? { video: constraints } : { audio: constraints });
      this.#take(source, wish, stream.getTracks()[0]);
    } catch (error) {
      if (wish === this.#wish[source])
        this[source] = { kind: 'trouble', trouble: troubleFrom(error, globalThis.isSecureContext) };
    }
  }

  #take(source: Source, wish: number, track: MediaStreamTrack | undefined): void {
    if (wish !== this.#wish[source] || !track) {
      track?.stop();
      return;
    }
    this[source] = { kind: 'on', track };
    track.addEventListener('ended', () => {
      const now = this[source];
      if (now.kind === 'on' && now.track === track) this[source] = { kind: 'trouble', trouble: 'busy' };
    });
    if (source === 'microphone') this.#meter(track);
    else {
      // A remembered camera may look the other way than was asked for: only the front one shows a mirror.
      const facing = track.getSettings().facingMode ?? cameraFacing(track.label);
      if (facing === 'user' || facing === 'environment') this.facing = facing;
      this.#watchLight(track);
    }
  }

  #close(source: Source, state: SourceState): void {
    this.#wish[source]++;
    this.#stopTrack(source);
    this[source] = state;
    if (source === 'microphone') {
      this.#stopMeter?.();
      this.level = 0;
      this.heard = false;
    } else this.dark = false;
  }

  #stopTrack(source: Source): void {
    const now = this[source];
    if (now.kind === 'on') now.track.stop();
  }

  #constraints(source: Source, byFacing = false): MediaTrackConstraints {
    const id = this.#devices.chosen(source === 'camera' ? 'videoinput' : 'audioinput');
    if (source === 'microphone')
      return microphoneAs({ deviceId: id, noiseSuppression: this.#devices.quietens });
    return {
      // `ideal`, not `exact`: a remembered device that is gone must not leave anyone without a picture.
      ...(id === null || byFacing ? { facingMode: { ideal: this.facing } } : { deviceId: { ideal: id } }),
      width: { ideal: cameraSize.width },
      height: { ideal: cameraSize.height },
      frameRate: { ideal: cameraSize.frameRate }
    };
  }

  #meter(track: MediaStreamTrack): void {
    this.#stopMeter?.();
    this.heard = false;
    const context = new AudioContext();
    // Browsers keep it asleep until the first touch of the page; then the meter begins.
    const wake = () => void context.resume();
    document.addEventListener('pointerdown', wake, { once: true });
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const now = loudness(samples);
      // Fast up, slow down: readable, and less to draw.
      this.level = now > this.level ? now : Math.max(now, this.level - 0.08);
      if (now >= heardFrom) this.heard = true;
    }, meterEveryMs);
    this.#stopMeter = () => {
      clearInterval(timer);
      document.removeEventListener('pointerdown', wake);
      void context.close();
      this.#stopMeter = null;
    };
  }

  #watchLight(track: MediaStreamTrack): void {
    this.#stopLight?.();
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    const playing = video.play().catch(() => undefined);
    const canvas = new OffscreenCanvas(16, 9);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const timer = setInterval(() => {
      if (!context || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
      context.drawImage(video, 0, 0, 16, 9);
      this.dark = brightness(context.getImageData(0, 0, 16, 9).data) < darkBelow;
    }, brightnessEveryMs);
    this.#stopLight = () => {
      clearInterval(timer);
      void playing.then(() => (video.srcObject = null));
      this.#stopLight = null;
    };
  }
}

async function open(constraints: MediaStreamConstraints): Promise<MediaStream> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  if (!media) throw Object.assign(new Error('no media devices'), { name: 'NotSupportedError' });
  return media.getUserMedia(constraints);
}
