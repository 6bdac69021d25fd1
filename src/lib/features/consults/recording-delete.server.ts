import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import type { JobHandler, TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { removeUnusedFile } from '#lib/features/tenancy/unused-file.server.ts';
import { mayDeleteRecording } from './policy.server.ts';
import { consultChanged, consultFor } from './read.server.ts';
import { auditRecording, recordingIs } from './recordings.server.ts';
import { consultRecordings } from './recording-tables.server.ts';

const task = 'remove-recording-files';
/** A task ends before the engine would take it for dead; the next one goes on. */
const patienceMs = 30_000;
const files = v.object({ organisationId: v.string(), digests: v.array(v.string()) });

/**
 * [RC-14] One closed recording goes for good, at somebody's wish: its rows at once, its files by a job right after.
 * @throws AppError `forbidden`, `not_found` (also: not closed, deleted already), `record_held`
 */
export async function deleteRecording(
  call: Call<never, MemberActor>,
  consultId: string,
  { recording, reason }: { recording: string; reason: string }
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, consultId);
    if (!mayDeleteRecording(tx.actor, consult)) throw fail('forbidden');
    const [row] = await tx.rows
      .select({ id: consultRecordings.id })
      .from(consultRecordings)
      .where(recordingIs(consultId, recording));
    if (!row) throw fail('not_found');
    const { rows } = await tx.rows.execute<{ digests: string[] | null }>(
      sql`select delete_recording(${recording}, ${tx.now.toISOString()}, ${call.actor.name}, ${reason}) as digests`
    );
    const digests = rows[0]?.digests ?? null;
    if (!digests) throw fail('record_held');
    if (digests.length === 0) throw fail('not_found');
    const { organisationId } = consult;
    await auditRecording(tx, consult, recording, 'recording.delete', { files: digests.length });
    await tx.publish('recording.deleted', recording, { organisationId, digests }, organisationId);
    await consultChanged(tx, consultId, 'recording.changed');
  });
}

export const recordingDeletedHandler: JobHandler = {
  topic: 'recording.deleted',
  async handle({ payload }, { rows }) {
    await rows.execute(filesJob(v.parse(files, payload)));
  }
};

/** [RC-14] The files one by one, where nothing else names them. Run again it finds them gone. */
export const deletedRecordingTask: TaskHandler = {
  task,
  timeoutMs: 60_000,
  async run(payload, { services }) {
    const { organisationId, digests } = v.parse(files, payload);
    const began = performance.now();
    for (const [i, sha256] of digests.entries()) {
      if (performance.now() - began > patienceMs) {
        await services.systemDb.execute(filesJob({ organisationId, digests: digests.slice(i) }));
        return;
      }
      await removeUnusedFile(services, organisationId, sha256);
    }
  }
};

const filesJob = (left: v.InferOutput<typeof files>) =>
  sql`select graphile_worker.add_job(${task}, ${JSON.stringify(left)}::json)`;
