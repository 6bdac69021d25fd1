import { createHash } from 'node:crypto';
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import * as v from 'valibot';
import type { MemberActor, SystemActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { isId, newId } from '#lib/kernel/ids.ts';
import { writeAudit } from '#lib/features/audit/record.server.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import type { JobHandler, TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, sqlState, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { removeUnusedFile } from '#lib/features/tenancy/unused-file.server.ts';
import {
  certificateText,
  erasureStateOf,
  type ErasureBasis,
  type ErasureCounts,
  type ErasureDecision,
  type ErasurePlan,
  type ErasureRefusal,
  type ErasureView
} from './erasure.ts';
import { mayApproveErasure, mayWithdrawErasure, rightsOf } from './policy.server.ts';
import { ownPatientRow } from './record.server.ts';
import { erasureFiles, erasures } from './tables.server.ts';

type Row = typeof erasures.$inferSelect;

/** [RT-15] What erasing would delete, and what stands against it. Changes nothing. @throws AppError `forbidden`, `not_found` */
export async function planErasure(call: Call<never, MemberActor>, patientId: string): Promise<ErasurePlan> {
  if (!rightsOf(call.actor, call.actor.organisationId).erase) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    await ownPatientRow(tx, patientId);
    const plan = await planOf(tx, patientId);
    await tx.audit({
      action: 'erasure.plan',
      subject: { type: 'patient', id: patientId },
      patientId,
      detail: { refusal: plan.refusal, files: plan.counts.files }
    });
    return plan;
  });
}

/**
 * [RT-15] Ask that the record be erased. A second person approves it.
 * @throws AppError `forbidden`, `not_found`, `erasure_refused` (hold, open consult or time), `conflict` (asked already)
 */
export async function askErasure(
  call: Call<never, MemberActor>,
  { patientId, basis }: { patientId: string; basis: ErasureBasis }
): Promise<{ id: string }> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).erase) throw fail('forbidden');
  try {
    return await inTransaction(call, async (tx) => {
      await ownPatientRow(tx, patientId);
      const { refusal, counts } = await planOf(tx, patientId);
      if (refusal) throw fail('erasure_refused');
      const id = newId(tx.now.getTime());
      await tx.rows.insert(erasures).values({
        ...{ id, organisationId: actor.organisationId, subjectId: patientId, basis, counts },
        ...{ askedById: actor.userId, askedByName: actor.name, askedAt: tx.now }
      });
      await tx.audit({
        action: 'erasure.ask',
        subject: { type: 'erasure', id },
        patientId,
        detail: { basis }
      });
      await tx.publish('erasure.asked', patientId, { patientId, askedById: actor.userId, by: actor.name });
      return { id };
    });
  } catch (error) {
    if (sqlState(error) === '23505') throw fail('conflict', {}, error);
    throw error;
  }
}

/**
 * [RT-15] Approve what somebody else asked, which sets the job off; or take it back.
 * @throws AppError `not_found`, `forbidden` (also one's own), `conflict` (decided already), `erasure_refused`
 */
export async function decideErasure(
  call: Call<never, MemberActor>,
  erasureId: string,
  decision: ErasureDecision
): Promise<void> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).erase) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    const [found] = await tx.rows
      .select()
      .from(erasures)
      .where(and(eq(erasures.organisationId, actor.organisationId), eq(erasures.id, erasureId)));
    if (!found) throw fail('not_found');
    const may = decision === 'approve' ? mayApproveErasure : mayWithdrawErasure;
    if (!may(actor, found)) throw fail('forbidden');
    if (decision === 'approve' && (await planOf(tx, found.subjectId)).refusal) throw fail('erasure_refused');
    const approved = { approvedById: actor.userId, approvedByName: actor.name, approvedAt: tx.now };
    const [changed] = await tx.rows
      .update(erasures)
      .set(decision === 'approve' ? approved : { withdrawnAt: tx.now })
      .where(and(eq(erasures.id, erasureId), isNull(erasures.approvedAt), isNull(erasures.withdrawnAt)))
      .returning({ id: erasures.id });
    if (!changed) throw fail('conflict');
    await tx.audit({
      action: decision === 'approve' ? 'erasure.approve' : 'erasure.withdraw',
      subject: { type: 'erasure', id: erasureId },
      patientId: found.subjectId
    });
    if (decision === 'approve') await tx.publish('erasure.approved', erasureId, { erasureId });
  });
}

/** What is asked, under way and done, the newest first: each done one is its own certificate. @throws AppError `forbidden` */
export async function listErasures(
  call: Call<never, MemberActor>,
  of: { patientId?: string } = {}
): Promise<ErasureView[]> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).erase) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select()
      .from(erasures)
      .where(
        and(
          eq(erasures.organisationId, actor.organisationId),
          of.patientId ? eq(erasures.subjectId, of.patientId) : undefined
        )
      )
      .orderBy(desc(erasures.askedAt))
      .limit(200);
    return rows.map((row) => viewOf(row, actor));
  });
}

/** [RT-11] Years records are kept. @throws AppError `forbidden` */
export async function readRetention(call: Call<never, MemberActor>): Promise<number> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).hold) throw fail('forbidden');
  const [own] = await inTransaction(call, (tx) =>
    tx.rows
      .select({ years: organisations.retentionYears })
      .from(organisations)
      .where(eq(organisations.id, actor.organisationId))
  );
  if (!own) throw fail('not_found');
  return own.years;
}

/** [RT-11] Years records are kept, the law's minimum at least. @throws AppError `forbidden` */
export async function changeRetention(call: Call<never, MemberActor>, years: number): Promise<void> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).hold) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    await tx.rows
      .update(organisations)
      .set({ retentionYears: years })
      .where(eq(organisations.id, actor.organisationId));
    await tx.audit({
      action: 'organisation.retention',
      subject: { type: 'organisation', id: actor.organisationId },
      detail: { years }
    });
  });
}

const payload = v.object({
  erasureId: v.pipe(
    v.string(),
    v.check((value: string) => isId(value))
  )
});
/** A task ends before the engine would take it for dead; the next one goes on. */
const patienceMs = 40_000;
/** Files come one by one after that; their task's name. */
const filesTask = 'erase-files';

/**
 * [RT-16] The rows, all in the transaction that takes the event off the outbox: after a crash they are all there or
 * all gone. A hold or a consult that came meanwhile ends the erasure.
 */
export const erasureHandler: JobHandler = {
  topic: 'erasure.approved',
  timeoutMs: 60_000,
  async handle(event, { rows, now }) {
    const { erasureId } = v.parse(payload, event.payload);
    const [row] = await rows.select().from(erasures).where(eq(erasures.id, erasureId));
    if (!row) return;
    const { rows: answers } = await rows.execute<{ refused: ErasureRefusal | null }>(
      sql`select erase_record(${erasureId}::uuid) as refused`
    );
    const refused = answers[0]?.refused ?? null;
    await audited(rows, row, now, refused ? 'erasure.refuse' : 'erasure.rows');
    if (refused) return;
    await rows.execute(filesJob(erasureId));
  }
};

/** [RT-16] The files one by one, then the certificate. Broken off at any point it goes on where it was. */
export const eraseFilesTask: TaskHandler = {
  task: filesTask,
  timeoutMs: 60_000,
  async run(given, { services, now }) {
    const { erasureId } = v.parse(payload, given);
    await eraseFiles(services, erasureId, now);
  }
};

const filesJob = (erasureId: string) =>
  sql`select graphile_worker.add_job(${filesTask}, json_build_object('erasureId', ${erasureId}::text))`;

async function eraseFiles(
  { systemDb, files }: Pick<Services, 'systemDb' | 'files'>,
  erasureId: string,
  now: Date
): Promise<void> {
  const left = await systemDb
    .select()
    .from(erasureFiles)
    .where(and(eq(erasureFiles.erasureId, erasureId), isNull(erasureFiles.removedAt)));
  const began = performance.now();
  for (const { id, organisationId, sha256 } of left) {
    if (performance.now() - began > patienceMs) {
      await systemDb.execute(filesJob(erasureId));
      return;
    }
    await removeUnusedFile({ systemDb, files }, organisationId, sha256);
    await systemDb.update(erasureFiles).set({ removedAt: now }).where(eq(erasureFiles.id, id));
  }
  await systemDb.transaction(async (rows) => {
    const [row] = await rows.select().from(erasures).where(eq(erasures.id, erasureId)).for('update');
    if (!row || !row.rowsGoneAt || row.doneAt) return;
    const digest = createHash('sha256')
      .update(certificateText({ ...row, patientId: row.subjectId, doneAt: now }))
      .digest('hex');
    await rows.update(erasures).set({ doneAt: now, digest }).where(eq(erasures.id, erasureId));
    await audited(rows, row, now, 'erasure.done', { digest, files: row.counts.files });
  });
}

/** In the trail of the record's organisation, which keeps ids alone. */
async function audited(
  rows: Parameters<typeof writeAudit>[0]['rows'],
  row: Row,
  now: Date,
  action: string,
  detail: Record<string, string | number> = {}
): Promise<void> {
  const actor: SystemActor = { kind: 'system', organisationId: row.organisationId, reason: 'erasure' };
  await rows.execute(sql`select set_config('app.organisation', ${row.organisationId}, true)`);
  await writeAudit(
    { rows, now, actor, request: { id: row.id, ip: 'local' } },
    { action, subject: { type: 'erasure', id: row.id }, patientId: row.subjectId, detail }
  );
}

async function planOf(tx: Tx, patientId: string): Promise<ErasurePlan> {
  const { rows } = await tx.rows.execute<{
    counts: ErasureCounts | null;
    refusal: ErasureRefusal | null;
  }>(sql`
    select erasure_plan(${patientId}::uuid) as counts,
           erasure_refusal(${tx.actor.organisationId}::uuid, ${patientId}::uuid) as refusal`);
  const found = rows[0];
  if (!found?.counts) throw fail('not_found');
  return { refusal: found.refusal, counts: found.counts };
}

function viewOf(row: Row, actor: MemberActor): ErasureView {
  const state = erasureStateOf(row);
  return {
    id: row.id,
    patientId: row.subjectId,
    state,
    basis: row.basis,
    askedByName: row.askedByName,
    askedAt: row.askedAt,
    approvedByName: row.approvedByName,
    approvedAt: row.approvedAt,
    doneAt: row.doneAt,
    counts: row.counts,
    digest: row.digest,
    may: {
      approve: state === 'asked' && mayApproveErasure(actor, row),
      withdraw: state === 'asked' && mayWithdrawErasure(actor, row)
    }
  };
}
