import { errorCodes, fail, type AppError, type ErrorCode } from '#lib/kernel/errors.ts';
import { framesHeader, splitFrame, unpackGrey, type FrameHeader } from './frame-format.ts';

/** A picture in memory, ready for `createFrameRenderer`. Grey values are stored values, before rescale. */
export type Frame = GreyFrame | ColourFrame;
interface FrameOf {
  imageId: string;
  /** Which frame of the image this is, from 1, and how many it has. */
  number: number;
  count: number;
}
export interface GreyFrame extends FrameOf {
  kind: 'grey';
  header: FrameHeader;
  pixels: Uint16Array | Int16Array;
}
export interface ColourFrame extends FrameOf {
  kind: 'colour';
  header: FrameHeader;
  bitmap: ImageBitmap;
}

/** Two panoramics, or a full-mouth status of periapicals: what a person flips between. */
const cacheBytes = 96 * 1024 * 1024;
/** A frame that is only passed on the way to another is not asked for. Milliseconds. */
const settleMs = 120;
const cache = new Map<string, Frame>();
const underway = new Map<string, Promise<Frame>>();

export function frameBytes(frame: Frame): number {
  return frame.kind === 'grey' ? frame.pixels.byteLength : frame.header.rows * frame.header.columns * 4;
}

/**
 * Fetch and decode a picture; the last ones are kept in memory (never on disk). `signal` ends the wait of
 * this caller; a fetch that another caller also waits for goes on. `number`: which frame of several, from 1.
 * @throws AppError with the server's code; `unavailable` where the server cannot be reached
 */
export async function loadFrame(imageId: string, number = 1, signal?: AbortSignal): Promise<Frame> {
  signal?.throwIfAborted();
  const key = keyOf({ imageId, number });
  const known = cache.get(key);
  if (known) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  let pending = underway.get(key);
  if (!pending && number > 1) {
    // The server makes it from the file: not for each one that a hand runs past.
    await new Promise((done) => setTimeout(done, settleMs));
    signal?.throwIfAborted();
    pending = underway.get(key);
  }
  if (!pending) {
    pending = fetchFrame(imageId, number).finally(() => underway.delete(key));
    underway.set(key, pending);
  }
  const frame = await (signal ? Promise.race([pending, aborted(signal)]) : pending);
  remember(frame);
  return frame;
}

function keyOf({ imageId, number }: Pick<Frame, 'imageId' | 'number'>): string {
  return `${imageId} ${number}`;
}

const forgetting = new Set<() => void>();

/** Forget all pictures, e.g. at sign-out or when access ends. Whoever shows one asks for it again. */
export function forgetFrames(): void {
  cache.clear();
  for (const listener of forgetting) listener();
}

/** @returns stop listening */
export function onFramesForgotten(listener: () => void): () => void {
  forgetting.add(listener);
  return () => forgetting.delete(listener);
}

function remember(frame: Frame): void {
  cache.set(keyOf(frame), frame);
  let total = [...cache.values()].reduce((sum, each) => sum + frameBytes(each), 0);
  for (const [key, each] of cache) {
    if (total <= cacheBytes || each === frame) break;
    total -= frameBytes(each);
    // A bitmap may still be on a screen: dropping the reference is enough, its memory goes when unused.
    cache.delete(key);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  );
}

async function fetchFrame(imageId: string, number: number): Promise<Frame> {
  let response: Response;
  try {
    response = await fetch(`/api/images/${encodeURIComponent(imageId)}/frame?number=${number}`, {
      cache: 'no-store'
    });
  } catch (error) {
    throw fail('unavailable', {}, error);
  }
  if (!response.ok) throw await errorOf(response);
  const count = Number(response.headers.get(framesHeader) ?? 1);
  return decodeFrame({ imageId, number, count }, new Uint8Array(await response.arrayBuffer()));
}

/** Frame bytes to a picture. Exported for pictures that do not come from the server (tests, previews). */
export async function decodeFrame(of: FrameOf, bytes: Uint8Array): Promise<Frame> {
  const { header, payload } = splitFrame(bytes);
  if (header.format !== 'encoded')
    return { kind: 'grey', ...of, header, pixels: unpackGrey(payload, header) };
  const blob = new Blob([payload.slice()], { type: header.mediaType ?? 'image/jpeg' });
  return { kind: 'colour', ...of, header, bitmap: await createImageBitmap(blob) };
}

/** The AppError in a JSON answer `{code}`, whatever else came. */
export async function errorOf(response: Response): Promise<AppError> {
  const body: unknown = await response.json().catch(() => null);
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : null;
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : {};
  const known = errorCodes.find((each) => each === code);
  const fallback: ErrorCode =
    response.status === 404 ? 'not_found' : response.status === 413 ? 'file_too_large' : 'unavailable';
  return fail(known ?? fallback, (detail ?? {}) as Record<string, string | number>);
}
