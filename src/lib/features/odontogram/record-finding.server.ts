import { and, asc, eq } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { actorId } from '#lib/kernel/actor.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { ChartView, FindingView } from './chart.ts';
import { checkFinding, isFindingCode, type FindingDraft } from './findings.ts';
import { chartRights, mayWithSomeChart } from './policy.server.ts';
import type { FindingInput, WithdrawInput } from './schema.ts';
import type { Surface } from './teeth.ts';
import { findings } from './tables.server.ts';

/**
 * The whole chart of one patient. A remote expert gets the findings a consult's grant lets through.
 * @throws AppError `forbidden`, `not_found`
 */
export async function readChart(call: Call, patientId: string): Promise<ChartView> {
  if (!mayWithSomeChart(call.actor, 'read')) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const { organisationId, record } = await patientFor(tx, patientId, 'read');
    const rows = await chartRows(tx, patientId);
    await tx.audit({
      action: 'chart.read',
      subject: { type: 'patient', id: patientId },
      patientId,
      organisationId
    });
    return { patientId, findings: rows, mayRecord: record };
  });
}

/** The findings of a patient inside a transaction that already checked and audited the read; oldest first. */
export async function chartRows(tx: Tx, patientId: string): Promise<FindingView[]> {
  const rows = await tx.rows
    .select()
    .from(findings)
    .where(eq(findings.patientId, patientId))
    .orderBy(asc(findings.recordedAt), asc(findings.id));
  return rows.map(toView);
}

/**
 * Record one finding. With an `id` from the browser a repeated request returns what the first one recorded.
 * @throws AppError `forbidden`, `not_found`, `unknown_tooth`, `surface_not_on_tooth`, `invalid_input`,
 * `text_too_long`, `conflict` (the id is taken by something else)
 */
export async function recordFinding(call: Call, input: FindingInput): Promise<FindingView> {
  if (!mayWithSomeChart(call.actor, 'record')) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const { organisationId } = await patientFor(tx, input.patientId, 'record');
    return insertFinding(tx, {
      ...input,
      organisationId,
      authorId: actorId(call.actor),
      authorName: authorName(tx),
      authorOrganisationId: call.actor.organisationId
    });
  });
}

/** What {@link insertFinding} writes: a draft, whose it is and where it came from. */
export interface NewFinding extends FindingDraft {
  id?: string;
  patientId: string;
  /** The organisation that owns the patient. Default: the actor's. */
  organisationId?: string;
  authorId: string;
  authorName: string;
  authorOrganisationId: string;
  consultId?: string | null;
  proposalId?: string | null;
  /** Default: the transaction's time. Demo data sets it. */
  recordedAt?: Date;
}

/**
 * Write a finding inside a transaction whose use case has checked access: accepting a proposal, demo data.
 * Writing the same id or the same proposal again changes nothing and returns the first.
 * @throws AppError as {@link recordFinding}
 */
export async function insertFinding(tx: Tx, finding: NewFinding): Promise<FindingView> {
  const checked = checkFinding(finding);
  const [row] = await tx.rows
    .insert(findings)
    .values({
      ...checked,
      id: finding.id,
      organisationId: finding.organisationId ?? tx.actor.organisationId,
      patientId: finding.patientId,
      authorId: finding.authorId,
      authorName: finding.authorName,
      authorOrganisationId: finding.authorOrganisationId,
      recordedAt: finding.recordedAt ?? tx.now,
      consultId: finding.consultId ?? null,
      proposalId: finding.proposalId ?? null
    })
    .onConflictDoNothing()
    .returning();
  if (!row) return alreadyWritten(tx, finding);
  await tx.audit({
    action: 'chart.record',
    subject: { type: 'finding', id: row.id },
    patientId: row.patientId,
    consultId: row.consultId,
    organisationId: row.organisationId,
    detail: { tooth: row.tooth, code: row.code, status: row.status, surfaces: row.surfaces }
  });
  return toView(row);
}

async function alreadyWritten(tx: Tx, finding: NewFinding): Promise<FindingView> {
  const same = finding.proposalId
    ? eq(findings.proposalId, finding.proposalId)
    : finding.id
      ? eq(findings.id, finding.id)
      : undefined;
  if (!same) throw fail('conflict');
  const [row] = await tx.rows
    .select()
    .from(findings)
    .where(and(same, eq(findings.patientId, finding.patientId)));
  if (!row) throw fail('conflict');
  return toView(row);
}

/**
 * Take a finding back: it stays in the history, struck through, with who, when and why. Withdrawing twice
 * changes nothing.
 * @throws AppError `forbidden`, `not_found`
 */
export async function withdrawFinding(call: Call, input: WithdrawInput): Promise<FindingView> {
  if (!mayWithSomeChart(call.actor, 'record')) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const [row] = await tx.rows.select().from(findings).where(eq(findings.id, input.findingId)).for('update');
    if (!row || !chartRights(tx.actor, row.organisationId).record) throw fail('not_found');
    if (row.withdrawnAt) return toView(row);
    const [withdrawn] = await tx.rows
      .update(findings)
      .set({ withdrawnAt: tx.now, withdrawnBy: authorName(tx), withdrawnReason: input.reason })
      .where(eq(findings.id, row.id))
      .returning();
    if (!withdrawn) throw fail('not_found');
    await tx.audit({
      action: 'chart.withdraw',
      subject: { type: 'finding', id: row.id },
      patientId: row.patientId,
      organisationId: row.organisationId,
      detail: { tooth: row.tooth, code: row.code }
    });
    return toView(withdrawn);
  });
}

/** The patient's organisation, where this actor may do this. A foreign or unknown id is not found. */
async function patientFor(
  tx: Tx,
  patientId: string,
  right: 'read' | 'record'
): Promise<{ organisationId: string; record: boolean }> {
  const [patient] = await tx.rows
    .select({ organisationId: patients.organisationId })
    .from(patients)
    .where(eq(patients.id, patientId));
  if (!patient) throw fail('not_found');
  const rights = chartRights(tx.actor, patient.organisationId);
  if (!rights.read) throw fail('not_found');
  if (!rights[right]) throw fail('forbidden');
  return { organisationId: patient.organisationId, record: rights.record };
}

function authorName(tx: Tx): string {
  return tx.actor.kind === 'system' ? 'system' : tx.actor.name;
}

function toView(row: typeof findings.$inferSelect): FindingView {
  if (!isFindingCode(row.code)) throw fail('internal', {}, new Error(`finding ${row.id}: unknown code`));
  return {
    id: row.id,
    tooth: row.tooth,
    surfaces: row.surfaces as Surface[],
    code: row.code,
    status: row.status,
    grade: row.grade,
    note: row.note,
    icd10: row.icd10,
    author: { id: row.authorId, name: row.authorName, organisationId: row.authorOrganisationId },
    recordedAt: row.recordedAt.toISOString(),
    consultId: row.consultId,
    proposalId: row.proposalId,
    withdrawn: row.withdrawnAt
      ? { at: row.withdrawnAt.toISOString(), by: row.withdrawnBy ?? '', reason: row.withdrawnReason ?? '' }
      : null
  };
}
