import { ArrivalWatch, type ArrivalWatchOptions, type Watched } from './arrival.ts';
import type { LineKeeper } from './reconnect.ts';
import { onWake } from './wake.ts';

export interface WatchOptions<Room extends Watched> extends Pick<
  ArrivalWatchOptions<Room>,
  'session' | 'found'
> {
  /** Told what is found out here. */
  line: LineKeeper;
  /** The page, the device or its network has just come back. */
  woke(): void;
}

/** Looks after a call for as long as somebody stays in it, for what the media client does not tell. */
export class Watch<Room extends Watched> {
  readonly #options: WatchOptions<Room>;
  readonly #arrival: ArrivalWatch<Room>;
  #stopWaking: (() => void) | null = null;

  constructor(options: WatchOptions<Room>) {
    this.#options = options;
    const { line, session, found } = options;
    this.#arrival = new ArrivalWatch({ session, found, stuck: () => line.tell({ kind: 'lost' }) });
  }

  start(): void {
    this.#arrival.start();
    this.#stopWaking ??= onWake(() => {
      this.#options.line.tell({ kind: 'woke' });
      this.#options.woke();
    });
  }

  stop(): void {
    this.#arrival.stop();
    this.#stopWaking?.();
    this.#stopWaking = null;
  }
}
