import { errorCodes, fail, type AppError, type ErrorCode } from '#lib/kernel/errors.ts';
import { splitFrame, unpackGrey, type FrameHeader } from './frame-format.ts';

/** A picture in memory, ready for `createFrameRenderer`. Grey values are stored values, before rescale. */
export type Frame = GreyFrame | ColourFrame;
export interface GreyFrame {
  kind: 'grey';
  imageId: string;
  header: FrameHeader;
  pixels: Uint16Array | Int16Array;
}
export interface ColourFrame {
  kind: 'colour';
  imageId: string;
  header: FrameHeader;
  bitmap: ImageBitmap;
}

/** Two panoramics, or a full-mouth status of periapicals: what a person flips between. */
const cacheBytes = 96 * 1024 * 1024;
const cache = new Map<string, Frame>();
const underway = new Map<string, Promise<Frame>>();

export function frameBytes(frame: Frame): number {
  return frame.kind === 'grey' ? frame.pixels.byteLength : frame.header.rows * frame.header.columns * 4;
}

/**
 * Fetch and decode a picture; the last ones are kept in memory (never on disk). `signal` ends the wait of
 * this caller; a fetch that another caller also waits for goes on.
 * @throws AppError with the server's code; `unavailable` where the server cannot be reached
 */
export async function loadFrame(imageId: string, signal?: AbortSignal): Promise<Frame> {
  signal?.throwIfAborted();
  const known = cache.get(imageId);
  if (known) {
    cache.delete(imageId);
    cache.set(imageId, known);
    return known;
  }
  let pending = underway.get(imageId);
  if (!pending) {
    pending = fetchFrame(imageId).finally(() => underway.delete(imageId));
    underway.set(imageId, pending);
  }
  const frame = await (signal ? Promise.race([pending, aborted(signal)]) : pending);
  remember(frame);
  return frame;
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
  cache.set(frame.imageId, frame);
  let total = [...cache.values()].reduce((sum, each) => sum + frameBytes(each), 0);
  for (const [id, each] of cache) {
    if (total <= cacheBytes || id === frame.imageId) break;
    total -= frameBytes(each);
    // A bitmap may still be on a screen: dropping the reference is enough, its memory goes when unused.
    cache.delete(id);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  );
}

async function fetchFrame(imageId: string): Promise<Frame> {
  let response: Response;
  try {
    response = await fetch(`/api/images/${encodeURIComponent(imageId)}/frame`, { cache: 'no-store' });
  } catch (error) {
    throw fail('unavailable', {}, error);
  }
  if (!response.ok) throw await errorOf(response);
  return decodeFrame(imageId, new Uint8Array(await response.arrayBuffer()));
}

/** Frame bytes to a picture. Exported for pictures that do not come from the server (tests, previews). */
export async function decodeFrame(imageId: string, bytes: Uint8Array): Promise<Frame> {
  const { header, payload } = splitFrame(bytes);
  if (header.format !== 'encoded')
    return { kind: 'grey', imageId, header, pixels: unpackGrey(payload, header) };
  const blob = new Blob([payload.slice()], { type: header.mediaType ?? 'image/jpeg' });
  return { kind: 'colour', imageId, header, bitmap: await createImageBitmap(blob) };
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
