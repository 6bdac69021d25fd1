import type { BoardController } from '#lib/features/board/index.ts';
import { newId } from '#lib/kernel/ids.ts';
import { ApiError, api } from '#lib/ui/api.ts';
import {
  aliveMs,
  isRunning,
  lateMs,
  longestRecordingMs,
  pieceMs,
  type ownEnds,
  type RecordingState,
  type RecordingView
} from '../../recording.ts';
import type { CallController } from '../call/index.ts';
import { recorderFit, type RecorderFit } from './fit.ts';
import { Mixer } from './mixer.ts';
import { frameRate, RoomPicture } from './picture.ts';
import { Outgoing, type Piece, type Sent } from './pieces.ts';

type OwnEnd = (typeof ownEnds)[number];

export interface RecorderOptions {
  consultId: string;
  /** In the head of the picture. */
  title: string;
  call: CallController;
  board: () => BoardController | null;
  /** What is being said, where captions are made. */
  caption: () => { name: string; text: string } | null;
}

const bitsPerSecond = { video: 1_200_000, audio: 64_000 };
/** A whole picture this often: what is jumped to is at most so far away. */
const wholePictureMs = 4_000;
const lookMs = 1_000;
const boardWithinMs = 4_000;

/** `saving`: nothing is taken of the room any more, pieces are still on their way. */
type Phase = { kind: 'off' } | { kind: 'on' | 'saving'; id: string };

/** A recording as the browser makes it that was asked to. The server says whether it goes on. */
export class Recorder {
  phase = $state.raw<Phase>({ kind: 'off' });
  waiting = $state(0);
  offline = $state(false);
  /** Of the last one: some of it was not sent. */
  incomplete = $state(false);
  readonly #options: RecorderOptions;
  readonly #path: string;
  #stop: ((reason: OwnEnd | null) => Promise<void>) | null = null;
  #media: MediaRecorder | null = null;
  /** How many stretches were recorded, as far as the server told; and when it was paused here last. */
  #spans = 1;
  #pausedAt = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#path = `/api/consults/${options.consultId}/recording`;
  }

  /** Browser only. */
  get fit(): RecorderFit {
    return recorderFit();
  }

  /**
   * [RC-15] The media server records: nothing is left to do here, and any host's page steers it.
   * @throws ApiError what the server says no with
   */
  async startOnServer(): Promise<void> {
    if (this.phase.kind !== 'off') return;
    await api('POST', this.#path, { id: newId(), maker: 'server' });
  }

  /** Within a click. @throws ApiError what the server says no with; Error where the browser cannot */
  async start(): Promise<void> {
    const fit = this.fit;
    if ('missing' in fit || this.phase.kind !== 'off') return;
    const { call, board, title, caption } = this.#options;
    const mixer = new Mixer();
    const picture = new RoomPicture({ people: () => call.participants, board, title, caption });
    const ticks = new Worker(new URL('./tick-worker.ts', import.meta.url), { type: 'module' });
    let stream: MediaStream | null = null;
    const letGo = async () => {
      ticks.terminate();
      stream?.getTracks().forEach((track) => track.stop());
      picture.destroy();
      await mixer.close();
    };
    const look = () => {
      mixer.hear(call.sounds());
      picture.look();
    };
    const id = newId();
    try {
      look();
      await picture.furnished(boardWithinMs);
      // The stream begins with what stands there now.
      picture.draw();
      stream = picture.canvas.captureStream(frameRate);
      stream.addTrack(mixer.track);
      const options: MediaRecorderOptions & { videoKeyFrameIntervalDuration: number } = {
        mimeType: fit.mimeType,
        videoBitsPerSecond: bitsPerSecond.video,
        audioBitsPerSecond: bitsPerSecond.audio,
        // Chromium's; others have an interval of their own.
        videoKeyFrameIntervalDuration: wholePictureMs
      };
      const media = new MediaRecorder(stream, options);
      await api('POST', this.#path, { id, type: fit.type });
      this.#begin({ id, media, ticks, letGo, tick: () => picture.draw(), look });
    } catch (error) {
      await letGo();
      throw error;
    }
  }

  #begin(made: {
    id: string;
    media: MediaRecorder;
    ticks: Worker;
    letGo: () => Promise<void>;
    tick: () => void;
    look: () => void;
  }): void {
    const { id, media, ticks, letGo, tick, look } = made;
    const startedAt = performance.now();
    const since = () => Math.round(performance.now() - startedAt);
    const stop = (reason: OwnEnd | null) => this.#stop?.(reason);
    const outgoing = new Outgoing({
      send: (piece) => this.#send(id, piece),
      changed: ({ waiting, offline }) => Object.assign(this, { waiting, offline }),
      full: () => stop('full')
    });
    let [lookedAt, toldAt] = [0, 0];
    ticks.onmessage = () => {
      const now = since();
      if (now - lookedAt >= lookMs) {
        lookedAt = now;
        look();
      }
      if (now - toldAt >= aliveMs) {
        toldAt = now;
        void this.#say(id, { act: 'alive' });
        if (now > longestRecordingMs) void stop('limit');
      }
      if (media.state === 'recording') tick();
    };
    media.ondataavailable = ({ data }) => {
      if (data.size > 0) outgoing.add(data, since());
    };
    media.onerror = () => stop('broken');
    const leaving = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', leaving);

    this.#media = media;
    this.incomplete = false;
    this.#spans = 1;
    this.#pausedAt = 0;
    this.phase = { kind: 'on', id };
    this.#stop = async (reason) => {
      this.#stop = null;
      this.#media = null;
      this.phase = { kind: 'saving', id };
      const last = new Promise<void>((resolve) =>
        media.addEventListener('stop', () => resolve(), { once: true })
      );
      if (media.state === 'inactive') this.incomplete = true;
      else {
        media.stop();
        await last;
      }
      await letGo();
      if (reason) await this.#say(id, { act: 'stop', reason });
      this.incomplete ||= !(await outgoing.drained(lateMs));
      await this.#say(id, { act: 'finish', pieces: outgoing.made });
      window.removeEventListener('beforeunload', leaving);
      this.phase = { kind: 'off' };
    };
    media.start(pieceMs);
    ticks.postMessage(1_000 / frameRate);
  }

  /** What the server says of the consult's recordings: another host may have paused or ended this one. */
  follow(recordings: readonly RecordingView[]): void {
    if (this.phase.kind !== 'on') return;
    const { id } = this.phase;
    const own = recordings.find((one) => one.id === id);
    if (!own) return;
    this.#spans = Math.max(this.#spans, own.spans.length);
    // A reading of before the pause does not make it go on.
    if (own.state !== 'recording' || own.spans.length > this.#pausedAt) this.#be(own.state);
  }

  async pause(): Promise<void> {
    if (this.phase.kind !== 'on') return;
    // At once: whoever presses it wants what comes next not to be in it.
    this.#be('paused');
    await api('PATCH', this.#path, { recording: this.phase.id, act: 'pause' });
  }

  async resume(): Promise<void> {
    if (this.phase.kind !== 'on') return;
    const { state } = await api<{ state: RecordingState }>('PATCH', this.#path, {
      recording: this.phase.id,
      act: 'resume'
    });
    this.#be(state);
  }

  async stop(reason: OwnEnd = 'stopped'): Promise<void> {
    await this.#stop?.(reason);
  }

  #be(state: RecordingState): void {
    if (!isRunning(state)) void this.#stop?.(null);
    else if (state === 'paused' && this.#media?.state === 'recording') {
      // What was taken so far goes as a piece of its own.
      this.#pausedAt = this.#spans;
      this.#media.requestData();
      this.#media.pause();
    } else if (state === 'recording' && this.#media?.state === 'paused') this.#media.resume();
  }

  async #send(id: string, { number, bytes, until }: Piece): Promise<Sent> {
    const query = new URLSearchParams({ recording: id, number: String(number), until: String(until) });
    try {
      const { state } = await api<{ state: RecordingState }>(
        'PUT',
        `${this.#path}?${query}`,
        new Blob([bytes], { type: 'application/octet-stream' })
      );
      // While it runs here, paused or not, its state comes by `follow`: this answer may be older.
      if (!isRunning(state)) this.#be(state);
      return 'kept';
    } catch (error) {
      const code = error instanceof ApiError ? error.code : 'internal';
      if (!finalCodes.has(code)) return 'later';
      void this.#stop?.(null);
      return 'over';
    }
  }

  /** Said if it can be: the server ends by itself what it hears nothing of. */
  async #say(id: string, said: object): Promise<void> {
    try {
      const { state } = await api<{ state: RecordingState }>('PATCH', this.#path, { recording: id, ...said });
      if (!isRunning(state)) void this.#stop?.(null);
    } catch (error) {
      if (error instanceof ApiError && finalCodes.has(error.code)) void this.#stop?.(null);
    }
  }
}

/** Answers after which nothing more is taken. */
const finalCodes: ReadonlySet<string> = new Set([
  'recording_over',
  'not_found',
  'forbidden',
  'conflict',
  'not_signed_in',
  'invalid_input',
  'file_too_large'
]);
