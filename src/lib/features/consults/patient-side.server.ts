import { and, asc, desc, eq, gt, isNull, ne } from 'drizzle-orm';
import { patientDelegates } from '#lib/features/patients/tables.server.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { consultInvites, consults, visitMessages, visitRequests } from './tables.server.ts';
import { triesBeforeLock } from './visit.ts';
import type { ConsultView, VisitMessageView } from './views.ts';

/** Links, possible delegates and open requests of a consult, for the side that makes the links. */
export async function patientSide(
  tx: Tx,
  consult: { id: string; patientId: string },
  patientName: string
): Promise<Pick<ConsultView, 'invites' | 'delegates' | 'requests' | 'otherRooms'>> {
  const links = await tx.rows
    .select()
    .from(consultInvites)
    .where(and(eq(consultInvites.consultId, consult.id), isNull(consultInvites.revokedAt)))
    .orderBy(asc(consultInvites.createdAt));
  const delegates = await tx.rows
    .select({
      id: patientDelegates.id,
      name: patientDelegates.name,
      relation: patientDelegates.relation
    })
    .from(patientDelegates)
    .where(and(eq(patientDelegates.patientId, consult.patientId), isNull(patientDelegates.endedAt)))
    .orderBy(asc(patientDelegates.startsAt));
  const requests = await tx.rows
    .select()
    .from(visitRequests)
    .where(
      and(
        eq(visitRequests.consultId, consult.id),
        isNull(visitRequests.handledAt),
        isNull(visitRequests.withdrawnAt)
      )
    )
    .orderBy(asc(visitRequests.at));
  const byId = new Map(delegates.map((one) => [one.id, one]));
  return {
    invites: links
      .filter(({ expiresAt }) => expiresAt > tx.now)
      .map(({ id, delegateId, expiresAt, failedTries }) => ({
        id,
        delegateId,
        name: delegateId ? (byId.get(delegateId)?.name ?? '') : patientName,
        relation: delegateId ? (byId.get(delegateId)?.relation ?? null) : null,
        expiresAt,
        locked: failedTries >= triesBeforeLock
      })),
    delegates,
    requests: requests.map(({ id, kind, text, minutes, byName, at }) => ({
      ...{ id, kind, text, minutes, byName, at }
    })),
    otherRooms: await otherRooms(tx, consult)
  };
}

/**
 * [CN-31] What the clinic said to the patient's page within `withinMs`, the newest first: "the doctor comes soon" is not
 * for the week after.
 */
export async function toldOn(tx: Tx, consultId: string, withinMs: number): Promise<VisitMessageView[]> {
  const rows = await tx.rows
    .select()
    .from(visitMessages)
    .where(
      and(eq(visitMessages.consultId, consultId), gt(visitMessages.at, new Date(tx.now.getTime() - withinMs)))
    )
    .orderBy(desc(visitMessages.at))
    .limit(20);
  return rows.map(({ id, kind, topic, text, authorName, at }) => ({ id, kind, topic, text, authorName, at }));
}

/** [CN-34] Rooms the patient can be taken to. */
async function otherRooms(
  tx: Tx,
  { id: here, patientId }: { id: string; patientId: string }
): Promise<ConsultView['otherRooms']> {
  const { id, number, specialty, expertName, status } = consults;
  return tx.rows
    .select({ id, number, specialty, expertName })
    .from(consults)
    .where(and(eq(consults.patientId, patientId), eq(status, 'accepted'), ne(id, here)));
}
