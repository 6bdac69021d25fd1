import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { delegatePhonePlace, openContact } from '#lib/features/patients/contact.server.ts';
import { patientDelegates, patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { CallOutcome, CallTry } from './call-request.ts';
import { mayKeepWaiting } from './policy.server.ts';
import { consultChanged, consultFor, type ConsultRow } from './read.server.ts';
import { consultInvites, consults, visitRequests } from './tables.server.ts';

/** [CN-37] Somebody who asked to be called instead, for who may call them. Their number is not among it. */
export interface CallRequestView {
  id: string;
  consultId: string;
  number: string;
  /** Who asked: the patient, or who stands by them. */
  name: string;
  patientName: string;
  text: string;
  dentist: string;
  at: Date;
  tries: readonly CallTry[];
}

const isOpenCall = and(
  eq(visitRequests.kind, 'phone'),
  isNull(visitRequests.handledAt),
  isNull(visitRequests.withdrawnAt)
);

/** [CN-37] Who waits to be called, longest first, in all consults whose patients the actor may keep waiting. */
export async function listCallRequests(call: Call<never, MemberActor>): Promise<CallRequestView[]> {
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select({ request: visitRequests, consult: consults, patientName: patients.name })
      .from(visitRequests)
      .innerJoin(consults, eq(consults.id, visitRequests.consultId))
      .innerJoin(patients, eq(patients.id, visitRequests.patientId))
      .where(isOpenCall)
      .orderBy(asc(visitRequests.at))
      .limit(100);
    const seen = rows.filter(({ consult }) => mayKeepWaiting(tx.actor, consult));
    if (seen.length > 0)
      await tx.audit({
        action: 'visit.calls',
        subject: { type: 'visit-request', id: 'list' },
        detail: { patients: [...new Set(seen.map(({ consult }) => consult.patientId))] }
      });
    return seen.map(({ request, consult, patientName }) => ({
      ...{ id: request.id, consultId: consult.id, number: consult.number, name: request.byName, patientName },
      ...{ text: request.text, dentist: consult.requesterName, at: request.at, tries: request.tries }
    }));
  });
}

/**
 * [CN-37] The number to call: of whoever asked, who may be a delegate. Each look is in the trail.
 * @throws AppError `forbidden`, `not_found` (no such request, or no number)
 */
export async function numberToCall(
  call: Call<'fields', MemberActor>,
  consultId: string,
  requestId: string
): Promise<{ phone: string }> {
  return inTransaction(call, async (tx) => {
    const { consult, request } = await requestFor(tx, consultId, requestId);
    const phone = await phoneOf(call, tx, request);
    if (!phone) throw fail('not_found');
    await trace(tx, consult, requestId, 'visit.call-number');
    return { phone };
  });
}

/**
 * [CN-37] How the call went; where nobody answered (`null`) the task stays, with who tried and when.
 * @throws AppError `forbidden`, `not_found`
 */
export async function endCallRequest(
  call: Call<never, MemberActor>,
  consultId: string,
  { requestId, outcome }: { requestId: string; outcome: CallOutcome | null }
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const { consult } = await requestFor(tx, consultId, requestId);
    const { userId, name } = call.actor;
    const attempt: CallTry = { at: tx.now.toISOString(), byName: name };
    await tx.rows
      .update(visitRequests)
      .set(
        outcome
          ? { outcome, handledAt: tx.now, handledById: userId, handledByName: name }
          : { tries: sql`${visitRequests.tries} || ${JSON.stringify([attempt])}::jsonb` }
      )
      .where(eq(visitRequests.id, requestId));
    await trace(tx, consult, requestId, 'visit.call', { outcome: outcome ?? 'no-answer' });
    await consultChanged(tx, consultId, 'patient.asked');
  });
}

async function requestFor(tx: Tx, consultId: string, requestId: string) {
  const { consult } = await consultFor(tx, consultId);
  if (!mayKeepWaiting(tx.actor, consult)) throw fail('forbidden');
  const [request] = await tx.rows
    .select()
    .from(visitRequests)
    .where(and(eq(visitRequests.id, requestId), eq(visitRequests.consultId, consultId), isOpenCall))
    .for('update');
  if (!request) throw fail('not_found');
  return { consult, request };
}

async function phoneOf(
  { fields }: Pick<Call<'fields'>, 'fields'>,
  tx: Tx,
  { inviteId, patientId }: typeof visitRequests.$inferSelect
): Promise<string | null> {
  const [invite] = await tx.rows
    .select({ delegateId: consultInvites.delegateId })
    .from(consultInvites)
    .where(eq(consultInvites.id, inviteId));
  if (invite?.delegateId) {
    const [delegate] = await tx.rows
      .select()
      .from(patientDelegates)
      .where(and(eq(patientDelegates.id, invite.delegateId), isNull(patientDelegates.endedAt)));
    return delegate ? fields.open(delegatePhonePlace(delegate), delegate.phone) : null;
  }
  const [patient] = await tx.rows.select().from(patients).where(eq(patients.id, patientId));
  return patient ? openContact(fields, patient, 'phone') : null;
}

async function trace(
  tx: Tx,
  consult: ConsultRow,
  requestId: string,
  action: string,
  detail: Record<string, string> = {}
): Promise<void> {
  await tx.audit({
    action,
    subject: { type: 'visit-request', id: requestId },
    patientId: consult.patientId,
    consultId: consult.id,
    detail
  });
}
