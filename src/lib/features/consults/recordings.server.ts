import { and, desc, eq, inArray } from 'drizzle-orm';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { mayPlayRecording, type ConsultFacts } from './policy.server.ts';
import { isRunning, silentMs, type RecordingSign, type RecordingView } from './recording.ts';
import { consultRecordings } from './recording-tables.server.ts';
import type { ConsultRow } from './read.server.ts';

export type RecordingRow = typeof consultRecordings.$inferSelect;

export const recordingIs = (consultId: string, id: string) =>
  and(eq(consultRecordings.consultId, consultId), eq(consultRecordings.id, id));

/** The one that is being made. */
export const runningIn = (consultId: string) =>
  and(eq(consultRecordings.consultId, consultId), inArray(consultRecordings.state, ['recording', 'paused']));

/** A consult's recordings, the newest first. */
export async function recordingsOf(tx: Tx, consult: ConsultFacts & { id: string }): Promise<RecordingView[]> {
  if (!mayPlayRecording(tx.actor, consult)) return [];
  const rows = await tx.rows
    .select()
    .from(consultRecordings)
    .where(eq(consultRecordings.consultId, consult.id))
    .orderBy(desc(consultRecordings.startedAt));
  return rows.map((row) => viewOf(row, tx.now));
}

/** [RC-2] The sign a visiting patient sees. */
export async function recordingSign(tx: Tx, consultId: string): Promise<RecordingSign | null> {
  const [row] = await tx.rows.select().from(consultRecordings).where(runningIn(consultId));
  if (!row) return null;
  const { startedAt, byName, state, silent } = viewOf(row, tx.now);
  return { startedAt, byName, paused: state === 'paused', silent };
}

/**
 * In the trail.
 * @param of the consult, or the row of the recording itself
 */
export async function auditRecording(
  tx: Tx,
  of: ConsultRow | RecordingRow,
  recordingId: string,
  action: string,
  detail: Record<string, string | number> = {}
): Promise<void> {
  await tx.audit({
    action,
    subject: { type: 'recording', id: recordingId },
    patientId: of.patientId,
    consultId: 'consultId' in of ? of.consultId : of.id,
    organisationId: of.organisationId,
    detail
  });
}

function viewOf(row: RecordingRow, now: Date): RecordingView {
  const { id, state, type, maker, startedAt, agreed, spans, endedAt, end, durationMs, cut } = row;
  const { deletedAt, deletedByName, deleteReason } = row;
  return {
    ...{ id, state, type, maker, startedAt, agreed, spans, endedAt, end, durationMs, cut },
    deleted: deletedAt && { at: deletedAt, byName: deletedByName ?? '', reason: deleteReason ?? '' },
    ...{ byName: row.startedByName, byId: row.startedById, bytes: row.size },
    silent: isRunning(state) && now.getTime() - row.heardAt.getTime() > silentMs
  };
}
