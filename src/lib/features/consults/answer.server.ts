import { and, eq } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { requireCredential } from '#lib/features/identity/credentials.server.ts';
import { expertListings, members } from '#lib/features/identity/tables.server.ts';
import { auditConsult } from './audit.server.ts';
import { addMessage } from './chat.server.ts';
import { transition, type ConsultState } from './consult.ts';
import { mayAnswer, mayDecide } from './policy.server.ts';
import { consultChanged, consultFor, others, type ConsultRow } from './read.server.ts';
import { openBoard } from './board.server.ts';
import { consults } from './tables.server.ts';

/**
 * Take a question on. The grant narrows to the person who accepts (a trigger in server/db/security.sql), and the
 * board opens with the shared images and the chart on it. A second click changes nothing.
 * @throws AppError `consult_already_accepted` where a colleague was first, `not_found`, `consult_wrong_state`,
 * `credential_missing`, `credential_expired`
 */
export async function acceptConsult(call: Call<'systemDb', MemberActor>, consultId: string): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForExpert(call, tx, consultId);
    const state = transition(stateOf(consult), { kind: 'accept', expertId: call.actor.userId });
    if (consult.status === 'accepted' || consult.status === 'closed') return;
    await requireCredential(tx, call.actor, consult.specialty);
    const [member] = await tx.rows.select().from(members).where(eq(members.id, call.actor.memberId));
    await tx.rows
      .update(consults)
      .set({
        status: state.status,
        expertId: call.actor.userId,
        expertName: call.actor.name,
        expertTitle: member?.title ?? '',
        acceptedAt: tx.now
      })
      .where(eq(consults.id, consultId));
    await openBoard(tx, consult);
    await news(tx, consult, 'consult.accepted', others(call.actor, consult.requesterId));
  });
}

/** Say no, with a reason the asking side reads. Ends the grant (the same trigger). */
export async function declineConsult(
  call: Call<'systemDb', MemberActor>,
  consultId: string,
  reason: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForExpert(call, tx, consultId);
    const state = transition(stateOf(consult), { kind: 'decline', reason });
    // First: with the new status the grant ends, and this side may write nothing more of the consult.
    await news(tx, consult, 'consult.declined', others(call.actor, consult.requesterId));
    await tx.rows
      .update(consults)
      .set({ status: state.status, declineReason: reason })
      .where(eq(consults.id, consultId));
  });
}

/** Ask the dentist for more before accepting. */
export async function askForMore(
  call: Call<'systemDb', MemberActor>,
  consultId: string,
  text: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForExpert(call, tx, consultId);
    const state = transition(stateOf(consult), { kind: 'ask-more' });
    await tx.rows.update(consults).set({ status: state.status }).where(eq(consults.id, consultId));
    await addMessage(tx, consult, { kind: 'ask-more', text: text });
    await news(tx, consult, 'consult.more-asked', others(call.actor, consult.requesterId));
  });
}

/** Answer what the expert asked; the question waits for them again. */
export async function answerMore(
  call: Call<never, MemberActor>,
  consultId: string,
  text: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    const state = transition(stateOf(consult), { kind: 'answer-more' });
    await tx.rows.update(consults).set({ status: state.status }).where(eq(consults.id, consultId));
    await addMessage(tx, consult, { kind: 'answer-more', text: text });
    await news(tx, consult, 'consult.answered', others(call.actor, ...(await askedExpertIds(tx, consult))));
  });
}

/** Take the question back before anyone accepted. */
export async function cancelConsult(call: Call<never, MemberActor>, consultId: string): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    const state = transition(stateOf(consult), { kind: 'cancel' });
    await tx.rows.update(consults).set({ status: state.status }).where(eq(consults.id, consultId));
    await news(tx, consult, 'consult.cancelled', others(call.actor, ...(await askedExpertIds(tx, consult))));
  });
}

/** The state of a row, in the domain's terms. */
export function stateOf(row: ConsultRow): ConsultState {
  switch (row.status) {
    case 'accepted':
    case 'closed':
      return { status: row.status, expertId: row.expertId! };
    case 'declined':
      return { status: row.status, reason: row.declineReason ?? '' };
    default:
      return { status: row.status };
  }
}

async function lockForExpert(
  call: Call<'systemDb', MemberActor>,
  tx: Tx,
  consultId: string
): Promise<ConsultRow> {
  const [consult] = await tx.rows.select().from(consults).where(eq(consults.id, consultId)).for('update');
  if (consult) {
    if (!mayAnswer(call.actor, consult)) throw fail('not_found');
    return consult;
  }
  // Gone from this person's sight: if they were asked and a colleague was first, say so.
  const [taken] = await call.systemDb
    .select({
      expertOrganisationId: consults.expertOrganisationId,
      specialty: consults.specialty,
      askedExpertId: consults.askedExpertId,
      expertId: consults.expertId
    })
    .from(consults)
    .where(and(eq(consults.id, consultId), eq(consults.expertOrganisationId, call.actor.organisationId)));
  // Who was not asked cannot tell a question that was taken from none at all.
  const asked = taken?.expertId ? await askedExpertIds(tx, { ...taken, expertId: null }) : [];
  throw fail(asked.includes(call.actor.userId) ? 'consult_already_accepted' : 'not_found');
}

export async function lockForRequester(tx: Tx, consultId: string): Promise<ConsultRow> {
  const { consult } = await consultFor(tx, consultId, 'update');
  if (!mayDecide(tx.actor, consult)) throw fail('forbidden');
  return consult;
}

/** The expert, or everyone the question waits for. */
export async function askedExpertIds(
  tx: Tx,
  consult: Pick<ConsultRow, 'expertId' | 'askedExpertId' | 'expertOrganisationId' | 'specialty'>
): Promise<string[]> {
  if (consult.expertId ?? consult.askedExpertId) return [(consult.expertId ?? consult.askedExpertId)!];
  const listed = await tx.rows
    .select({ userId: expertListings.userId })
    .from(expertListings)
    .where(
      and(
        eq(expertListings.organisationId, consult.expertOrganisationId),
        eq(expertListings.specialty, consult.specialty)
      )
    );
  return listed.map((row) => row.userId);
}

/** The three things every step leaves behind: an audit event, a job that tells people, news for open pages. */
export async function news(tx: Tx, consult: ConsultRow, topic: string, userIds: string[]): Promise<void> {
  await auditConsult(tx, consult, topic);
  await tx.publish(topic, consult.id, { consultId: consult.id, userIds }, consult.organisationId);
  await consultChanged(tx, consult.id, topic);
}
