import { and, asc, eq, isNull, ne } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { members } from '#lib/features/identity/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { mayModerate, sideOf } from './policy.server.ts';
import { openConsult, type ConsultRow } from './read.server.ts';

export interface ColleagueView {
  userId: string;
  name: string;
  title: string;
}

/**
 * [CN-45] Who can be called into the room: colleagues of the asking organisation who could open it by themselves. The
 * expert's organisation sees this consult through one person alone, so for them there is nobody.
 * @throws AppError `forbidden`, `not_found`, `room_not_open`
 */
export async function colleaguesFor(
  call: Call<never, MemberActor>,
  consultId: string
): Promise<ColleagueView[]> {
  return inTransaction(call, async (tx) => colleagues(tx, await openConsult(tx, consultId, mayModerate)));
}

/** [CN-45] Ring a colleague's bell; what it opens is the room they may enter anyway. */
export async function callColleague(
  call: Call<never, MemberActor>,
  consultId: string,
  userId: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId, mayModerate);
    if (!(await colleagues(tx, consult)).some((one) => one.userId === userId)) throw fail('not_found');
    await tx.audit({
      action: 'room.call',
      subject: { type: 'user', id: userId },
      patientId: consult.patientId,
      consultId,
      organisationId: consult.organisationId
    });
    await tx.publish(
      'room.called',
      consultId,
      { consultId, userIds: [userId], by: call.actor.name },
      consult.organisationId
    );
  });
}

async function colleagues(tx: Tx, consult: ConsultRow): Promise<ColleagueView[]> {
  const { actor } = tx;
  if (actor.kind !== 'member' || actor.organisationId !== consult.organisationId) return [];
  const rows = await tx.rows
    .select()
    .from(members)
    .where(
      and(
        eq(members.organisationId, consult.organisationId),
        isNull(members.revokedAt),
        ne(members.userId, actor.userId)
      )
    )
    .orderBy(asc(members.name));
  return rows.flatMap(({ userId, name, title, role, specialty }) => {
    const as: MemberActor = { ...actor, userId, role, specialty };
    return sideOf(as, consult) === 'requester' ? [{ userId, name, title }] : [];
  });
}
