import { and, asc, eq, isNull } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { changesSince, correctionsOf } from './corrections.server.ts';
import { deletionsOf, holdsOf, retentionOf } from './deletion.server.ts';
import { rightsOf } from './policy.server.ts';
import { ownPatientRow } from './record.server.ts';
import { correctionRequests, deletionRequests, legalHolds } from './tables.server.ts';
import type { QueueView, RightsView } from './views.ts';

/** What one patient asked for and what became of it. @throws AppError `forbidden`, `not_found` */
export async function readRights(call: Call<never, MemberActor>, patientId: string): Promise<RightsView> {
  const { actor } = call;
  const { read, ...may } = rightsOf(actor, actor.organisationId);
  if (!read) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    await ownPatientRow(tx, patientId);
    const c = correctionRequests;
    const corrections = await correctionsOf(
      tx,
      and(eq(c.organisationId, actor.organisationId), eq(c.patientId, patientId))!
    );
    const oldestOpen = corrections.findLast(({ state }) => state === 'open');
    const view: RightsView = {
      may,
      corrections,
      changes: oldestOpen && may.decide ? await changesSince(tx, patientId, oldestOpen.askedAt) : [],
      deletions: await deletionsOf(tx, patientId),
      holds: await holdsOf(tx, patientId),
      retention: await retentionOf(tx, patientId)
    };
    await tx.audit({ action: 'rights.read', subject: { type: 'patient', id: patientId }, patientId });
    return view;
  });
}

/** [RT-9] What waits for a dentist or owner, oldest first. @throws AppError `forbidden` */
export async function readQueue(call: Call<never, MemberActor>): Promise<QueueView> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).decide) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const patient = { id: patients.id, name: patients.name, number: patients.number };
    const at = (t: { organisationId: typeof patients.organisationId; patientId: typeof patients.id }) =>
      and(eq(patients.organisationId, t.organisationId), eq(patients.id, t.patientId));
    const { organisationId } = actor;
    const [c, d, h] = [correctionRequests, deletionRequests, legalHolds];
    const corrections = await tx.rows
      .select({ row: c, patient })
      .from(c)
      .innerJoin(patients, at(c as never))
      .where(and(eq(c.organisationId, organisationId), eq(c.state, 'open')))
      .orderBy(asc(c.askedAt))
      .limit(200);
    const deletions = await tx.rows
      .select({ row: d, patient })
      .from(d)
      .innerJoin(patients, at(d as never))
      .where(and(eq(d.organisationId, organisationId), isNull(d.refusedFor)))
      .orderBy(asc(d.askedAt))
      .limit(200);
    const holds = await tx.rows
      .select({ row: h, patient })
      .from(h)
      .innerJoin(patients, at(h as never))
      .where(and(eq(h.organisationId, organisationId), isNull(h.liftedAt)))
      .orderBy(asc(h.setAt))
      .limit(200);
    await tx.audit({
      action: 'rights.queue',
      subject: { type: 'organisation', id: organisationId },
      detail: { corrections: corrections.length }
    });
    return {
      corrections: corrections.map(({ row, patient: whose }) => ({
        id: row.id,
        part: row.part,
        text: row.text,
        byPatient: row.consultId !== null,
        at: row.askedAt,
        patient: whose
      })),
      deletions: deletions.map(({ row, patient: whose }) => ({
        id: row.id,
        reason: row.reason,
        at: row.askedAt,
        patient: whose
      })),
      holds: holds.map(({ row, patient: whose }) => ({
        id: row.id,
        reason: row.reason,
        at: row.setAt,
        patient: whose
      }))
    };
  });
}
