import * as v from 'valibot';

/**
 * Where a recording stands. `recording` and `paused`: it is being made; `ended`: nothing is taken of the room any more,
 * pieces still on their way are; `ready`: closed, it can be played; `empty`: closed, and nothing of it had arrived;
 * `deleted`: at somebody's wish, after it was closed.
 */
export const recordingStates = ['recording', 'paused', 'ended', 'ready', 'empty', 'deleted'] as const;
export type RecordingState = (typeof recordingStates)[number];

/**
 * Why it ended. `stopped`: by a host; `left`: who recorded left the room; `withdrawn`: somebody took their yes back;
 * `unasked`: somebody came in who had not said yes; `closed`: the consult ended; `lost`: nothing was heard any more of
 * what recorded; `full`: that browser could not hand over what it had; `broken`: it could not go on recording; `limit`: the
 * longest time; `encrypted`: the media server cannot read the call any more; `refused`: it did not take the recording.
 */
export const recordingEnds = [
  'stopped',
  'left',
  'withdrawn',
  'unasked',
  'closed',
  'lost',
  'full',
  'broken',
  'limit',
  'encrypted',
  'refused'
] as const;
export type RecordingEnd = (typeof recordingEnds)[number];
/** What the browser that records may say of its own end. */
export const ownEnds = ['stopped', 'left', 'full', 'broken', 'limit'] as const satisfies RecordingEnd[];

export const recordingTypes = ['video/webm', 'video/mp4'] as const;
export type RecordingType = (typeof recordingTypes)[number];

/** [RC-15] Who makes it: a host's browser, or the media server's egress service. */
export const recordingMakers = ['browser', 'server'] as const;
export type RecordingMaker = (typeof recordingMakers)[number];

/** While it ran, by the server's clock; the last one may be open. ISO 8601. */
export interface RecordingSpan {
  from: string;
  to: string | null;
}

/** How long one recording may become. */
export const longestRecordingMs = 4 * 3_600_000;
/** The recorder hands over a piece so often. */
export const pieceMs = 2_000;
/** One piece is a fraction of it; more is not a recorder's. */
export const mostPieceBytes = 8 * 1024 * 1024;
export const mostPieces = (longestRecordingMs / pieceMs) * 2;
/** [RC-4] Of what was taken of the room later than this after the end, nothing is kept. */
export const afterEndMs = 1_000;
/** The recorder says this often that it is there. */
export const aliveMs = 5_000;
/** [RC-6] Of a recorder not heard of for so long everybody is told that its line is down. */
export const silentMs = 15_000;
/** [RC-6] And so long after it was heard of last the recording ends. */
export const lostMs = 60_000;
/** What waits in a browser may still come for so long after it was heard of last, then the recording is closed. */
export const lateMs = 5 * 60_000;
/** [RC-16] A recording of the media server's that has not begun by then will not. */
export const beginMs = 45_000;
/** [RC-17] What the media server recorded is taken into the store in parts of this size. */
export const takenBytes = 4 * 1024 * 1024;

const id = v.pipe(v.string(), v.uuid());
const wholeNumber = (most: number) =>
  v.pipe(v.string(), v.regex(/^\d{1,10}$/), v.transform(Number), v.maxValue(most));
export const startInput = v.union([
  v.object({ id, maker: v.literal('server') }),
  v.object({ id, maker: v.optional(v.literal('browser'), 'browser'), type: v.picklist(recordingTypes) })
]);
export const pieceInput = v.object({
  recording: id,
  number: wholeNumber(mostPieces - 1),
  /** Milliseconds of the room's time from the start of the recording to the end of this piece, pauses included. */
  until: wholeNumber(longestRecordingMs * 6)
});
export const recordingAct = v.variant('act', [
  v.object({ recording: id, act: v.picklist(['alive', 'pause', 'resume']) }),
  v.object({ recording: id, act: v.literal('stop'), reason: v.picklist(ownEnds) }),
  v.object({
    recording: id,
    act: v.literal('finish'),
    pieces: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(mostPieces))
  }),
  v.object({ recording: id, act: v.literal('play') })
]);
/** [RC-14] Why it is deleted. */
export const deleteInput = v.object({
  recording: id,
  reason: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200))
});
export type RecordingAct = v.InferOutput<typeof recordingAct>;

/** A recording as staff see it who can read its consult. */
export interface RecordingView {
  id: string;
  state: RecordingState;
  type: RecordingType;
  maker: RecordingMaker;
  startedAt: Date;
  byName: string;
  byId: string;
  /** Who had said yes when it began. */
  agreed: string[];
  /** Nothing was heard of the recorder for a while. */
  silent: boolean;
  spans: RecordingSpan[];
  endedAt: Date | null;
  end: RecordingEnd | null;
  durationMs: number | null;
  bytes: number | null;
  /** Some of it never arrived: it plays up to there. */
  cut: boolean;
  /** [RC-14] Nothing of it is left. */
  deleted: { at: Date; byName: string; reason: string } | null;
}

/** The sign everybody in the room sees. */
export interface RecordingSign {
  startedAt: Date;
  byName: string;
  paused: boolean;
  silent: boolean;
}

export const isRunning = (state: RecordingState): state is 'recording' | 'paused' =>
  state === 'recording' || state === 'paused';

/** Which one of them is being made now. */
export function runningOf<T extends { state: RecordingState }>(recordings: readonly T[]): T | null {
  return recordings.find(({ state }) => isRunning(state)) ?? null;
}

/** [RC-15] What a list of recordings shows: a start that the media server refused is none. The trail keeps it. */
export function listed<T extends { end: RecordingEnd | null }>(recordings: readonly T[]): T[] {
  return recordings.filter(({ end }) => end !== 'refused');
}

/** The spans after a pause or an end at `at`; of one that does not run they stay. */
export function spansUntil(spans: readonly RecordingSpan[], at: Date): RecordingSpan[] {
  return spans.map((span) => (span.to === null ? { ...span, to: at.toISOString() } : span));
}

/**
 * Where in the recording a moment lies, in milliseconds from its beginning; null before the beginning and after the end.
 * A moment of a pause lies where the pause does.
 */
export function placeOf(spans: readonly RecordingSpan[], at: Date): number | null {
  const first = spans[0];
  if (!first || at.getTime() < Date.parse(first.from)) return null;
  let before = 0;
  for (const { from, to } of spans) {
    const [begin, end] = [Date.parse(from), to === null ? Number.POSITIVE_INFINITY : Date.parse(to)];
    if (at.getTime() < begin) return before;
    if (at.getTime() <= end) return before + at.getTime() - begin;
    before += end - begin;
  }
  return null;
}

/** The moment that lies at `ms` of the recording. */
export function momentAt(spans: readonly RecordingSpan[], ms: number): Date | null {
  let before = 0;
  for (const [i, { from, to }] of spans.entries()) {
    const length = to === null ? Number.POSITIVE_INFINITY : Date.parse(to) - Date.parse(from);
    if (ms < before + length || i === spans.length - 1)
      return new Date(Date.parse(from) + Math.min(Math.max(ms - before, 0), length));
    before += length;
  }
  return null;
}

/**
 * The spans as the pieces show them. A recorder begins a moment after it was asked to, and the last piece may be missing:
 * each span ends where its last piece does, and is as long as what was recorded in it.
 * @param taken at the end of each piece: the room's time, and how much was recorded by then, in milliseconds
 */
export function fittedSpans(
  spans: readonly RecordingSpan[],
  taken: readonly { at: number; ms: number }[]
): RecordingSpan[] {
  let before = 0;
  return spans.map(({ from, to }, i) => {
    const next = spans[i + 1];
    const until = next ? Date.parse(next.from) : Number.POSITIVE_INFINITY;
    const last = taken.findLast(({ at }) => at < until);
    const recorded = Math.max(0, (last?.ms ?? 0) - before);
    before = Math.max(before, last?.ms ?? 0);
    const [begin, close] = [Date.parse(from), to === null ? Number.POSITIVE_INFINITY : Date.parse(to)];
    const end = Math.max(begin, Math.min(close, last?.at ?? begin));
    return {
      from: new Date(Math.max(begin, end - recorded)).toISOString(),
      to: new Date(end).toISOString()
    };
  });
}

/**
 * [RC-17] When a recording of the media server's ran. The service's clock may be another machine's: only how long it
 * recorded is believed, and laid so that it ends when nothing more was taken.
 */
export function egressSpans(
  { startedAt, stoppedAt }: { startedAt: Date; stoppedAt: Date },
  durationMs: number | null
): RecordingSpan[] {
  const to = Math.max(startedAt.getTime(), stoppedAt.getTime());
  const from = Math.max(startedAt.getTime(), to - (durationMs ?? 0));
  return [{ from: new Date(from).toISOString(), to: new Date(to).toISOString() }];
}

/** The pieces that follow one another from the first: what comes after a gap cannot be read. */
export function withoutGap<T extends { number: number }>(pieces: readonly T[]): T[] {
  const sorted = [...pieces].sort((a, b) => a.number - b.number);
  const gap = sorted.findIndex(({ number }, i) => number !== i);
  return gap < 0 ? sorted : sorted.slice(0, gap);
}

/** Bytes `from` to `to`, both included. */
export interface ByteRange {
  from: number;
  to: number;
}

/**
 * What a Range header asks of `size` bytes (RFC 9110, section 14): one range of bytes. Null: all of it, also where the
 * header asks for several or for what is not bytes, which a server may leave unheard.
 * @returns `unsatisfiable` where the range begins behind the end
 */
export function rangeOf(header: string | null, size: number): ByteRange | null | 'unsatisfiable' {
  const found = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '');
  if (!found || (!found[1] && !found[2])) return null;
  if (!found[1]) {
    const last = Number(found[2]);
    if (last === 0 || size === 0) return 'unsatisfiable';
    return { from: Math.max(0, size - last), to: size - 1 };
  }
  const from = Number(found[1]);
  const to = found[2] ? Math.min(Number(found[2]), size - 1) : size - 1;
  if (from >= size) return 'unsatisfiable';
  return from <= Number(found[2] || to) ? { from, to } : null;
}

/** Which parts of `sizes`, laid one after the other, make up a range: part, first byte in it, bytes to take. */
export function partsOf(
  sizes: readonly number[],
  { from, to }: ByteRange
): { part: number; skip: number; take: number }[] {
  const parts: { part: number; skip: number; take: number }[] = [];
  let at = 0;
  for (const [part, size] of sizes.entries()) {
    const [begin, end] = [Math.max(from, at), Math.min(to + 1, at + size)];
    if (begin < end) parts.push({ part, skip: begin - at, take: end - begin });
    at += size;
  }
  return parts;
}
