import { and, eq, isNull } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { mentionsIn, type ThreadStep } from './comment.ts';
import { mayChangeComment, mayComment } from './policy.server.ts';
import { consultChanged, consultFor, others, type ConsultRow } from './read.server.ts';
import type { PinPlace } from './schema.ts';
import { pinComments, pinCommentVersions } from './tables.server.ts';
import { readThreads, roomPeople } from './threads.server.ts';

/**
 * Say something at a pin. Who is meant with `@name` is told; the other open pages read it again.
 * @throws AppError `consult_closed`, `forbidden`, `not_found`
 */
export async function addComment(
  call: Call<never, MemberActor>,
  consultId: string,
  { pin, text }: { pin: PinPlace; text: string }
): Promise<{ id: string }> {
  return inTransaction(call, async (tx) => {
    const consult = await writable(tx, consultId);
    const mentions = mentionsIn(text, await roomPeople(tx, consult));
    const id = await addStep(tx, consult, 'comment', pin, { text, mentions });
    await tellMentioned(tx, consult, mentions);
    return { id };
  });
}

/**
 * Put one's own words right. What they were stays in `pin_comment_version`; who is newly meant is told.
 * @throws AppError `consult_closed`, `forbidden`, `not_found`
 */
export async function editComment(
  call: Call<never, MemberActor>,
  consultId: string,
  { id, text }: { id: string; text: string }
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const { consult, comment } = await ownComment(tx, consultId, id);
    if (comment.text === text) return;
    await keepVersion(tx, comment);
    const mentions = mentionsIn(text, await roomPeople(tx, consult));
    await tx.rows.update(pinComments).set({ text, mentions, editedAt: tx.now }).where(eq(pinComments.id, id));
    await leaveTrace(tx, consult, 'comment.edit', id);
    await tellMentioned(
      tx,
      consult,
      mentions.filter((userId) => !comment.mentions.includes(userId))
    );
  });
}

/**
 * Take one's own words back: the thread says that something was deleted, the words stay in `pin_comment_version`.
 * @throws AppError `consult_closed`, `forbidden`, `not_found`
 */
export async function deleteComment(
  call: Call<never, MemberActor>,
  consultId: string,
  commentId: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const { consult, comment } = await ownComment(tx, consultId, commentId);
    await keepVersion(tx, comment);
    await tx.rows
      .update(pinComments)
      .set({ text: '', mentions: [], deletedAt: tx.now })
      .where(eq(pinComments.id, commentId));
    await leaveTrace(tx, consult, 'comment.delete', commentId);
  });
}

/**
 * Set a thread to done, or take it up again. Where it is so already, nothing changes.
 * @throws AppError `consult_closed`, `forbidden`, `not_found` (no such thread)
 */
export async function setThreadResolved(
  call: Call<never, MemberActor>,
  consultId: string,
  { pin, resolved }: { pin: PinPlace; resolved: boolean }
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await writable(tx, consultId);
    const thread = (await readThreads(tx, consultId)).find(({ shapeId }) => shapeId === pin.shapeId);
    if (!thread) throw fail('not_found');
    if (thread.resolved === resolved) return;
    await addStep(tx, consult, resolved ? 'resolve' : 'reopen', pin, { text: '', mentions: [] });
  });
}

async function writable(tx: Tx, consultId: string): Promise<ConsultRow> {
  const { consult, side } = await consultFor(tx, consultId);
  if (consult.status === 'closed' && side !== 'patient') throw fail('consult_closed');
  if (!mayComment(tx.actor, consult)) throw fail('forbidden');
  return consult;
}

async function ownComment(tx: Tx, consultId: string, commentId: string) {
  const consult = await writable(tx, consultId);
  const [comment] = await tx.rows
    .select()
    .from(pinComments)
    .where(
      and(eq(pinComments.id, commentId), eq(pinComments.consultId, consultId), isNull(pinComments.deletedAt))
    );
  if (!comment) throw fail('not_found');
  if (!mayChangeComment(tx.actor, consult, comment)) throw fail('forbidden');
  return { consult, comment };
}

async function addStep(
  tx: Tx,
  consult: ConsultRow,
  step: ThreadStep,
  pin: PinPlace,
  said: { text: string; mentions: string[] }
): Promise<string> {
  if (tx.actor.kind !== 'member') throw fail('forbidden');
  const id = newId(tx.now.getTime());
  await tx.rows.insert(pinComments).values({
    id,
    organisationId: consult.organisationId,
    consultId: consult.id,
    shapeId: pin.shapeId,
    pinNumber: pin.number,
    tooth: pin.tooth,
    step,
    ...said,
    authorId: tx.actor.userId,
    authorName: tx.actor.name,
    authorOrganisationId: tx.actor.organisationId,
    at: tx.now
  });
  await leaveTrace(tx, consult, `comment.${step === 'comment' ? 'add' : step}`, id);
  return id;
}

async function keepVersion(tx: Tx, comment: typeof pinComments.$inferSelect): Promise<void> {
  await tx.rows.insert(pinCommentVersions).values({
    organisationId: comment.organisationId,
    consultId: comment.consultId,
    commentId: comment.id,
    text: comment.text,
    replacedById: comment.authorId,
    replacedAt: tx.now
  });
}

async function leaveTrace(tx: Tx, consult: ConsultRow, action: string, commentId: string): Promise<void> {
  await tx.audit({
    action,
    subject: { type: 'pin-comment', id: commentId },
    patientId: consult.patientId,
    consultId: consult.id,
    organisationId: consult.organisationId
  });
  await consultChanged(tx, consult.id, action);
}

async function tellMentioned(tx: Tx, consult: ConsultRow, mentions: readonly string[]): Promise<void> {
  const userIds = others(tx.actor, ...mentions);
  if (userIds.length === 0 || tx.actor.kind !== 'member') return;
  await tx.publish(
    'comment.mentioned',
    consult.id,
    { consultId: consult.id, userIds, by: tx.actor.name },
    consult.organisationId
  );
}
