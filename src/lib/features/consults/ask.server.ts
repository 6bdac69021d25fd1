import { and, asc, eq, sql, type SQL } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, oneAtATime, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { credentialHolds } from '#lib/features/identity/credentials.server.ts';
import { expertListings } from '#lib/features/identity/tables.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { answerBy, consultNumber, specialties, type GrantItem, type Specialty } from './consult.ts';
import { ownOrganisation, requireOfPatient } from './grants.server.ts';
import { mayAsk } from './policy.server.ts';
import type { AskInput, DraftContent } from './schema.ts';
import { consultDrafts, consultGrantItems, consults } from './tables.server.ts';
import type { ExpertChoice } from './views.ts';

/**
 * Put a question to an expert and open exactly the chosen items to them, in one transaction. With an `id` from the form,
 * a repeated request returns the first.
 * @throws AppError `forbidden`, `not_found` (patient, image or note not of this organisation), `expert_not_found`, `conflict`
 */
export async function askExpert(
  call: Call<never, MemberActor>,
  input: AskInput
): Promise<{ id: string; number: string }> {
  if (!mayAsk(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const { actor, now } = tx as Tx & { actor: MemberActor };
    const patient = await ownPatient(tx, input.patientId);
    const { id = newId(now.getTime()) } = input;
    await oneAtATime(tx, `consult:${id}`);
    const [made] = await tx.rows.select().from(consults).where(eq(consults.id, id));
    if (made) {
      const same = made.patientId === patient.id && made.question === input.question;
      if (!same || made.requesterId !== actor.userId) throw fail('conflict');
      return { id, number: made.number };
    }
    const target = await resolveTarget(tx, input);
    await requireOfPatient(tx, patient.id, sharedItems(input));
    const own = await ownOrganisation(tx);
    const {
      rows: [running]
    } = await tx.rows.execute<{ next: string }>(
      sql`select next_number(${actor.organisationId}::uuid, 'consult') as next`
    );
    const number = consultNumber(Number(running!.next), now);
    await tx.rows.insert(consults).values({
      id,
      organisationId: actor.organisationId,
      createdAt: now,
      number,
      patientId: patient.id,
      status: 'requested',
      mode: input.mode,
      urgency: input.urgency,
      answerBy: answerBy(input.urgency, now),
      slotAt: input.mode === 'scheduled' && input.slotAt ? new Date(input.slotAt) : null,
      specialty: target.specialty,
      teeth: input.teeth,
      question: input.question,
      requesterId: actor.userId,
      requesterName: actor.name,
      requesterOrganisationName: own.name,
      expertOrganisationId: target.organisationId,
      expertOrganisationName: target.organisationName,
      askedExpertId: target.expertId
    });
    await tx.rows.insert(consultGrantItems).values(
      [{ kind: 'consult' as const, itemId: null }, ...sharedItems(input)].map((item) => ({
        organisationId: actor.organisationId,
        consultId: id,
        patientId: patient.id,
        granteeOrganisationId: target.organisationId,
        granteeUserId: target.expertId,
        granteeSpecialty: target.specialty,
        kind: item.kind,
        itemId: item.itemId,
        purpose: 'consult' as const,
        // By the database's clock, which is the one that judges whether a grant is in force.
        startsAt: sql`now()`,
        endsAt: sql`now() + make_interval(days => ${own.grantDays})`
      }))
    );
    await tx.rows
      .delete(consultDrafts)
      .where(and(eq(consultDrafts.userId, actor.userId), eq(consultDrafts.patientId, patient.id)));
    await tx.audit({
      action: 'consult.ask',
      subject: { type: 'consult', id },
      patientId: patient.id,
      consultId: id,
      detail: { to: target.organisationId, items: sharedItems(input).map((item) => item.kind) }
    });
    await tx.publish('consult.requested', id, { consultId: id, userIds: target.userIds });
    return { id, number };
  });
}

/** [CN-4] The grant of an ask: who the patient is, and what was left ticked. */
export function sharedItems({ share }: Pick<AskInput, 'share'>): GrantItem[] {
  const whole = (['allergies', 'conditions', 'medications', 'chart', 'plan'] as const).filter(
    (kind) => share[kind]
  );
  return [
    { kind: 'identity', itemId: null },
    ...whole.map((kind) => ({ kind, itemId: null })),
    ...share.imageIds.map((itemId) => ({ kind: 'image' as const, itemId })),
    ...share.noteIds.map((itemId) => ({ kind: 'note' as const, itemId }))
  ];
}

async function ownPatient(tx: Tx, patientId: string) {
  const [patient] = await tx.rows
    .select({ id: patients.id })
    .from(patients)
    .where(and(eq(patients.id, patientId), eq(patients.organisationId, tx.actor.organisationId)));
  if (!patient) throw fail('not_found');
  return patient;
}

async function resolveTarget(tx: Tx, { target }: AskInput) {
  const listed = await listedExperts(
    tx,
    target.kind === 'expert'
      ? eq(expertListings.userId, target.expertId)
      : and(
          eq(expertListings.organisationId, target.organisationId),
          eq(expertListings.specialty, target.specialty)
        )
  );
  const first = listed[0];
  if (!first) throw fail('expert_not_found');
  return {
    organisationId: first.organisationId,
    organisationName: first.organisationName,
    specialty: first.specialty as Specialty,
    expertId: target.kind === 'expert' ? first.userId : null,
    userIds: listed.map((listing) => listing.userId)
  };
}

/** [ID-20] Who is offered today: only experts whose credential holds. */
export async function listedExperts(tx: Tx, which?: SQL) {
  const rows = await tx.rows
    .select({ listing: expertListings })
    .from(expertListings)
    .innerJoin(organisations, eq(organisations.id, expertListings.organisationId))
    .where(and(which, credentialHolds(tx.now)))
    .orderBy(asc(expertListings.organisationName), asc(expertListings.specialty), asc(expertListings.name));
  return rows.map((row) => row.listing);
}

/** Everyone who can be asked, by organisation. */
export async function listExperts(call: Call<never, MemberActor>): Promise<ExpertChoice[]> {
  if (!mayAsk(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const listed = await listedExperts(tx);
    const byOrganisation = new Map<string, ExpertChoice>();
    for (const row of listed) {
      const choice = byOrganisation.get(row.organisationId) ?? {
        organisationId: row.organisationId,
        organisationName: row.organisationName,
        organisationNameEn: row.organisationNameEn,
        experts: [],
        specialties: []
      };
      const specialty = row.specialty as Specialty;
      choice.experts.push({ userId: row.userId, name: row.name, title: row.title, specialty });
      byOrganisation.set(row.organisationId, choice);
    }
    return [...byOrganisation.values()].map((choice) => ({
      ...choice,
      specialties: specialties.filter((specialty) =>
        choice.experts.some((expert) => expert.specialty === specialty)
      )
    }));
  });
}

/** [CN-3] What was typed and not sent: one draft a person and patient, kept on the server. */
export async function saveDraft(
  call: Call<never, MemberActor>,
  { patientId, content }: { patientId: string; content: DraftContent }
): Promise<void> {
  if (!mayAsk(call.actor)) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    await ownPatient(tx, patientId);
    await tx.rows
      .insert(consultDrafts)
      .values({
        organisationId: call.actor.organisationId,
        userId: call.actor.userId,
        patientId,
        content,
        updatedAt: tx.now
      })
      .onConflictDoUpdate({
        target: [consultDrafts.organisationId, consultDrafts.userId, consultDrafts.patientId],
        set: { content, updatedAt: tx.now }
      });
    await tx.audit({ action: 'consult.draft', subject: { type: 'patient', id: patientId }, patientId });
  });
}

export async function readDraft(
  call: Call<never, MemberActor>,
  patientId: string
): Promise<{ content: DraftContent; updatedAt: Date } | null> {
  if (!mayAsk(call.actor)) return null;
  return inTransaction(call, async (tx) => {
    const [draft] = await tx.rows
      .select()
      .from(consultDrafts)
      .where(and(eq(consultDrafts.userId, call.actor.userId), eq(consultDrafts.patientId, patientId)));
    return draft ? { content: draft.content as DraftContent, updatedAt: draft.updatedAt } : null;
  });
}

export async function discardDraft(call: Call<never, MemberActor>, patientId: string): Promise<void> {
  if (!mayAsk(call.actor)) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    await tx.rows
      .delete(consultDrafts)
      .where(and(eq(consultDrafts.userId, call.actor.userId), eq(consultDrafts.patientId, patientId)));
    await tx.audit({
      action: 'consult.discard-draft',
      subject: { type: 'patient', id: patientId },
      patientId
    });
  });
}
