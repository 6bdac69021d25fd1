import { and, eq } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { insertFinding } from '#lib/features/odontogram/record-finding.server.ts';
import { insertPlan } from '#lib/features/treatment/plans.server.ts';
import { parseFindingInput } from '#lib/features/odontogram/findings.ts';
import { parsePlanDraft } from '#lib/features/treatment/plan.ts';
import { lockForRequester } from './answer.server.ts';
import { consultChanged } from './read.server.ts';
import { proposals } from './tables.server.ts';

/**
 * [CN-5] Take one proposal into the record, or turn it down. What is accepted names the expert as its author and
 * the consult as its source. A second decision on the same line is refused.
 * @throws AppError `proposal_already_decided`, `forbidden`, `not_found`
 */
export async function decideProposal(
  call: Call<never, MemberActor>,
  consultId: string,
  proposalId: string,
  decision: 'accept' | 'reject'
): Promise<{ resultId: string | null }> {
  return inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    if (consult.status === 'closed') throw fail('consult_closed');
    const [proposal] = await tx.rows
      .select()
      .from(proposals)
      .where(and(eq(proposals.id, proposalId), eq(proposals.consultId, consultId)))
      .for('update');
    if (!proposal) throw fail('not_found');
    if (proposal.state !== 'open') throw fail('proposal_already_decided');
    const resultId = decision === 'accept' ? await record(tx, proposal) : null;
    await tx.rows
      .update(proposals)
      .set({
        state: decision === 'accept' ? 'accepted' : 'rejected',
        decidedById: call.actor.userId,
        decidedByName: call.actor.name,
        decidedAt: tx.now,
        resultId
      })
      .where(eq(proposals.id, proposalId));
    await tx.audit({
      action: `proposal.${decision}`,
      subject: { type: 'proposal', id: proposalId },
      patientId: consult.patientId,
      consultId
    });
    await consultChanged(tx, consultId, `proposal.${decision}ed`);
    return { resultId };
  });
}

async function record(tx: Tx, proposal: typeof proposals.$inferSelect): Promise<string> {
  const source = {
    patientId: proposal.patientId,
    authorId: proposal.proposedById,
    authorName: proposal.proposedByName,
    authorOrganisationId: proposal.proposedByOrganisationId,
    consultId: proposal.consultId,
    // A unique index on it is the last guard against taking one proposal twice.
    proposalId: proposal.id
  };
  // Parsed again: what is stored was checked by the version that stored it.
  return proposal.kind === 'finding'
    ? (await insertFinding(tx, { ...source, ...parseFindingInput(proposal.content) })).id
    : (await insertPlan(tx, { ...source, draft: parsePlanDraft(proposal.content) })).id;
}
