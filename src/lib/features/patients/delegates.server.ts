import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Actor, MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { FieldCipher } from '#lib/kernel/ports.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, oneAtATime, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { delegatePhonePlace } from './contact.server.ts';
import { normalPhone } from './contact.ts';
import { speaksFor, type DelegateView } from './delegate.ts';
import type { DelegateInput } from './schema.ts';
import { patientDelegates, patients } from './tables.server.ts';

type Row = typeof patientDelegates.$inferSelect;

/** [PA-9] Who stands by a patient is stated and ended at the clinic, by the staff of the patient's organisation. */
export function mayKeepDelegates(actor: Actor, patient: { organisationId: string }): actor is MemberActor {
  return (
    actor.kind === 'member' && actor.role !== 'expert' && actor.organisationId === patient.organisationId
  );
}

/** Those who stand by a patient now, then those who did. @throws AppError `forbidden`, `not_found` */
export async function readDelegates(
  call: Call<'fields', MemberActor>,
  patientId: string
): Promise<DelegateView[]> {
  return inTransaction(call, async (tx) => {
    const patient = await ownPatient(tx, patientId);
    const rows = await tx.rows
      .select()
      .from(patientDelegates)
      .where(eq(patientDelegates.patientId, patientId))
      .orderBy(asc(patientDelegates.startsAt));
    await tx.audit({ action: 'delegate.list', subject: { type: 'patient', id: patientId }, patientId });
    const views = await Promise.all(rows.map((row) => delegateView(call.fields, row, patient, tx.now)));
    return views.sort((a, b) => Number(a.endedAt !== null) - Number(b.endedAt !== null));
  });
}

/** Who stands by this patient now, by id. @throws AppError `not_found` */
export async function delegateOf(tx: Tx, patientId: string, delegateId: string): Promise<{ name: string }> {
  const [delegate] = await tx.rows
    .select({ name: patientDelegates.name })
    .from(patientDelegates)
    .where(
      and(
        eq(patientDelegates.id, delegateId),
        eq(patientDelegates.patientId, patientId),
        isNull(patientDelegates.endedAt)
      )
    );
  if (!delegate) throw fail('not_found');
  return delegate;
}

/** State that somebody stands by a patient. @throws AppError `forbidden`, `not_found`, `invalid_input` */
export async function addDelegate(
  call: Call<'fields', MemberActor>,
  input: DelegateInput
): Promise<DelegateView> {
  return inTransaction(call, async (tx) => {
    const patient = await ownPatient(tx, input.patientId);
    // [PA-9] An interpreter is there to be understood, and knows no more than what is said.
    if (input.relation === 'interpreter' && input.scopes.includes('times'))
      throw fail('invalid_input', { field: 'scopes' });
    const { id = newId(tx.now.getTime()), phone, ...open } = input;
    const place = { id, organisationId: patient.organisationId };
    await oneAtATime(tx, `delegate:${id}`);
    const [made] = await tx.rows.select().from(patientDelegates).where(eq(patientDelegates.id, id));
    if (made) {
      if (made.patientId !== patient.id || made.name !== open.name) throw fail('conflict');
      return delegateView(call.fields, made, patient, tx.now);
    }
    const [row] = await tx.rows
      .insert(patientDelegates)
      .values({
        ...open,
        ...place,
        phone: await call.fields.seal(delegatePhonePlace(place), normalPhone(phone)),
        recordedById: call.actor.userId,
        recordedByName: call.actor.name,
        startsAt: tx.now
      })
      .returning();
    await tx.audit({
      action: 'delegate.add',
      subject: { type: 'delegate', id: place.id },
      patientId: input.patientId,
      detail: { relation: input.relation, scopes: input.scopes }
    });
    return delegateView(call.fields, row!, patient, tx.now);
  });
}

/** [PA-11] They no longer stand by the patient: links and seats end with it. @throws AppError `forbidden`, `not_found` */
export async function endDelegate(call: Call<never, MemberActor>, delegateId: string): Promise<void> {
  await inTransaction(call, async (tx) => {
    const [found] = await tx.rows.select().from(patientDelegates).where(eq(patientDelegates.id, delegateId));
    if (!found) throw fail('not_found');
    if (!mayKeepDelegates(call.actor, found)) throw fail('forbidden');
    const [ended] = await tx.rows
      .update(patientDelegates)
      .set({ endedAt: tx.now, endedById: call.actor.userId, endedByName: call.actor.name })
      .where(and(eq(patientDelegates.id, delegateId), isNull(patientDelegates.endedAt)))
      .returning({ id: patientDelegates.id });
    if (!ended) return;
    await tx.audit({
      action: 'delegate.end',
      subject: { type: 'delegate', id: delegateId },
      patientId: found.patientId
    });
  });
}

async function ownPatient(tx: Tx, patientId: string) {
  const [patient] = await tx.rows.select().from(patients).where(eq(patients.id, patientId));
  if (!patient || patient.organisationId !== tx.actor.organisationId) throw fail('not_found');
  if (!mayKeepDelegates(tx.actor, patient)) throw fail('forbidden');
  return patient;
}

async function delegateView(
  fields: FieldCipher,
  row: Row,
  patient: { birthDate: string },
  now: Date
): Promise<DelegateView> {
  const { id, name, relation, scopes, basis, recordedByName, startsAt, endedAt, endedByName } = row;
  return {
    id,
    name,
    relation,
    scopes,
    basis,
    recordedByName,
    startsAt,
    endedAt,
    endedByName,
    phoneEnd: (await fields.open(delegatePhonePlace(row), row.phone)).slice(-4),
    speaksFor: speaksFor(relation, patient.birthDate, now)
  };
}
