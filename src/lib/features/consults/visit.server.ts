import { and, desc, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { dayMs } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { boardDocuments } from '#lib/features/board/tables.server.ts';
import { hasOpenQuestions, statesOf, writeAnswers } from '#lib/features/consent/answer.server.ts';
import type { ConsentState, Purpose } from '#lib/features/consent/consent.ts';
import type { AnswersInput } from '#lib/features/consent/schema.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { auditConsult } from './audit.server.ts';
import { lockForRequester } from './answer.server.ts';
import type { ChatMessageView } from './chat.ts';
import { chatOnVisit } from './chat.server.ts';
import { encryptionOf } from './encryption-state.server.ts';
import type { EncryptionView } from './encryption.ts';
import type { CaptionsSign } from './captions.ts';
import { captionsOf, consultChanged, consultFor, others, seatIs, type ConsultRow } from './read.server.ts';
import type { RecordingSign } from './recording.ts';
import { recordingSign } from './recordings.server.ts';
import { identityOf } from './seat.ts';
import { toldOn } from './patient-side.server.ts';
import { consultInvites, consults, consultSeats, visitRequests } from './tables.server.ts';
import type { VisitMessageView } from './views.ts';
import { isInstead, linkDays, visitStage, type VisitRequestKind, type VisitStage } from './visit.ts';
import { peopleOf } from './visit-people.ts';
import { queueFor } from './waiting.server.ts';
import { topicsOf, type LearnTopic, type QueueView } from './waiting.ts';

/** All a patient's page knows: where their visit stands and who they will see. No notes, no opinion. */
export interface VisitView {
  consultId: string;
  readAt: Date;
  stage: VisitStage;
  name: string;
  /** What the visitor is to the patient; null: it is the patient. */
  relation: string | null;
  /** Answers for the patient too. */
  speaksFor: boolean;
  clinic: string;
  dentist: string;
  expert: { name: string; title: string; organisation: string } | null;
  slotAt: Date | null;
  boardId: string | null;
  /** [CN-80] How the call is encrypted. */
  encryption: EncryptionView;
  /** Where the visitor stands; a guardian answers once for the child and themselves. */
  consents: Record<Purpose, ConsentState>;
  request: { kind: VisitRequestKind; text: string; minutes: number | null; at: Date } | null;
  /** [CN-30] Of who waits. */
  queue: QueueView | null;
  /** Asked to wait on. */
  held: boolean;
  /** What the clinic said, the newest first. */
  told: VisitMessageView[];
  /** [CN-40] What was written in the call to the patient's side, and by it. */
  chat: ChatMessageView[];
  /** [RC-2] Being recorded now; null: not. */
  recording: RecordingSign | null;
  /** [CN-26] */
  captions: CaptionsSign | null;
  /** [CN-36] What there is to read while waiting. */
  topics: readonly LearnTopic[];
  /** Once it is over: what the dentist wrote for the patient, and when to come next. */
  outcome: {
    summary: string;
    next: { at: Date; clinic: string; clinicEn: string; practitioner: string | null } | null;
  } | null;
}

/** [CN-6] The visit as its patient sees it. `ready`: the page may ask to be let in. */
export async function readVisit(call: Call<never, PatientLinkActor>): Promise<VisitView> {
  const { actor } = call;
  return inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, actor.consultId);
    const [seat] = await tx.rows
      .select()
      .from(consultSeats)
      .where(seatIs(consult.id, identityOf(actor)));
    const [board] = await tx.rows
      .select({ id: boardDocuments.id })
      .from(boardDocuments)
      .where(eq(boardDocuments.consultId, consult.id));
    const request = await openRequest(tx, consult.id);
    const consents = await consentsOf(tx, actor);
    await auditConsult(tx, consult, 'visit.read');
    const stage = visitStage({
      status: consult.status,
      slotAt: consult.slotAt,
      now: tx.now,
      staffThere: await staffThere(tx, consult.id),
      asked: request !== null && isInstead(request.kind),
      mayJoin: !actor.delegate || actor.delegate.scopes.includes('join'),
      video: consents.video === 'outdated' ? 'unasked' : consents.video,
      unanswered: hasOpenQuestions(consents),
      seat: seat ?? null
    });
    const here = stage === 'waiting' || stage === 'ready';
    const mayKnow = !actor.delegate || actor.delegate.speaksFor || actor.delegate.scopes.includes('times');
    return {
      consultId: consult.id,
      readAt: tx.now,
      stage,
      name: actor.name,
      relation: actor.delegate?.relation ?? null,
      speaksFor: actor.delegate?.speaksFor ?? true,
      clinic: consult.requesterOrganisationName,
      dentist: consult.requesterName,
      expert: consult.expertName
        ? {
            name: consult.expertName,
            title: consult.expertTitle ?? '',
            organisation: consult.expertOrganisationName
          }
        : null,
      slotAt: consult.slotAt,
      boardId: consult.status === 'accepted' ? (board?.id ?? null) : null,
      encryption: await encryptionOf(tx, consult.id),
      consents,
      request: request && {
        ...{ kind: request.kind, text: request.text, minutes: request.minutes, at: request.at }
      },
      queue: stage === 'waiting' ? await queueFor(tx, consult.slotAt) : null,
      held: stage === 'waiting' && seat?.heldAt != null,
      told: mayKnow && stage !== 'over' ? await toldOn(tx, consult.id, dayMs) : [],
      chat: await chatOnVisit(tx, actor),
      recording: await recordingSign(tx, consult.id),
      captions: captionsOf(consult),
      topics: here || stage === 'early' ? topicsOf(consult.specialty) : [],
      outcome: mayKnow && stage === 'over' ? await outcomeOf(tx, consult) : null
    };
  });
}

/** [CS-3] The visitor answers for themselves, and for the patient where they speak for them. */
export async function answerOnVisit(call: Call<never, PatientLinkActor>, input: AnswersInput): Promise<void> {
  const { actor } = call;
  await inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, actor.consultId);
    for (const person of peopleOf(actor)) {
      const name = person.personKind === 'patient' && actor.delegate ? await patientName(tx) : actor.name;
      await writeAnswers(tx, { ...person, name }, input, consult.id);
    }
  });
}

/**
 * [CN-18] [CN-32] Ask the clinic for another time, a call or a visit, or say how late one will be: a task for who asked,
 * and news. @throws AppError `consult_closed`, `conflict` (late for what was given up, or by nobody knows how much)
 */
export async function askClinic(
  call: Call<never, PatientLinkActor>,
  { kind, text, minutes = null }: { kind: VisitRequestKind; text: string; minutes?: number | null }
): Promise<void> {
  const { actor } = call;
  await inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, actor.consultId);
    if (consult.status === 'closed') throw fail('consult_closed');
    const open = await openRequest(tx, consult.id);
    if (kind === 'late' && (minutes === null || (open && isInstead(open.kind)))) throw fail('conflict');
    if (open?.kind === kind && open.text === text && open.minutes === minutes) return;
    await withdrawRequest(tx, consult.id);
    if (isInstead(kind))
      // Does not wait any more: nobody is kept back by them, and nobody is rung.
      await tx.rows
        .update(consultSeats)
        .set({ state: 'left', heldAt: null, changedAt: tx.now })
        .where(and(seatIs(consult.id, identityOf(actor)), eq(consultSeats.state, 'waiting')));
    await tx.rows.insert(visitRequests).values({
      id: newId(tx.now.getTime()),
      organisationId: actor.organisationId,
      consultId: consult.id,
      patientId: actor.patientId,
      kind,
      text,
      minutes: kind === 'late' ? minutes : null,
      inviteId: actor.inviteId,
      byName: actor.name,
      at: tx.now
    });
    await auditConsult(tx, consult, 'visit.ask', { kind });
    await tx.publish('patient.asked', consult.id, {
      consultId: consult.id,
      userIds: others(actor, consult.requesterId)
    });
    await consultChanged(tx, consult.id, 'patient.asked');
  });
}

/** The patient can come after all. */
export async function takeBackRequest(call: Call<never, PatientLinkActor>): Promise<void> {
  const { actor } = call;
  await inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, actor.consultId);
    if ((await withdrawRequest(tx, consult.id)) === 0) return;
    await auditConsult(tx, consult, 'visit.unask');
    await consultChanged(tx, consult.id, 'patient.asked');
  });
}

/** Staff have seen to what the patient asked. @throws AppError `not_found`, `forbidden` */
export async function handleRequest(
  call: Call<never, MemberActor>,
  consultId: string,
  requestId: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    const [done] = await tx.rows
      .update(visitRequests)
      .set({ handledAt: tx.now, handledById: call.actor.userId, handledByName: call.actor.name })
      .where(
        and(
          eq(visitRequests.id, requestId),
          eq(visitRequests.consultId, consultId),
          isNull(visitRequests.handledAt)
        )
      )
      .returning({ id: visitRequests.id });
    if (!done) throw fail('not_found');
    await tx.audit({
      action: 'visit.handle',
      subject: { type: 'visit-request', id: requestId },
      patientId: consult.patientId,
      consultId
    });
    await consultChanged(tx, consultId, 'patient.asked');
  });
}

/**
 * [CN-35] Agree on another time, or on none. The patient's page shows it at once, their links live until a week after
 * it, and what they had asked about the time is seen to. @throws AppError `forbidden`, `consult_wrong_state`,
 * `slot_in_past`
 */
export async function moveVisit(
  call: Call<never, MemberActor>,
  consultId: string,
  slotAt: Date | null
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    if (!['requested', 'more-asked', 'accepted'].includes(consult.status)) throw fail('consult_wrong_state');
    if (slotAt && slotAt <= tx.now) throw fail('slot_in_past');
    if (slotAt?.getTime() === consult.slotAt?.getTime()) return;
    const mode = slotAt ? ('scheduled' as const) : ('live' as const);
    await tx.rows.update(consults).set({ slotAt, mode }).where(eq(consults.id, consultId));
    if (slotAt) {
      const expiresAt = new Date(slotAt.getTime() + linkDays * dayMs);
      await tx.rows
        .update(consultInvites)
        .set({ expiresAt })
        .where(
          and(
            eq(consultInvites.consultId, consultId),
            isNull(consultInvites.revokedAt),
            lt(consultInvites.expiresAt, expiresAt)
          )
        );
    }
    const { userId, name } = call.actor;
    await tx.rows
      .update(visitRequests)
      .set({ handledAt: tx.now, handledById: userId, handledByName: name })
      .where(and(openIn(consultId), inArray(visitRequests.kind, ['other-time', 'late'])));
    await auditConsult(tx, consult, 'visit.move', {
      from: consult.slotAt?.toISOString() ?? null,
      to: slotAt?.toISOString() ?? null
    });
    await tx.publish('visit.moved', consultId, {
      consultId,
      userIds: others(call.actor, consult.requesterId, consult.expertId ?? consult.askedExpertId)
    });
    await consultChanged(tx, consultId, 'patient.rescheduled');
  });
}

/** [CN-17] What the patient will read once it is over. @throws AppError `forbidden`, `consult_closed` */
export async function writePatientSummary(
  call: Call<never, MemberActor>,
  consultId: string,
  text: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    if (consult.status === 'closed') throw fail('consult_closed');
    if (consult.patientSummary === text) return;
    await tx.rows.update(consults).set({ patientSummary: text }).where(eq(consults.id, consultId));
    await auditConsult(tx, consult, 'visit.summary');
  });
}

async function openRequest(tx: Tx, consultId: string) {
  const [found] = await tx.rows
    .select()
    .from(visitRequests)
    .where(openIn(consultId))
    .orderBy(desc(visitRequests.at))
    .limit(1);
  return found ?? null;
}

const openIn = (consultId: string) =>
  and(
    eq(visitRequests.consultId, consultId),
    isNull(visitRequests.handledAt),
    isNull(visitRequests.withdrawnAt)
  );

async function withdrawRequest(tx: Tx, consultId: string): Promise<number> {
  const gone = await tx.rows
    .update(visitRequests)
    .set({ withdrawnAt: tx.now })
    .where(openIn(consultId))
    .returning({ id: visitRequests.id });
  return gone.length;
}

async function staffThere(tx: Tx, consultId: string): Promise<boolean> {
  const [one] = await tx.rows
    .select({ id: consultSeats.id })
    .from(consultSeats)
    .where(
      and(
        eq(consultSeats.consultId, consultId),
        eq(consultSeats.state, 'in-room'),
        inArray(consultSeats.role, ['requester', 'expert', 'member'])
      )
    )
    .limit(1);
  return one !== undefined;
}

/** Of several people behind one link, the state that still has to be settled. */
async function consentsOf(tx: Tx, actor: PatientLinkActor): Promise<Record<Purpose, ConsentState>> {
  const people = peopleOf(actor).map(({ personId }) => personId);
  const states = await statesOf(tx, actor.patientId, people);
  const [first, ...rest] = people.map((id) => states.get(id)!);
  const merged = { ...first! };
  for (const other of rest)
    for (const purpose of Object.keys(merged) as Purpose[])
      if (merged[purpose] === 'given') merged[purpose] = other[purpose];
  return merged;
}

async function patientName(tx: Tx): Promise<string> {
  const { rows } = await tx.rows.execute<{ name: string }>(sql`select visit_patient_name() as name`);
  return rows[0]?.name ?? '';
}

async function outcomeOf(tx: Tx, consult: ConsultRow): Promise<VisitView['outcome']> {
  const { rows } = await tx.rows.execute<{
    starts_at: string;
    clinic: string;
    clinic_en: string;
    practitioner: string | null;
  }>(sql`select * from visit_next_appointment()`);
  const next = rows[0];
  return {
    summary: consult.patientSummary,
    next: next
      ? {
          at: new Date(next.starts_at),
          clinic: next.clinic,
          clinicEn: next.clinic_en,
          practitioner: next.practitioner
        }
      : null
  };
}
