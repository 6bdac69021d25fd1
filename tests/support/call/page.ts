// The call alone, as the room and the patient's page have it, without what stands around it: built by site.ts and
// looked at from the tests through `window.caller`.
import { CallController } from '#lib/features/consults/room/call/call.svelte.ts';
import type { ParticipantView, Ticket, VideoSource } from '#lib/features/consults/room/call/call.ts';
import { phraseOf } from '#lib/features/consults/room/call/encryption/phrase.ts';
import type { CallEncryption, EncryptionView } from '#lib/features/consults/encryption.ts';

/** What one person sees and hears now. */
export interface Seen {
  phase: string;
  micOn: boolean;
  cameraOn: boolean;
  /** Devices that are missing. */
  taken: readonly string[];
  people: readonly {
    identity: string;
    isSelf: boolean;
    micOn: boolean;
    cameraOn: boolean;
    /** Age of the last frame shown, ms; null: none was. */
    frameMs: number | null;
  }[];
  /** Sounds being played, of which `heardMs` is the age of the last that was not silence. */
  sounds: number;
  heardMs: number | null;
  /** Cameras and microphones held open. */
  capturing: number;
  /** The page says that the call is encrypted, and that of everybody. */
  encrypted: boolean;
  /** What is read out to each other; null: there is no key. */
  phrase: string | null;
}

const silence = 0.01;
const frames = new Map<string, number>();
let heard: number | null = null;

// What encrypts, to take it away again.
const workers: Worker[] = [];
window.Worker = class extends Worker {
  constructor(...given: ConstructorParameters<typeof Worker>) {
    super(...given);
    workers.push(this);
  }
};

async function ask<T>(what: 'ticket' | 'key'): Promise<T> {
  const response = await fetch(`/${what}${location.search}`);
  if (!response.ok) throw Object.assign(new Error('refused'), { code: await response.text() });
  return (await response.json()) as T;
}
const call = new CallController({
  getTicket: () => ask<Ticket>('ticket'),
  getEncryption: () => ask<CallEncryption>('key')
});
if (new URLSearchParams(location.search).has('encrypted'))
  new EventSource('/news').onmessage = ({ data }: MessageEvent<string>) =>
    call.encryption.heard(JSON.parse(data) as EncryptionView);

const videos = new Map<string, HTMLVideoElement>();
const pen = new OffscreenCanvas(32, 18).getContext('2d', { willReadFrequently: true })!;
const shown = new Map<string, { source: VideoSource; stop: () => void }>();
function show(people: readonly ParticipantView[]): void {
  for (const { identity, camera } of people) {
    const now = shown.get(identity);
    if ((now?.source ?? null) === camera) continue;
    now?.stop();
    shown.delete(identity);
    if (!camera) continue;
    const video = document.createElement('video');
    video.muted = true;
    video.autoplay = true;
    video.width = 320;
    document.body.append(video);
    videos.set(identity, video);
    const count = () => {
      frames.set(identity, performance.now());
      video.requestVideoFrameCallback(count);
    };
    video.requestVideoFrameCallback(count);
    const detach = camera.attach(video);
    shown.set(identity, {
      source: camera,
      stop: () => {
        detach();
        video.remove();
      }
    });
  }
}

const context = new AudioContext();
const meters = new WeakMap<HTMLMediaElement, { stream: MediaProvider | null; analyser: AnalyserNode }>();
const samples = new Float32Array(2048);
function listen(): void {
  for (const element of document.querySelectorAll('audio')) {
    const stream = element.srcObject;
    let meter = meters.get(element);
    if (meter?.stream !== stream && stream instanceof MediaStream) {
      const analyser = new AnalyserNode(context, { fftSize: samples.length });
      context.createMediaStreamSource(stream).connect(analyser);
      meters.set(element, (meter = { stream, analyser }));
    }
    meter?.analyser.getFloatTimeDomainData(samples);
    if (meter && samples.some((sample) => Math.abs(sample) > silence)) heard = performance.now();
  }
}
setInterval(() => {
  show(call.participants);
  listen();
}, 20);

// What the browser gave, to take it away again as a phone call does.
const given: MediaStreamTrack[] = [];
let busy = false;
const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (constraints) => {
  if (busy) throw new DOMException('in use', 'NotReadableError');
  const stream = await getUserMedia(constraints);
  given.push(...stream.getTracks());
  return stream;
};

// As the sign in the room says it (EncryptionSign.svelte).
const isEncrypted = () =>
  call.encryption.told?.on === true &&
  !call.encryption.switching &&
  call.participants.every((person) => !person.plain);
async function phrase(): Promise<string | null> {
  const key = call.encryption.told?.key;
  if (!key) return null;
  const groups = await phraseOf(
    key,
    call.participants.map(({ identity }) => identity)
  );
  return groups.join(' ');
}

const age = (at: number | null | undefined) => (at == null ? null : performance.now() - at);
const caller = {
  call,
  async join(micOn: boolean): Promise<void> {
    await call.openLobby();
    await call.join();
    if (!micOn) await call.toggleMic();
  },
  look: async (): Promise<Seen> => ({
    phase: call.phase.kind,
    micOn: call.micOn,
    cameraOn: call.cameraOn,
    taken: call.sending.givenBack.taken,
    people: call.participants.map(({ identity, isSelf, micOn, cameraOn }) => ({
      ...{ identity, isSelf, micOn, cameraOn },
      frameMs: age(frames.get(identity))
    })),
    sounds: document.querySelectorAll('audio').length,
    heardMs: age(heard),
    capturing: given.filter(({ readyState }) => readyState === 'live').length,
    encrypted: isEncrypted(),
    phrase: await phrase()
  }),
  /** The camera's picture of somebody, as 32 by 18 grey values; null: none is shown. */
  greys(identity: string): number[] | null {
    const video = videos.get(identity);
    if (!video?.videoWidth) return null;
    pen.drawImage(video, 0, 0, pen.canvas.width, pen.canvas.height);
    const { data } = pen.getImageData(0, 0, pen.canvas.width, pen.canvas.height);
    return Array.from(
      { length: data.length / 4 },
      (_, i) => data[4 * i]! + data[4 * i + 1]! + data[4 * i + 2]!
    );
  },
  /** What encrypts is gone; `told`: and the browser says so. */
  loseWorker(told: boolean): void {
    const worker = workers.at(-1);
    worker?.terminate();
    if (told) worker?.dispatchEvent(new ErrorEvent('error'));
  },
  /** A phone call comes in (`true`), or is over. */
  takeDevices(taken: boolean): void {
    busy = taken;
    if (!taken) return;
    for (const track of given.filter(({ readyState }) => readyState === 'live')) {
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }
  }
};
export type CallerHooks = typeof caller;
Object.assign(window, { caller });
