import { and, asc, eq, isNull } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { requireCredential } from '#lib/features/identity/credentials.server.ts';
import { stepUpRefusal } from '#lib/features/identity/step-up.server.ts';
import { parseFindingInput } from '#lib/features/odontogram/findings.ts';
import { parsePlanDraft } from '#lib/features/treatment/plan.ts';
import { opinionView } from './advice-views.server.ts';
import { digestOf, type SignedContent } from './opinion.ts';
import { mayAdvise } from './policy.server.ts';
import { consultChanged, consultFor, others, requireGrant, type ConsultRow } from './read.server.ts';
import { news } from './answer.server.ts';
import { opinions, proposals } from './tables.server.ts';
import type { OpinionInput, ProposalInput } from './schema.ts';
import type { OpinionView } from './views.ts';

/**
 * Suggest a finding or a plan. It shows as a ghost on the chart and changes nothing of the record.
 * @throws AppError `unknown_tooth`, `surface_not_on_tooth`, `invalid_input`, `forbidden`, `consult_closed`
 */
export async function propose(
  call: Call<never, MemberActor>,
  consultId: string,
  input: ProposalInput
): Promise<{ id: string }> {
  return inTransaction(call, async (tx) => {
    const consult = await adviser(tx, consultId);
    const content =
      input.kind === 'finding' ? parseFindingInput(input.content) : parsePlanDraft(input.content);
    const id = newId(tx.now.getTime());
    await tx.rows.insert(proposals).values({
      id,
      organisationId: consult.organisationId,
      createdAt: tx.now,
      consultId,
      patientId: consult.patientId,
      kind: input.kind,
      content,
      proposedById: call.actor.userId,
      proposedByName: call.actor.name,
      proposedByOrganisationId: call.actor.organisationId,
      state: 'open'
    });
    await news(tx, consult, 'proposal.made', others(call.actor, consult.requesterId));
    return { id };
  });
}

/** Take back one's own proposal while nobody has decided on it. */
export async function withdrawProposal(
  call: Call<never, MemberActor>,
  consultId: string,
  proposalId: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await adviser(tx, consultId);
    const withdrawn = await tx.rows
      .update(proposals)
      .set({ state: 'withdrawn', decidedAt: tx.now })
      .where(
        and(
          eq(proposals.id, proposalId),
          eq(proposals.consultId, consultId),
          eq(proposals.proposedById, call.actor.userId),
          eq(proposals.state, 'open')
        )
      )
      .returning({ id: proposals.id });
    if (!withdrawn.length) throw fail('proposal_already_decided');
    await auditAdvice(tx, consult, 'proposal.withdraw', proposalId);
    await consultChanged(tx, consultId, 'proposal.withdrawn');
  });
}

/** Keep the opinion as typed; the other side sees it once it is signed. */
export async function saveOpinion(
  call: Call<never, MemberActor>,
  consultId: string,
  input: OpinionInput
): Promise<{ updatedAt: Date }> {
  return inTransaction(call, async (tx) => {
    const consult = await adviser(tx, consultId);
    const [own] = await tx.rows
      .select()
      .from(organisations)
      .where(eq(organisations.id, call.actor.organisationId));
    // In one statement: the first save of an opinion may come twice at once.
    const kept = await tx.rows
      .insert(opinions)
      .values({
        organisationId: consult.organisationId,
        consultId,
        patientId: consult.patientId,
        authorId: call.actor.userId,
        authorName: call.actor.name,
        authorTitle: consult.expertTitle ?? '',
        authorOrganisationId: call.actor.organisationId,
        authorOrganisationName: own!.name,
        ...input,
        updatedAt: tx.now
      })
      .onConflictDoUpdate({
        target: [opinions.organisationId, opinions.consultId, opinions.authorId],
        set: { ...input, updatedAt: tx.now },
        setWhere: isNull(opinions.signedAt)
      })
      .returning({ id: opinions.id });
    if (!kept.length) throw fail('opinion_signed');
    await auditAdvice(tx, consult, 'opinion.save', consultId);
    return { updatedAt: tx.now };
  });
}

/**
 * Sign the opinion with one's password, or without where one has just shown who one is. From then on nothing in
 * it changes: the database refuses.
 * @throws AppError `wrong_password`, `step_up_required`, `opinion_empty`, `opinion_signed`, `too_many_tries`,
 * `credential_missing`, `credential_expired`, `grant_ended`
 */
export async function signOpinion(
  call: Call<'auth', MemberActor>,
  consultId: string,
  password: string | null
): Promise<OpinionView> {
  // Outside the transaction: a slow hash must hold no row.
  const refused = await stepUpRefusal(call, password);
  return inTransaction(call, async (tx) => {
    const consult = await adviser(tx, consultId);
    const licence = await requireCredential(tx, call.actor, consult.specialty);
    if (refused) throw fail(refused);
    const [opinion] = await tx.rows
      .select()
      .from(opinions)
      .where(and(eq(opinions.consultId, consultId), eq(opinions.authorId, call.actor.userId)))
      .for('update');
    if (opinion?.signedAt) throw fail('opinion_signed');
    if (!opinion || !(opinion.text.trim() || opinion.diagnosis.trim())) throw fail('opinion_empty');
    const made = await tx.rows
      .select({ id: proposals.id, kind: proposals.kind, content: proposals.content })
      .from(proposals)
      .where(and(eq(proposals.consultId, consultId), eq(proposals.proposedById, call.actor.userId)))
      .orderBy(asc(proposals.createdAt));
    const content: SignedContent = {
      consultNumber: consult.number,
      consultId,
      patientId: consult.patientId,
      question: consult.question,
      teeth: consult.teeth,
      diagnosis: opinion.diagnosis,
      text: opinion.text,
      advice: opinion.advice,
      proposals: made,
      author: {
        id: opinion.authorId,
        name: opinion.authorName,
        title: opinion.authorTitle,
        organisation: opinion.authorOrganisationName,
        licence: { number: licence.licenceNumber, issuedBy: licence.issuedBy }
      },
      signedAt: tx.now.toISOString()
    };
    const [signed] = await tx.rows
      .update(opinions)
      .set({ signedAt: tx.now, digest: await digestOf(content), signedContent: content, updatedAt: tx.now })
      .where(and(eq(opinions.id, opinion.id), isNull(opinions.signedAt)))
      .returning();
    await news(tx, consult, 'consult.signed', others(call.actor, consult.requesterId));
    return opinionView(signed!);
  });
}

async function adviser(tx: Tx, consultId: string): Promise<ConsultRow> {
  const { consult, side } = await consultFor(tx, consultId);
  if (consult.status === 'closed' && side !== 'patient') throw fail('consult_closed');
  if (!mayAdvise(tx.actor, consult)) throw fail('forbidden');
  await requireGrant(tx, consult);
  return consult;
}

async function auditAdvice(tx: Tx, consult: ConsultRow, action: string, subjectId: string): Promise<void> {
  await tx.audit({
    action,
    subject: { type: action.split('.')[0]!, id: subjectId },
    patientId: consult.patientId,
    consultId: consult.id,
    organisationId: consult.organisationId
  });
}
