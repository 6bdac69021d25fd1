import { createHash } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { MemberActor, SystemActor } from '#lib/kernel/actor.ts';
import { once } from '#lib/kernel/bytes.ts';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import { allows } from '#lib/features/consent/consent.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, oneAtATime, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { removeUnusedFile } from '#lib/features/tenancy/unused-file.server.ts';
import { mayRecordRoom } from './policy.server.ts';
import { consultChanged, consultFor, openConsult, requireGrant, seatIs } from './read.server.ts';
import {
  afterEndMs,
  isRunning,
  longestRecordingMs,
  mostPieceBytes,
  silentMs,
  spansUntil,
  type RecordingAct,
  type RecordingEnd,
  type RecordingState,
  type RecordingType
} from './recording.ts';
import { mayRecord } from './recording.server.ts';
import { consultRecordings, recordingPieces } from './recording-tables.server.ts';
import { auditRecording, recordingIs, runningIn, type RecordingRow } from './recordings.server.ts';
import { roomConsents } from './room-consents.server.ts';
import { identityOf } from './seat.ts';
import { consultSeats } from './tables.server.ts';

/** [RC-2] Told to every page of the room, the patient's too. */
const changed = 'recording.changed';

/**
 * [RC-1] [RC-2] A recording begins in the browser of the host who asks for it, if everybody has said yes. `id` is the
 * browser's: sent twice, it is one recording.
 * @throws AppError `room_not_open`, `forbidden`, `not_found`, `grant_ended`, `recording_not_in_call`,
 *   `recording_not_agreed` {missing: how many}, `recording_runs`
 */
export async function startRecording(
  call: Call<never, MemberActor>,
  consultId: string,
  { id, type }: { id: string; type: RecordingType }
): Promise<{ id: string; startedAt: Date }> {
  return inTransaction(call, async (tx) => {
    const { startedAt } = await beginRecording(tx, call.actor, consultId, { id, type, maker: 'browser' });
    return { id, startedAt };
  });
}

/** [RC-1] The row of a recording that begins. `isNew` false: it was begun before. @throws as `startRecording` */
export async function beginRecording(
  tx: Tx,
  actor: MemberActor,
  consultId: string,
  { id, type, maker }: Pick<RecordingRow, 'id' | 'type' | 'maker'>
): Promise<{ startedAt: Date; isNew: boolean }> {
  const consult = await openConsult(tx, consultId, mayRecordRoom);
  if (actor.organisationId !== consult.organisationId) await requireGrant(tx, consult);
  await oneAtATime(tx, `recording:${consultId}`);
  const [known] = await tx.rows.select().from(consultRecordings).where(recordingIs(consultId, id));
  if (known && known.startedById === actor.userId && known.maker === maker && isRunning(known.state))
    return { startedAt: known.startedAt, isNew: false };
  if (known) throw fail('conflict');
  const [seat] = await tx.rows
    .select({ state: consultSeats.state })
    .from(consultSeats)
    .where(seatIs(consultId, identityOf(actor)));
  if (seat?.state !== 'in-room') throw fail('recording_not_in_call');
  const people = await roomConsents(tx, consult);
  const missing = people.filter(({ states }) => !allows(states.recording)).length;
  if (missing > 0) throw fail('recording_not_agreed', { missing });
  const [running] = await tx.rows
    .select({ id: consultRecordings.id })
    .from(consultRecordings)
    .where(runningIn(consultId));
  if (running) throw fail('recording_runs');
  await tx.rows.insert(consultRecordings).values({
    ...{ id, organisationId: consult.organisationId, consultId, patientId: consult.patientId },
    ...{ state: 'recording', type, maker, startedById: actor.userId, startedByName: actor.name },
    startedByOrganisationId: actor.organisationId,
    ...{ startedAt: tx.now, heardAt: tx.now },
    agreed: people.map(({ name }) => name),
    spans: [{ from: tx.now.toISOString(), to: null }]
  });
  await auditRecording(tx, consult, id, 'recording.start', { type, maker, agreed: people.length });
  await consultChanged(tx, consultId, changed);
  // [RC-4] Whoever watches rights holds one for it from now on.
  await tx.live({ topic: 'recordings', name: 'recording.started' });
  return { startedAt: tx.now, isNew: true };
}

/**
 * [RC-3] [RC-5] A piece of a recording, from the browser that makes it. Resolves once it is durable; sent again, it is
 * the same piece. Pieces come in any order, also after the end; never of what was taken of the room after it.
 * @throws AppError `not_found`, `forbidden`, `recording_over`, `conflict` (another piece of that number),
 *   `file_too_large`, `file_empty`, `storage_full`, `upload_broken`
 */
export async function keepPiece(
  call: Call<'files' | 'systemDb', MemberActor>,
  consultId: string,
  piece: { recording: string; number: number; until: number; source: AsyncIterable<Uint8Array> }
): Promise<{ number: number; state: RecordingState }> {
  const { recording, number, until } = piece;
  const before = await inTransaction(call, (tx) => takes(tx, { consultId, recording, number, until }));
  const bytes = await bounded(piece.source);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (before.known) return again(before.known, sha256, { number, state: before.row.state });
  const { organisationId } = before.row;
  await call.files.put(organisationId, once(bytes), { maxBytes: mostPieceBytes });
  try {
    return await inTransaction(call, async (tx) => {
      const { row, known } = await takes(tx, { consultId, recording, number, until });
      if (known) return again(known, sha256, { number, state: row.state });
      await tx.rows.insert(recordingPieces).values({
        ...{ organisationId, consultId, recordingId: recording, number },
        ...{ fileSha256: sha256, size: bytes.length, untilMs: until }
      });
      await heard(tx, row);
      return { number, state: row.state };
    });
  } catch (error) {
    // Refused meanwhile: what may not be kept does not stay behind in the store either.
    if (asAppError(error)) await removeUnusedFile(call, organisationId, sha256);
    throw error;
  }
}

/**
 * [RC-2] [RC-6] What is said of a recording that is being made: by any host pause, go on, stop; by the browser that makes
 * it that it is there, and at last how many pieces it made.
 * @throws AppError `not_found`, `forbidden`, `recording_over`, `recording_not_agreed`, `recording_no_pause`
 */
export async function steerRecording(
  call: Call<never, MemberActor>,
  consultId: string,
  said: Exclude<RecordingAct, { act: 'play' }>
): Promise<{ state: RecordingState }> {
  return inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, consultId);
    const row = await locked(tx, consultId, said.recording);
    const own = row.startedById === call.actor.userId;
    const ownBrowser = own && row.maker === 'browser';
    switch (said.act) {
      case 'alive':
        if (!ownBrowser) throw fail('forbidden');
        if (isRunning(row.state)) await heard(tx, row);
        return { state: row.state };
      case 'finish':
        if (!ownBrowser) throw fail('forbidden');
        if (row.state !== 'ended') return { state: row.state };
        await set(tx, row, { pieces: said.pieces, heardAt: tx.now });
        await tx.publish('recording.finished', row.id, { recordingId: row.id }, row.organisationId);
        return { state: row.state };
      case 'stop':
        if (!own && !mayRecordRoom(tx.actor, consult)) throw fail('forbidden');
        return { state: await end(tx, row, said.reason) };
      case 'pause':
      case 'resume': {
        if (!mayRecordRoom(tx.actor, consult)) throw fail('forbidden');
        const state = said.act === 'pause' ? 'paused' : 'recording';
        if (row.state === state) return { state };
        if (!isRunning(row.state)) throw fail('recording_over');
        if (row.maker === 'server') throw fail('recording_no_pause');
        const spans = spansUntil(row.spans, tx.now);
        if (state === 'recording') spans.push({ from: tx.now.toISOString(), to: null });
        await set(tx, row, { state, spans });
        await auditRecording(
          tx,
          consult,
          row.id,
          said.act === 'pause' ? 'recording.pause' : 'recording.resume'
        );
        await consultChanged(tx, consultId, changed);
        return { state };
      }
    }
  });
}

/** [RC-4] [RC-6] The server ends a recording: its right has ended, or nothing is heard of its browser. */
export async function endRecording(
  call: Call<never, SystemActor>,
  { consultId, id }: { consultId: string; id: string },
  reason: RecordingEnd
): Promise<void> {
  await inTransaction(call, async (tx) => {
    await end(tx, await locked(tx, consultId, id), reason);
  });
}

/** Why the right to record has just ended. */
export async function endOfRight(call: Call, consultId: string): Promise<RecordingEnd> {
  const { missing } = await mayRecord(call, consultId);
  if (missing.length === 0) return 'closed';
  return missing.some(({ state }) => state !== 'unasked') ? 'withdrawn' : 'unasked';
}

/** [RC-6] Everybody is told that what records is not heard of. */
export async function tellSilence(call: Call<never, SystemActor>, consultId: string): Promise<void> {
  await inTransaction(call, (tx) => consultChanged(tx, consultId, changed));
}

/** [RC-2] Once; of one that has ended it stays. @returns where it stands now */
export async function end(tx: Tx, row: RecordingRow, reason: RecordingEnd): Promise<RecordingState> {
  if (!isRunning(row.state)) return row.state;
  await set(tx, row, {
    ...{ state: 'ended', endedAt: tx.now, end: reason },
    spans: spansUntil(row.spans, tx.now)
  });
  await auditRecording(tx, row, row.id, 'recording.stop', { reason });
  await consultChanged(tx, row.consultId, changed);
  // [RC-16] Whoever hears it first has the media server stop.
  if (row.maker === 'server') await tx.live({ topic: 'recordings', name: 'recording.ended' });
  return 'ended';
}

/** What records is there. */
export async function heard(tx: Tx, row: RecordingRow): Promise<void> {
  await set(tx, row, { heardAt: tx.now });
  const wasSilent = tx.now.getTime() - row.heardAt.getTime() > silentMs;
  if (wasSilent && isRunning(row.state)) await consultChanged(tx, row.consultId, changed);
}

export async function set(tx: Tx, row: RecordingRow, values: Partial<RecordingRow>): Promise<void> {
  await tx.rows.update(consultRecordings).set(values).where(recordingIs(row.consultId, row.id));
}

export async function locked(tx: Tx, consultId: string, id: string): Promise<RecordingRow> {
  const [row] = await tx.rows
    .select()
    .from(consultRecordings)
    .where(recordingIs(consultId, id))
    .for('update');
  if (row) return row;
  // One that is closed cannot be locked: it does not change any more.
  const [closed] = await tx.rows.select().from(consultRecordings).where(recordingIs(consultId, id));
  throw fail(closed ? 'recording_over' : 'not_found');
}

/** The recording, if it takes this piece; and the piece, where it has it. */
async function takes(
  tx: Tx,
  {
    consultId,
    recording,
    number,
    until
  }: { consultId: string; recording: string; number: number; until: number }
) {
  await consultFor(tx, consultId);
  const row = await locked(tx, consultId, recording);
  if (row.startedById !== (tx.actor.kind === 'member' ? tx.actor.userId : null)) throw fail('not_found');
  if (row.maker !== 'browser') throw fail('forbidden');
  const [known] = await tx.rows
    .select({ fileSha256: recordingPieces.fileSha256 })
    .from(recordingPieces)
    .where(and(eq(recordingPieces.recordingId, recording), eq(recordingPieces.number, number)));
  if (known) return { row, known };
  if (!isRunning(row.state) && row.state !== 'ended') throw fail('recording_over');
  // [RC-4] By the room's time. A clock that says more than has passed is not believed either.
  const taken = row.startedAt.getTime() + until;
  if (taken > (row.endedAt ?? tx.now).getTime() + afterEndMs) throw fail('recording_over');
  if (tx.now.getTime() - row.startedAt.getTime() > longestRecordingMs * 2) throw fail('recording_over');
  return { row, known: null };
}

function again<T>(known: { fileSha256: string }, sha256: string, answer: T): T {
  if (known.fileSha256 !== sha256) throw fail('conflict');
  return answer;
}

async function bounded(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of source) {
      size += part.length;
      if (size > mostPieceBytes) break;
      parts.push(part);
    }
  } catch (error) {
    throw fail('upload_broken', {}, error);
  }
  if (size > mostPieceBytes) throw fail('file_too_large', { limitMegabytes: mostPieceBytes / 1048576 });
  if (size === 0) throw fail('file_empty');
  return Buffer.concat(parts);
}
