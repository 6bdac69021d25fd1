import { clinicsOf, type Actor } from '#lib/kernel/actor.ts';
import { holds, right } from '#lib/kernel/rights.ts';

export const appointmentActs = {
  book: right('appointment:book', {
    usual: ['owner', 'dentist', 'nurse', 'receptionist'],
    most: ['owner', 'dentist', 'expert', 'nurse', 'receptionist']
  })
};

/**
 * May `actor` see the book of `clinicId` (null: no clinic in particular, rows are filtered)? The tenant
 * itself is held by row-level security; here it is about the role and the clinic within it.
 */
export function mayReadAppointments(actor: Actor, clinicId: string | null): boolean {
  switch (actor.kind) {
    case 'system':
      return true;
    case 'patient-link':
      return false;
    case 'member':
      return clinicId === null || (clinicsOf(actor)?.includes(clinicId) ?? true);
  }
}

/** May `actor` book into and move within the book of `clinicId`? Experts look, they do not book. */
export function mayBookAppointments(actor: Actor, clinicId: string | null): boolean {
  if (!mayReadAppointments(actor, clinicId)) return false;
  return actor.kind === 'system' || (actor.kind === 'member' && holds(actor, appointmentActs.book));
}
