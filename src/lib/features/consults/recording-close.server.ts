import { createHash } from 'node:crypto';
import { and, asc, eq, sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/kernel/actor.ts';
import { once } from '#lib/kernel/bytes.ts';
import type { FileStore } from '#lib/kernel/ports.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import type { JobHandler, TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { consultChanged } from './read.server.ts';
import { forgetEgressFiles, takeEgressFile } from './egress-take.server.ts';
import { fittedSpans, lateMs, withoutGap } from './recording.ts';
import { recordingBytes } from './recording-file.server.ts';
import { recordingIs, type RecordingRow } from './recordings.server.ts';
import { consultRecordings, recordingPieces } from './recording-tables.server.ts';
import { webmHead, WebmScan } from './webm.ts';

const task = 'close-recordings';
/** A task ends before the engine would take it for dead; the next one goes on. */
const patienceMs = 30_000;
const mostHeadBytes = 8 * 1024 * 1024;

type Closer = Pick<Services, 'db' | 'systemDb' | 'files' | 'egress' | 'clock' | 'log'>;

/** [RC-7] A browser has handed over all it made: closed at once. */
export const recordingFinishedHandler: JobHandler = {
  topic: 'recording.finished',
  async handle(_, { rows }) {
    await rows.execute(sql`select graphile_worker.add_job(${task}, '{}'::json)`);
  }
};

/** [RC-7] Each minute: what ended and is all there, or will not come any more. */
export const closeRecordingsTask: TaskHandler = {
  task,
  cron: '* * * * *',
  timeoutMs: 60_000,
  run: (_, { services, now }) => closeRecordings(services, now)
};

/**
 * [RC-7] Makes of the pieces that came what can be played and jumped in: up to the first that is missing, with a head
 * that names length and index. Broken off at any point it is done anew.
 */
export async function closeRecordings(services: Closer, now: Date): Promise<void> {
  const late = new Date(now.getTime() - lateMs).toISOString();
  const due = await services.systemDb
    .select()
    .from(consultRecordings)
    .where(
      and(
        eq(consultRecordings.state, 'ended'),
        sql`(${consultRecordings.heardAt} < ${late}::timestamptz or ${consultRecordings.pieces} <=
             (select count(*) from consult_recording_piece p where p.recording_id = ${consultRecordings.id}))`
      )
    )
    .orderBy(asc(consultRecordings.endedAt));
  const began = performance.now();
  const failed: unknown[] = [];
  for (const row of due) {
    if (performance.now() - began > patienceMs) break;
    // One that cannot be closed now, as when its files are away, holds up no other.
    await close(services, row, { now, until: began + patienceMs }).catch((error: unknown) =>
      failed.push(error)
    );
  }
  await forgetEgressFiles(services, now).catch((error: unknown) => failed.push(error));
  if (failed.length > 0) throw failed[0];
}

async function close(
  services: Closer,
  row: RecordingRow,
  { now, until }: { now: Date; until: number }
): Promise<void> {
  const taken = row.maker === 'server' ? await takeEgressFile(services, row, { now, until }) : 'all';
  if (taken === 'more')
    await services.systemDb.execute(sql`select graphile_worker.add_job(${task}, '{}'::json)`);
  if (taken !== 'all') return;
  const all = await services.systemDb
    .select({
      number: recordingPieces.number,
      untilMs: recordingPieces.untilMs,
      sha256: recordingPieces.fileSha256,
      size: recordingPieces.size
    })
    .from(recordingPieces)
    .where(eq(recordingPieces.recordingId, row.id));
  const pieces = withoutGap(all);
  const cut = pieces.length < Math.max(all.length, row.pieces ?? 0);
  const made = pieces.length > 0 ? await readable(services, row, pieces) : null;
  const actor: SystemActor = { kind: 'system', organisationId: row.organisationId, reason: 'recording' };
  await inTransaction({ ...services, actor, request: { id: row.id, ip: 'local' } }, async (tx) => {
    const [changed] = await tx.rows
      .update(consultRecordings)
      .set({
        ...{ state: made ? 'ready' : 'empty', closedAt: now, cut: cut || (!made && all.length > 0) },
        ...made
      })
      .where(and(recordingIs(row.consultId, row.id), eq(consultRecordings.state, 'ended')))
      .returning({ id: consultRecordings.id });
    if (!changed) return;
    await tx.audit({
      action: 'recording.close',
      subject: { type: 'recording', id: row.id },
      patientId: row.patientId,
      consultId: row.consultId,
      detail: {
        pieces: pieces.length,
        bytes: made?.size ?? 0,
        seconds: Math.round((made?.durationMs ?? 0) / 1000)
      }
    });
    await consultChanged(tx, row.consultId, 'recording.changed');
  });
  // [RC-17] Not before the stored copy is named: killed here, the next run finds the file and takes it away.
  if (row.maker === 'server') await services.egress.remove(row.id);
}

type Made = Pick<
  RecordingRow,
  | 'spans'
  | 'headSha256'
  | 'headSize'
  | 'bodyFrom'
  | 'bodyTo'
  | 'bodyPieces'
  | 'durationMs'
  | 'size'
  | 'sha256'
>;

/** What is played; null where nothing of it can be. */
async function readable(
  { files, log }: Closer,
  row: RecordingRow,
  pieces: { sha256: string; size: number; untilMs: number }[]
): Promise<Made | null> {
  const { organisationId } = row;
  const body = { from: 0, to: pieces.reduce((sum, { size }) => sum + size, 0) };
  let head: { sha256: string; size: number } | null = null;
  let { spans } = row;
  let durationMs = spans.reduce(
    (sum, { from, to }) => sum + (to === null ? 0 : Date.parse(to) - Date.parse(from)),
    0
  );
  if (row.type === 'video/webm') {
    const scan = new WebmScan();
    try {
      const taken: { at: number; time: number }[] = [];
      for (const { sha256, untilMs } of pieces) {
        for await (const bytes of await files.get(organisationId, sha256)) scan.push(bytes);
        taken.push({ at: row.startedAt.getTime() + untilMs, time: scan.time });
      }
      const index = scan.done();
      if (!index) return null;
      const made = webmHead(index);
      durationMs = made.durationMs;
      spans = fittedSpans(
        spans,
        taken.map(({ at, time }) => ({ at, ms: time * made.unitMs }))
      );
      Object.assign(body, { from: index.head.length, to: index.end });
      head = await files.put(organisationId, once(made.bytes), { maxBytes: mostHeadBytes });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      log.warn({ recordingId: row.id }, 'a recording could not be read');
      return null;
    }
  }
  const file = { organisationId, head, body, pieces };
  const size = (head?.size ?? 0) + body.to - body.from;
  return {
    spans,
    ...{ headSha256: head?.sha256 ?? null, headSize: head?.size ?? null },
    ...{ bodyFrom: body.from, bodyTo: body.to, bodyPieces: pieces.length },
    ...{ durationMs, size, sha256: await digestOf(files, file, size) }
  };
}

async function digestOf(
  files: FileStore,
  file: Parameters<typeof recordingBytes>[1],
  size: number
): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of recordingBytes(files, file, { from: 0, to: size - 1 })) hash.update(bytes);
  return hash.digest('hex');
}
