import { and, asc, eq, lt } from 'drizzle-orm';
import type { FileStore } from '#lib/kernel/ports.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { partsOf, type ByteRange } from './recording.ts';
import type { consultRecordings } from './recording-tables.server.ts';
import { recordingPieces } from './recording-tables.server.ts';

/** A closed recording as it lies in the store: a head, and pieces of which the bytes `body` follow it. */
export interface RecordingFile {
  organisationId: string;
  head: { sha256: string; size: number } | null;
  body: { from: number; to: number };
  pieces: readonly { sha256: string; size: number }[];
}

/** Null: it is not closed, or holds nothing. */
export async function recordingFile(
  tx: Tx,
  row: typeof consultRecordings.$inferSelect
): Promise<RecordingFile | null> {
  const { organisationId, headSha256, headSize, bodyFrom, bodyTo, bodyPieces } = row;
  if (row.state !== 'ready' || bodyFrom === null || bodyTo === null || bodyPieces === null) return null;
  const pieces = await tx.rows
    .select({ sha256: recordingPieces.fileSha256, size: recordingPieces.size })
    .from(recordingPieces)
    .where(and(eq(recordingPieces.recordingId, row.id), lt(recordingPieces.number, bodyPieces)))
    .orderBy(asc(recordingPieces.number));
  const head = headSha256 !== null && headSize !== null ? { sha256: headSha256, size: headSize } : null;
  return { organisationId, head, body: { from: bodyFrom, to: bodyTo }, pieces };
}

/** Its bytes of a range, each file opened when it is needed and closed when the reader goes. */
export async function* recordingBytes(
  files: FileStore,
  { organisationId, head, body, pieces }: RecordingFile,
  { from, to }: ByteRange
): AsyncGenerator<Uint8Array> {
  const headSize = head?.size ?? 0;
  if (head && from < headSize)
    yield* slice(await files.get(organisationId, head.sha256), from, Math.min(to + 1, headSize) - from);
  if (to < headSize) return;
  const shift = body.from - headSize;
  const wanted = { from: Math.max(from, headSize) + shift, to: to + shift };
  for (const { part, skip, take } of partsOf(
    pieces.map(({ size }) => size),
    wanted
  ))
    yield* slice(await files.get(organisationId, pieces[part]!.sha256), skip, take);
}

async function* slice(
  source: AsyncIterable<Uint8Array>,
  skip: number,
  take: number
): AsyncGenerator<Uint8Array> {
  let [pass, left] = [skip, take];
  for await (const bytes of source) {
    const begin = Math.min(pass, bytes.length);
    pass -= begin;
    const part = bytes.subarray(begin, begin + left);
    left -= part.length;
    if (part.length > 0) yield part;
    if (left === 0) return;
  }
}
