import { createHash } from 'node:crypto';
import { eq, inArray } from 'drizzle-orm';
import type { SystemActor } from '#lib/kernel/actor.ts';
import { once } from '#lib/kernel/bytes.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { afterEndMs, takenBytes } from './recording.ts';
import { consultRecordings, recordingPieces } from './recording-tables.server.ts';
import type { RecordingRow } from './recordings.server.ts';

/** Nobody writes to a file any more that has not changed for so long. */
const quietMs = 60_000;
/** A file whose recording nobody knows (its record was erased) is left to lie so long, in case the database is behind. */
const unknownMs = 10 * 60_000;

type Taker = Pick<Services, 'db' | 'systemDb' | 'files' | 'egress' | 'clock' | 'log'>;

/**
 * [RC-17] Takes what the media server recorded into the store, part by part: each is durable and encrypted before its row
 * is there. Broken off it is gone on with.
 * @returns `all`: whatever there is; `more`: time was up; `later`: it is being written
 */
export async function takeEgressFile(
  services: Taker,
  row: RecordingRow,
  { now, until }: { now: Date; until: number }
): Promise<'all' | 'more' | 'later'> {
  const { egress, files, systemDb, log } = services;
  const file = await egress.file(row.id);
  if (!file) return 'all';
  if (!mayBeKept(row)) {
    log.warn({ recordingId: row.id, end: row.end }, 'nothing is kept of what the media server recorded');
    return 'all';
  }
  // The media server never said that it was done.
  if (row.pieces === null && now.getTime() - file.changedAt.getTime() < quietMs) return 'later';
  const actor: SystemActor = { kind: 'system', organisationId: row.organisationId, reason: 'recording' };
  const call = { ...services, actor, request: { id: row.id, ip: 'local' } };
  const there = await systemDb
    .select({ number: recordingPieces.number, sha256: recordingPieces.fileSha256 })
    .from(recordingPieces)
    .where(eq(recordingPieces.recordingId, row.id));
  const known = new Map(there.map(({ number, sha256 }) => [number, sha256]));
  let number = 0;
  for await (const part of parts(egress.read(row.id), takenBytes)) {
    const sha256 = createHash('sha256').update(part).digest('hex');
    const before = known.get(number);
    if (before !== undefined && before !== sha256) throw fail('conflict');
    if (before === undefined) {
      if (performance.now() > until) return 'more';
      await files.put(row.organisationId, once(part), { maxBytes: takenBytes });
      const { organisationId, consultId, id: recordingId } = row;
      const piece = { number, fileSha256: sha256, size: part.length, untilMs: 0 };
      await inTransaction(call, (tx) =>
        tx.rows
          .insert(recordingPieces)
          .values({ organisationId, consultId, recordingId, ...piece })
          .onConflictDoNothing()
      );
    }
    number++;
  }
  return 'all';
}

/**
 * [RC-4] Nothing was taken of the room later than it may be: it cannot be cut at a moment. Nor is anything kept of one that
 * people were told had not begun.
 */
function mayBeKept({ stoppedAt, endedAt, end }: RecordingRow): boolean {
  if (end === 'refused') return false;
  return stoppedAt !== null && endedAt !== null && stoppedAt.getTime() <= endedAt.getTime() + afterEndMs;
}

/** [RC-17] Files of recordings that are closed, deleted or erased, and stayed behind in the clear. */
export async function forgetEgressFiles({ egress, systemDb, log }: Taker, now: Date): Promise<void> {
  const lying = await egress.files();
  if (lying.length === 0) return;
  const rows = await systemDb
    .select({ id: consultRecordings.id, state: consultRecordings.state })
    .from(consultRecordings)
    .where(inArray(consultRecordings.id, lying));
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  for (const id of lying) {
    const state = states.get(id);
    if (state === 'recording' || state === 'paused' || state === 'ended') continue;
    const file = await egress.file(id);
    if (!file || (!state && now.getTime() - file.changedAt.getTime() < unknownMs)) continue;
    await egress.remove(id);
    log.warn({ recordingId: id, state: state ?? 'unknown' }, 'a file the media server left was taken away');
  }
}

async function* parts(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    bytes += chunk.length;
    while (bytes >= size) {
      const all = Buffer.concat(waiting);
      yield all.subarray(0, size);
      const left = all.subarray(size);
      waiting = left.length > 0 ? [left] : [];
      bytes = left.length;
    }
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}
