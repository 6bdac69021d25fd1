import type { Actor, MemberActor } from '#lib/kernel/actor.ts';
import { holds, right } from '#lib/kernel/rights.ts';

export const auditActs = {
  readers: right('patient:readers', {
    usual: ['owner', 'dentist', 'nurse'],
    most: ['owner', 'dentist', 'expert', 'nurse', 'receptionist']
  })
};

/** [AU-11] The organisation's whole trail: its owners. */
export function mayReadTrail(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && actor.role === 'owner';
}

/**
 * [AU-12] Who opened one patient's record: the patient through their link, for their own record; of the staff
 * those who treat and the owner, for patients of their own organisation.
 */
export function mayReadReaders(actor: Actor, patient: { id: string; organisationId: string }): boolean {
  if (actor.organisationId !== patient.organisationId) return false;
  // A daughter who helps with the phone reads the visit, not who reads her mother's record.
  if (actor.kind === 'patient-link')
    return actor.patientId === patient.id && (!actor.delegate || actor.delegate.speaksFor);
  return actor.kind === 'member' && holds(actor, auditActs.readers);
}
