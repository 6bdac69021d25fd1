import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { actorId } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { delegateOf } from '#lib/features/patients/delegates.server.ts';
import { patientDelegates, patients } from '#lib/features/patients/tables.server.ts';
import {
  isOpenQuestion,
  purposes,
  stateOf,
  type ConsentState,
  type ConsentView,
  type PersonKind,
  type Purpose,
  type ReceiptView,
  type Way
} from './consent.ts';
import { mayAnswerFor, mayReadConsents, type Subject } from './policy.server.ts';
import type { AnswersInput } from './schema.ts';
import { consentReceipts } from './tables.server.ts';
import { textHash } from './text-hash.server.ts';
import { currentText, currentVersions } from './texts.ts';

/** Whose answer it is, with the name that goes on the receipt. */
export interface Person extends Subject {
  name: string;
}

/**
 * Write down answers. A yes to what is agreed already changes nothing; a no to it withdraws it. What was shown must
 * be the text of today.
 * @throws AppError `forbidden`, `consent_text_changed`
 */
export async function writeAnswers(
  tx: Tx,
  person: Person,
  input: AnswersInput,
  consultId: string | null
): Promise<void> {
  if (!mayAnswerFor(tx.actor, person)) throw fail('forbidden');
  if (input.answers.some(({ purpose, version }) => version !== currentVersions[purpose]))
    throw fail('consent_text_changed');
  // One after the other for a patient: two taps, or a page and the reception, must not both be "the latest".
  await tx.rows.execute(sql`select pg_advisory_xact_lock(hashtextextended(${person.patientId}, 7))`);
  const written = await receiptsOf(tx, person.patientId);
  let number = Math.max(0, ...written.map((receipt) => receipt.number));
  // Staff answer for one meeting: what they said in another is nothing they say again here, or take back.
  const said = written.filter((one) => one.personKind !== 'member' || one.consultId === consultId);
  const by = { id: actorId(tx.actor), name: tx.actor.kind === 'system' ? '' : tx.actor.name };
  const way = wayOf(tx, person);
  for (const { purpose, agrees } of input.answers) {
    const state = stateOf(said, person.personId, purpose, currentVersions[purpose]);
    if (agrees ? state === 'given' : state === 'refused' || state === 'withdrawn') continue;
    if (!agrees && (state === 'given' || state === 'outdated')) {
      await withdrawLatest(tx, person, purpose, { by, way, consultId });
      await told(tx, 'consent.withdraw', person, purpose, consultId);
      continue;
    }
    const text = currentText(purpose);
    await tx.rows.insert(consentReceipts).values({
      id: newId(tx.now.getTime()),
      organisationId: person.organisationId,
      patientId: person.patientId,
      number: ++number,
      personKind: person.personKind,
      personId: person.personId,
      personName: person.name,
      purpose,
      answer: agrees ? 'given' : 'refused',
      version: text.version,
      locale: input.locale,
      textHash: textHash(text, input.locale),
      way,
      byId: by.id,
      byName: by.name,
      consultId,
      at: tx.now
    });
    await told(tx, agrees ? 'consent.give' : 'consent.refuse', person, purpose, consultId);
  }
}

/** At the clinic: what the patient, or somebody who stands by them, said to a member of staff. */
export async function answerAtClinic(
  call: Call,
  patientId: string,
  input: AnswersInput & { person: { kind: 'patient' | 'delegate'; id: string } }
): Promise<ConsentView> {
  return inTransaction(call, async (tx) => {
    const patient = await patientFor(tx, patientId);
    const { kind, id } = input.person;
    const name = kind === 'patient' ? patient.name : (await delegateOf(tx, patientId, id)).name;
    if (kind === 'patient' && id !== patientId) throw fail('not_found');
    const { organisationId } = patient;
    await writeAnswers(tx, { organisationId, patientId, personKind: kind, personId: id, name }, input, null);
    return viewOf(tx, patient);
  });
}

/** [CS-7] Where the people of a patient stand, with all receipts. @throws AppError `forbidden`, `not_found` */
export async function readConsents(call: Call, patientId: string): Promise<ConsentView> {
  return inTransaction(call, async (tx) => {
    const patient = await patientFor(tx, patientId);
    await tx.audit({ action: 'consent.read', subject: { type: 'patient', id: patientId }, patientId });
    return viewOf(tx, patient);
  });
}

/**
 * Where a patient stands on a purpose now: for whatever wants to use what was said (AI notes, teaching, recording).
 * Anything but `given` is a no.
 */
export async function consentState(tx: Tx, patientId: string, purpose: Purpose): Promise<ConsentState> {
  return stateOf(await receiptsOf(tx, patientId), patientId, purpose, currentVersions[purpose]);
}

/** Where each of these people stands, by their id. */
export async function statesOf(
  tx: Tx,
  patientId: string,
  personIds: readonly string[],
  { consultId }: { consultId?: string } = {}
): Promise<Map<string, Record<Purpose, ConsentState>>> {
  const written = await receiptsOf(tx, patientId);
  // Staff answer for one meeting, not for all patients' meetings to come.
  const counted = written.filter((one) => one.personKind !== 'member' || one.consultId === consultId);
  return new Map(personIds.map((id) => [id, statesIn(counted, id)]));
}

function statesIn(written: Parameters<typeof stateOf>[0], personId: string): Record<Purpose, ConsentState> {
  return Object.fromEntries(
    purposes.map((purpose) => [purpose, stateOf(written, personId, purpose, currentVersions[purpose])])
  ) as Record<Purpose, ConsentState>;
}

/** True where this person has a question open, the one about video left out. */
export function hasOpenQuestions(states: Record<Purpose, ConsentState>): boolean {
  return purposes.some((purpose) => purpose !== 'video' && isOpenQuestion(states[purpose]));
}

async function receiptsOf(tx: Tx, patientId: string) {
  return tx.rows.select().from(consentReceipts).where(eq(consentReceipts.patientId, patientId));
}

async function withdrawLatest(
  tx: Tx,
  person: Person,
  purpose: Purpose,
  { by, way, consultId }: { by: { id: string; name: string }; way: Way; consultId: string | null }
): Promise<void> {
  const [latest] = await tx.rows
    .select({ id: consentReceipts.id })
    .from(consentReceipts)
    .where(
      and(
        eq(consentReceipts.patientId, person.patientId),
        eq(consentReceipts.personId, person.personId),
        eq(consentReceipts.purpose, purpose),
        person.personKind === 'member' && consultId ? eq(consentReceipts.consultId, consultId) : undefined
      )
    )
    .orderBy(desc(consentReceipts.number))
    .limit(1);
  await tx.rows
    .update(consentReceipts)
    .set({ withdrawnAt: tx.now, withdrawnWay: way, withdrawnById: by.id, withdrawnByName: by.name })
    .where(and(eq(consentReceipts.id, latest!.id), isNull(consentReceipts.withdrawnAt)));
}

function wayOf({ actor }: Tx, person: Person): Way {
  if (actor.kind === 'member') return person.personKind === 'member' ? 'room' : 'clinic';
  return actor.kind === 'patient-link' && actor.delegate && person.personKind === 'patient'
    ? 'delegate'
    : 'link';
}

function told(tx: Tx, action: string, person: Person, purpose: Purpose, consultId: string | null) {
  return tx.audit({
    action,
    subject: { type: person.personKind, id: person.personId },
    patientId: person.patientId,
    consultId,
    organisationId: person.organisationId,
    detail: { purpose, version: currentVersions[purpose] }
  });
}

interface PatientFacts {
  id: string;
  organisationId: string;
  name: string;
}

async function patientFor(tx: Tx, patientId: string): Promise<PatientFacts> {
  const { actor } = tx;
  if (actor.kind === 'patient-link') {
    const own = { id: patientId, organisationId: actor.organisationId, name: actor.name };
    if (!mayReadConsents(actor, own)) throw fail('forbidden');
    return own;
  }
  const [patient] = await tx.rows.select().from(patients).where(eq(patients.id, patientId));
  if (!patient || patient.organisationId !== actor.organisationId) throw fail('not_found');
  if (!mayReadConsents(actor, patient)) throw fail('forbidden');
  return patient;
}

async function viewOf(tx: Tx, patient: PatientFacts): Promise<ConsentView> {
  const { actor } = tx;
  const rows = await tx.rows
    .select()
    .from(consentReceipts)
    .where(
      and(
        eq(consentReceipts.patientId, patient.id),
        inArray(consentReceipts.personKind, ['patient', 'delegate'])
      )
    )
    .orderBy(desc(consentReceipts.number));
  const visitor = actor.kind === 'patient-link';
  // A delegate sees their own answers; the patient's only where they speak for them.
  const mine = visitor
    ? rows.filter((row) => mayAnswerFor(actor, row) || (!actor.delegate && row.personKind === 'delegate'))
    : rows;
  const delegates = visitor
    ? []
    : await tx.rows
        .select({ id: patientDelegates.id, name: patientDelegates.name })
        .from(patientDelegates)
        .where(and(eq(patientDelegates.patientId, patient.id), isNull(patientDelegates.endedAt)));
  const people: { kind: PersonKind; id: string; name: string }[] = visitor
    ? [
        actor.delegate
          ? { kind: 'delegate', id: actor.delegate.id, name: actor.name }
          : { kind: 'patient', id: patient.id, name: patient.name }
      ]
    : [
        { kind: 'patient', id: patient.id, name: patient.name },
        ...delegates.map((one) => ({ kind: 'delegate' as const, ...one }))
      ];
  return {
    people: people.map((one) => ({ ...one, states: statesIn(rows, one.id) })),
    receipts: mine.map(receiptView),
    mayRecord:
      actor.kind === 'member' &&
      mayAnswerFor(actor, {
        organisationId: patient.organisationId,
        patientId: patient.id,
        personKind: 'patient',
        personId: patient.id
      })
  };
}

function receiptView(row: typeof consentReceipts.$inferSelect): ReceiptView {
  const { id, number, purpose, personKind, personId, personName, answer, version, textHash, locale } = row;
  const { way, byName, at, withdrawnAt, withdrawnByName } = row;
  return {
    id,
    number,
    purpose,
    personKind,
    personId,
    personName,
    answer,
    version,
    textHash,
    locale,
    way,
    byName,
    at,
    withdrawnAt,
    withdrawnByName
  };
}
