import type { MemberActor, SystemActor } from '#lib/kernel/actor.ts';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { encryptionOf } from './encryption-state.server.ts';
import { beginRecording, end, heard, locked, set } from './record.server.ts';
import { egressSpans, isRunning, type RecordingEnd } from './recording.ts';

/** Which recording. */
interface Recording {
  id: string;
  consultId: string;
}

/**
 * [RC-1] [RC-15] A recording begins that the media server's egress service makes. Its row is there before anything is
 * taken of the room, so that its right is watched from then on.
 * @throws AppError as `startRecording`, and `recording_encrypted`, `recording_server_refused`: then a browser may
 */
export async function recordOnServer(
  call: Call<'egress', MemberActor>,
  consultId: string,
  { id }: { id: string }
): Promise<{ id: string; startedAt: Date }> {
  const { startedAt, isNew } = await inTransaction(call, async (tx) => {
    const begun = await beginRecording(tx, call.actor, consultId, { id, type: 'video/mp4', maker: 'server' });
    if (!call.egress.configured) throw fail('recording_server_refused');
    if ((await encryptionOf(tx, consultId)).on) throw fail('recording_encrypted');
    return begun;
  });
  if (!isNew) return { id, startedAt };
  let egressId: string;
  try {
    egressId = await call.egress.start(consultId, id);
  } catch (error) {
    // It may have begun all the same, its answer lost: whoever looks after it finds it by its file's name.
    await inTransaction(call, async (tx) => end(tx, await locked(tx, consultId, id), 'refused'));
    throw asAppError(error) ?? fail('recording_server_refused', {}, error);
  }
  await inTransaction(call, async (tx) => {
    await set(tx, await locked(tx, consultId, id), { egressId });
    // It may have ended meanwhile.
    await tx.live({ topic: 'recordings', name: 'recording.egress' });
  });
  return { id, startedAt };
}

/** [RC-16] The egress service is at work on it. */
export async function egressHeard(
  call: Call<never, SystemActor>,
  { consultId, id }: Recording,
  egressId: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const row = await locked(tx, consultId, id);
    if (row.egressId !== egressId) await set(tx, row, { egressId });
    await heard(tx, row);
  });
}

/** [RC-16] It has ended by itself: nothing more is taken. */
export async function egressEnded(
  call: Call<never, SystemActor>,
  { consultId, id }: Recording,
  reason: RecordingEnd
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const row = await locked(tx, consultId, id);
    if (!isRunning(row.state)) return;
    await end(tx, row, reason);
    await set(tx, row, { stoppedAt: tx.now });
  });
}

/** [RC-16] It said that it stops: from now on nothing more is taken. */
export async function egressStopped(
  call: Call<never, SystemActor>,
  { consultId, id }: Recording
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const row = await locked(tx, consultId, id);
    if (row.stoppedAt === null) await set(tx, row, { stoppedAt: tx.now });
  });
}

/** [RC-17] It is done: a job takes in what there is. `durationMs`: as the service says; null: it knows of nothing. */
export async function egressDone(
  call: Call<never, SystemActor>,
  { consultId, id }: Recording,
  durationMs: number | null
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const row = await locked(tx, consultId, id);
    if (row.state !== 'ended' || row.pieces !== null) return;
    const { startedAt, stoppedAt } = row;
    const spans = stoppedAt && egressSpans({ startedAt, stoppedAt }, durationMs);
    await set(tx, row, { pieces: 0, ...(spans ? { spans } : {}) });
    await tx.publish('recording.finished', id, { recordingId: id }, row.organisationId);
  });
}
