import { and, eq } from 'drizzle-orm';
import type { PatientLinkActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { statesOf } from '#lib/features/consent/answer.server.ts';
import { allows } from '#lib/features/consent/consent.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { consultSeats } from './tables.server.ts';
import type { RoomConsent } from './views.ts';
import { peopleOf } from './visit-people.ts';

/** The patient first, then who is there. */
export async function roomConsents(
  tx: Tx,
  consult: { id: string; patientId: string }
): Promise<RoomConsent[]> {
  const there = await tx.rows
    .select()
    .from(consultSeats)
    .where(and(eq(consultSeats.consultId, consult.id), eq(consultSeats.state, 'in-room')));
  const [patient] = await tx.rows
    .select({ name: patients.name })
    .from(patients)
    .where(eq(patients.id, consult.patientId));
  const people: Omit<RoomConsent, 'states'>[] = [
    { personId: consult.patientId, kind: 'patient', name: patient?.name ?? '', relation: null },
    ...there.flatMap((seat): Omit<RoomConsent, 'states'>[] => {
      if (seat.role === 'patient') return [];
      const { name, relation, delegateId } = seat;
      return delegateId
        ? [{ personId: delegateId, kind: 'delegate', name, relation }]
        : [{ personId: seat.identity.slice(2), kind: 'member', name, relation: null }];
    })
  ];
  const states = await statesOf(
    tx,
    consult.patientId,
    people.map(({ personId }) => personId),
    { consultId: consult.id }
  );
  return people.map((one) => ({ ...one, states: states.get(one.personId)! }));
}

/**
 * [CN-24] Nobody of the patient's side is seen who has not agreed to be seen by video, or whose delegation does not
 * go so far. @throws AppError `consent_missing`, `delegate_not_allowed`
 */
export async function mayBeSeen(tx: Tx, actor: PatientLinkActor): Promise<void> {
  if (actor.delegate && !actor.delegate.scopes.includes('join')) throw fail('delegate_not_allowed');
  const people = peopleOf(actor).map(({ personId }) => personId);
  const states = await statesOf(tx, actor.patientId, people);
  if (people.some((id) => !allows(states.get(id)!.video))) throw fail('consent_missing');
}
