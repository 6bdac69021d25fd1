import { and, desc, eq, gte, type SQL } from 'drizzle-orm';
import type { Actor, MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { findings } from '#lib/features/odontogram/tables.server.ts';
import { healthItems, notes } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { ResultKind } from './parts.ts';
import { mayAskCorrection, rightsOf } from './policy.server.ts';
import { ownPatientRow } from './record.server.ts';
import type { CorrectionDecision, CorrectionInput } from './schema.ts';
import { correctionRequests } from './tables.server.ts';
import type { ChangeView, CorrectionView } from './views.ts';

/** A patient's link is used by one person; more than this is no list of errors. */
const mostOpen = 20;

/**
 * [RT-7] Write down what should be corrected: by staff for the patient, or by the patient through their link.
 * @throws AppError `forbidden`, `not_found`, `too_many_tries` (20 are open already)
 */
export async function askCorrection(
  call: Call,
  { patientId, part, text }: CorrectionInput & { patientId: string }
): Promise<CorrectionView> {
  const { actor } = call;
  if (
    actor.kind === 'system' ||
    !mayAskCorrection(actor, { id: patientId, organisationId: actor.organisationId })
  )
    throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    // A link reads no patient's row; row security holds the request to the patient of its consult.
    if (actor.kind === 'member') await ownPatientRow(tx, patientId);
    const open = await tx.rows.$count(correctionRequests, openOf(actor, patientId));
    if (open >= mostOpen) throw fail('too_many_tries');
    const [row] = await tx.rows
      .insert(correctionRequests)
      .values({
        organisationId: actor.organisationId,
        patientId,
        consultId: actor.kind === 'patient-link' ? actor.consultId : null,
        part,
        text,
        askedById: actor.kind === 'patient-link' ? actor.inviteId : actor.userId,
        askedByName: actor.name,
        askedAt: tx.now
      })
      .returning();
    await tx.audit({
      action: 'correction.ask',
      subject: { type: 'correction-request', id: row!.id },
      patientId,
      consultId: row!.consultId,
      detail: { part }
    });
    await news(tx, 'correction.asked', row!);
    return correctionView(row!);
  });
}

/** The words stay in the record: what goes through the outbox is who and whose. */
function news(
  tx: Tx,
  topic: `correction.${'asked' | 'accepted' | 'refused'}`,
  { patientId, askedById, askedByName, decidedById, decidedByName }: typeof correctionRequests.$inferSelect
): Promise<void> {
  const [actorId, by] =
    topic === 'correction.asked' ? [askedById, askedByName] : [decidedById, decidedByName];
  return tx.publish(topic, patientId, { patientId, askedById, actorId, by });
}

function openOf(actor: Actor, patientId: string): SQL | undefined {
  return and(
    eq(correctionRequests.organisationId, actor.organisationId),
    eq(correctionRequests.patientId, patientId),
    eq(correctionRequests.state, 'open')
  );
}

/** [RT-7] What was asked through this link, and what became of it. @throws AppError `forbidden` */
export async function listOwnCorrections(call: Call): Promise<CorrectionView[]> {
  const { actor } = call;
  if (actor.kind !== 'patient-link') throw fail('forbidden');
  return inTransaction(call, (tx) =>
    correctionsOf(tx, and(eq(correctionRequests.consultId, actor.consultId))!)
  );
}

/** Newest first. */
export async function correctionsOf(tx: Tx, where: SQL): Promise<CorrectionView[]> {
  const rows = await tx.rows
    .select()
    .from(correctionRequests)
    .where(where)
    .orderBy(desc(correctionRequests.askedAt))
    .limit(200);
  return rows.map(correctionView);
}

/**
 * [RT-8] Answer a request, once: accepted with what was changed (and the entry it is in), or refused with why. The
 * record is not touched here. @throws AppError `forbidden`, `not_found`, `conflict` (answered already)
 */
export async function decideCorrection(
  call: Call<never, MemberActor>,
  { id, decision, answer, result }: CorrectionDecision & { id: string }
): Promise<CorrectionView> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).decide) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const c = correctionRequests;
    const [asked] = await tx.rows
      .select()
      .from(c)
      .where(and(eq(c.organisationId, actor.organisationId), eq(c.id, id)));
    if (!asked) throw fail('not_found');
    if (result && decision === 'accept') await entryOf(tx, asked.patientId, result);
    const [row] = await tx.rows
      .update(c)
      .set({
        state: decision === 'accept' ? 'accepted' : 'refused',
        answer,
        ...(result && decision === 'accept' ? { resultKind: result.kind, resultId: result.id } : {}),
        decidedById: actor.userId,
        decidedByName: actor.name,
        decidedAt: tx.now
      })
      .where(and(eq(c.id, id), eq(c.state, 'open')))
      .returning();
    if (!row) throw fail('conflict');
    await tx.audit({
      action: decision === 'accept' ? 'correction.accept' : 'correction.refuse',
      subject: { type: 'correction-request', id },
      patientId: row.patientId,
      consultId: row.consultId,
      detail: { result: result?.id ?? null }
    });
    await news(tx, decision === 'accept' ? 'correction.accepted' : 'correction.refused', row);
    return correctionView(row);
  });
}

const entryTables = { note: notes, finding: findings, 'health-item': healthItems } as const;

/** The entry must be of this very patient. */
async function entryOf(
  tx: Tx,
  patientId: string,
  { kind, id }: { kind: ResultKind; id: string }
): Promise<void> {
  const table = entryTables[kind];
  const own = and(
    eq(table.organisationId, tx.actor.organisationId),
    eq(table.patientId, patientId),
    eq(table.id, id)
  );
  if ((await tx.rows.$count(table, own)) === 0) throw fail('not_found');
}

/** Entries written since, newest first: what an accepted correction may point at. */
export async function changesSince(tx: Tx, patientId: string, since: Date): Promise<ChangeView[]> {
  const of = (table: (typeof entryTables)[ResultKind]) =>
    and(
      eq(table.organisationId, tx.actor.organisationId),
      eq(table.patientId, patientId),
      gte(table.createdAt, since)
    );
  const [written, found, known] = [
    await tx.rows.select().from(notes).where(of(notes)).limit(50),
    await tx.rows.select().from(findings).where(of(findings)).limit(50),
    await tx.rows.select().from(healthItems).where(of(healthItems)).limit(50)
  ];
  return [
    ...written.map(({ id, createdAt, text }) => ({
      kind: 'note' as const,
      id,
      at: createdAt,
      label: text.slice(0, 60)
    })),
    ...found.map(({ id, createdAt, tooth }) => ({
      kind: 'finding' as const,
      id,
      at: createdAt,
      label: tooth
    })),
    ...known.map(({ id, createdAt, label }) => ({ kind: 'health-item' as const, id, at: createdAt, label }))
  ].sort((a, b) => b.at.getTime() - a.at.getTime());
}

function correctionView(row: typeof correctionRequests.$inferSelect): CorrectionView {
  const { id, part, text, askedByName, askedAt, state, answer, decidedByName, decidedAt } = row;
  const { resultKind, resultId, consultId } = row;
  return {
    ...{ id, part, text, askedByName, askedAt, state, answer, decidedByName, decidedAt },
    byPatient: consultId !== null,
    result: resultKind && resultId ? { kind: resultKind, id: resultId } : null
  };
}
