import { and, asc, eq, isNull } from 'drizzle-orm';
import { patientDelegates } from '#lib/features/patients/tables.server.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { consultInvites, visitRequests } from './tables.server.ts';
import { triesBeforeLock } from './visit.ts';
import type { ConsultView } from './views.ts';

/** Links, possible delegates and open requests of a consult, for the side that makes the links. */
export async function patientSide(
  tx: Tx,
  consult: { id: string; patientId: string },
  patientName: string
): Promise<Pick<ConsultView, 'invites' | 'delegates' | 'requests'>> {
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
    requests: requests.map(({ id, kind, text, byName, at }) => ({ id, kind, text, byName, at }))
  };
}
