import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, sqlState, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { rightsOf } from './policy.server.ts';
import { ownPatientRow } from './record.server.ts';
import { keepUntil, refusalOf } from './retention.ts';
import { deletionRequests, legalHolds } from './tables.server.ts';
import type { DeletionView, HoldView, RightsView } from './views.ts';

/**
 * [RT-12] Write down that the patient wants the record deleted, with what stands against it on this day. Nothing is
 * deleted here. @throws AppError `forbidden`, `not_found`
 */
export async function askDeletion(
  call: Call<never, MemberActor>,
  { patientId, reason }: { patientId: string; reason: string }
): Promise<DeletionView> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).request) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    await ownPatientRow(tx, patientId);
    const retention = await retentionOf(tx, patientId);
    const [row] = await tx.rows
      .insert(deletionRequests)
      .values({
        organisationId: actor.organisationId,
        patientId,
        reason,
        askedById: actor.userId,
        askedByName: actor.name,
        askedAt: tx.now,
        keepUntil: retention.keepUntil,
        refusedFor: retention.refusal
      })
      .returning();
    await tx.audit({
      action: 'deletion.ask',
      subject: { type: 'deletion-request', id: row!.id },
      patientId,
      outcome: retention.refusal ? 'denied' : 'ok',
      detail: { keepUntil: retention.keepUntil, refusedFor: retention.refusal }
    });
    return deletionView(row!);
  });
}

/** [RT-13] Keep the record whatever the date says. @throws AppError `forbidden`, `not_found`, `conflict` */
export async function setHold(
  call: Call<never, MemberActor>,
  { patientId, reason }: { patientId: string; reason: string }
): Promise<HoldView> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).hold) throw fail('forbidden');
  try {
    return await inTransaction(call, async (tx) => {
      await ownPatientRow(tx, patientId);
      const [row] = await tx.rows
        .insert(legalHolds)
        .values({
          organisationId: actor.organisationId,
          patientId,
          reason,
          setById: actor.userId,
          setByName: actor.name,
          setAt: tx.now
        })
        .returning();
      await tx.audit({ action: 'hold.set', subject: { type: 'legal-hold', id: row!.id }, patientId });
      return holdView(row!);
    });
  } catch (error) {
    if (sqlState(error) === '23505') throw fail('conflict', {}, error);
    throw error;
  }
}

/** [RT-13] Lift the hold in force, with a reason. @throws AppError `forbidden`, `not_found` */
export async function liftHold(
  call: Call<never, MemberActor>,
  { patientId, reason }: { patientId: string; reason: string }
): Promise<HoldView> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).hold) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    await ownPatientRow(tx, patientId);
    const [row] = await tx.rows
      .update(legalHolds)
      .set({ liftedById: actor.userId, liftedByName: actor.name, liftedAt: tx.now, liftReason: reason })
      .where(
        and(
          eq(legalHolds.organisationId, actor.organisationId),
          eq(legalHolds.patientId, patientId),
          isNull(legalHolds.liftedAt)
        )
      )
      .returning();
    if (!row) throw fail('not_found');
    await tx.audit({ action: 'hold.lift', subject: { type: 'legal-hold', id: row.id }, patientId });
    return holdView(row);
  });
}

/**
 * [RT-11] Until when this record must be kept. The last visit is the latest of what the patient was there for or was
 * treated by: an appointment they came to, a note, a finding, an image, a consult; without any, the day they were put in.
 * Days of the organisation's zone.
 */
export async function retentionOf(tx: Tx, patientId: string): Promise<RightsView['retention']> {
  const { organisationId } = tx.actor;
  const {
    rows: [row]
  } = await tx.rows.execute<{ last: string | null; today: string; held: boolean; years: number }>(sql`
    select record_last_visit(o.id, ${patientId}::uuid)::text as last, o.retention_years as years,
      to_char(${tx.now.toISOString()}::timestamptz at time zone o.time_zone, 'YYYY-MM-DD') as today,
      exists (select from legal_hold h where h.organisation_id = o.id and h.patient_id = ${patientId}::uuid
               and h.lifted_at is null) as held
      from organisation o where o.id = ${organisationId}::uuid`);
  if (!row?.last) throw fail('not_found');
  const until = keepUntil(row.last, row.years);
  const refusal = refusalOf({ today: row.today, keepUntil: until, held: row.held });
  return { lastVisit: row.last, years: row.years, keepUntil: until, refusal };
}

export async function deletionsOf(tx: Tx, patientId: string): Promise<DeletionView[]> {
  const d = deletionRequests;
  const rows = await tx.rows
    .select()
    .from(d)
    .where(and(eq(d.organisationId, tx.actor.organisationId), eq(d.patientId, patientId)))
    .orderBy(desc(d.askedAt))
    .limit(100);
  return rows.map(deletionView);
}

export async function holdsOf(tx: Tx, patientId: string): Promise<HoldView[]> {
  const h = legalHolds;
  const rows = await tx.rows
    .select()
    .from(h)
    .where(and(eq(h.organisationId, tx.actor.organisationId), eq(h.patientId, patientId)))
    .orderBy(desc(h.setAt))
    .limit(100);
  return rows.map(holdView);
}

function deletionView(row: typeof deletionRequests.$inferSelect): DeletionView {
  const { id, reason, askedByName, askedAt, keepUntil: until, refusedFor } = row;
  return { id, reason, askedByName, askedAt, keepUntil: until, refusedFor };
}

function holdView(row: typeof legalHolds.$inferSelect): HoldView {
  const { id, reason, setByName, setAt, liftedByName, liftedAt, liftReason } = row;
  const lifted = liftedAt ? { byName: liftedByName ?? '', at: liftedAt, reason: liftReason } : null;
  return { id, reason, setByName, setAt, lifted };
}
