/** Pure: how a call whose line is gone comes back. Time (ms) and chance are passed in. */
import { retryPauseMs, type LeaveReason } from './call.ts';

export type Line =
  /** `attempt`: how many times a room was built in a row, until this one has held for a while. */
  | { kind: 'up'; at: number; attempt: number }
  /** The media client mends it by itself. */
  | { kind: 'mending'; since: number }
  /** A new room with a new ticket is being built; given up after `buildWithinMs`. */
  | { kind: 'building'; since: number; begun: number; attempt: number }
  | { kind: 'pausing'; since: number; until: number; attempt: number }
  | { kind: 'over'; reason: LeaveReason };

export type LineNews =
  | { kind: 'down' | 'back' }
  /** The media client gave up, or the server let go of it without an end of the call. */
  | { kind: 'lost' }
  | { kind: 'built' | 'failed' }
  | { kind: 'ended'; reason: LeaveReason }
  /** The page, the device or its network has just come back. */
  | { kind: 'woke' }
  /** The time of `dueAt` has come. */
  | { kind: 'due' };

/** What one attempt may take: on a dead network a request may hang for minutes without an answer. */
export const buildWithinMs = 15_000;
/** A room that held this long was a good one. */
const steadyMs = 10_000;
/** The media client gives up after about 50 s; one that has done neither by then is stuck. */
const stuckAfterMs = 75_000;
/** Away for longer than this, the server has given the seat up: the media client would find nothing to resume. */
const resumableMs = 15_000;
/** An attempt begun before the network came back is not worth waiting for, unless it is this young. */
const youngMs = 3_000;

export function nextLine(line: Line, news: LineNews, { now, random }: { now: number; random: number }): Line {
  if (line.kind === 'over') return line;
  if (news.kind === 'ended') return { kind: 'over', reason: news.reason };
  const build = (since: number, attempt: number): Line => ({ kind: 'building', since, begun: now, attempt });
  const pause = (since: number, attempt: number): Line => ({
    kind: 'pausing',
    since,
    until: now + retryPauseMs(attempt, random),
    attempt: attempt + 1
  });
  switch (line.kind) {
    case 'up':
      if (news.kind === 'down') return { kind: 'mending', since: now };
      if (news.kind !== 'lost') return line;
      // A room that opens and falls at once must not be built without a pause.
      return line.attempt > 0 && now - line.at < steadyMs ? pause(now, line.attempt) : build(now, 0);
    case 'mending': {
      if (news.kind === 'back') return { kind: 'up', at: now, attempt: 0 };
      const away = now - line.since;
      const hopeless =
        news.kind === 'lost' ||
        (news.kind === 'woke' && away > resumableMs) ||
        (news.kind === 'due' && away >= stuckAfterMs);
      return hopeless ? build(line.since, 0) : line;
    }
    case 'building':
      if (news.kind === 'built') return { kind: 'up', at: now, attempt: line.attempt + 1 };
      if (news.kind === 'failed' || (news.kind === 'due' && now >= line.begun + buildWithinMs))
        return pause(line.since, line.attempt);
      return news.kind === 'woke' && now - line.begun > youngMs ? build(line.since, 0) : line;
    case 'pausing':
      if (news.kind === 'woke') return build(line.since, 0);
      return news.kind === 'due' && now >= line.until ? build(line.since, line.attempt) : line;
  }
}

/** When to look again though nothing was heard; null: no need to. */
export function dueAt(line: Line): number | null {
  switch (line.kind) {
    case 'mending':
      return line.since + stuckAfterMs;
    case 'building':
      return line.begun + buildWithinMs;
    case 'pausing':
      return line.until;
    case 'up':
    case 'over':
      return null;
  }
}

export interface LineKeeperOptions {
  /**
   * Builds a room in place of the former one. After `signal` has aborted, whatever it still opens must be closed
   * at once: the media server knows a person once, and a late room would end a newer one.
   */
  build(signal: AbortSignal): Promise<void>;
  /** What a failed build means: the end of the call, or null where it is tried again. */
  endBy(error: unknown): LeaveReason | null;
  changed(line: Line): void;
}

/** Keeps a call on its line for as long as it runs: `start` when the first room is open, `stop` on leaving. */
export class LineKeeper {
  readonly #options: LineKeeperOptions;
  #line: Line | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #building: AbortController | null = null;

  constructor(options: LineKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.stop();
    this.#line = { kind: 'up', at: Date.now(), attempt: 0 };
  }

  stop(): void {
    this.#line = null;
    clearTimeout(this.#timer);
    this.#building?.abort();
    this.#building = null;
  }

  tell(news: LineNews): void {
    const former = this.#line;
    if (!former) return;
    const line = nextLine(former, news, { now: Date.now(), random: Math.random() });
    if (line === former) return;
    this.#line = line;
    clearTimeout(this.#timer);
    if (former.kind === 'building' && news.kind !== 'built') this.#building?.abort();
    const due = dueAt(line);
    if (due !== null)
      this.#timer = setTimeout(() => this.tell({ kind: 'due' }), Math.max(0, due - Date.now()));
    this.#options.changed(line);
    if (line.kind === 'building') void this.#build();
  }

  async #build(): Promise<void> {
    const building = (this.#building = new AbortController());
    const { signal } = building;
    try {
      await this.#options.build(signal);
      if (!signal.aborted) this.tell({ kind: 'built' });
    } catch (error) {
      if (signal.aborted) return;
      const reason = this.#options.endBy(error);
      this.tell(reason ? { kind: 'ended', reason } : { kind: 'failed' });
    }
  }
}
