import type { PatientLinkActor } from '#lib/kernel/actor.ts';

/** Whom the person behind a link answers for. */
export interface VisitPerson {
  organisationId: string;
  patientId: string;
  personKind: 'patient' | 'delegate';
  personId: string;
}

/**
 * [CN-24] The people who are seen through a link: the patient; or the delegate, and with who speaks for the patient
 * the patient too (a child beside its mother).
 */
export function peopleOf(actor: PatientLinkActor): VisitPerson[] {
  const { organisationId, patientId, delegate } = actor;
  const patient = { organisationId, patientId, personKind: 'patient' as const, personId: patientId };
  if (!delegate) return [patient];
  const own = { organisationId, patientId, personKind: 'delegate' as const, personId: delegate.id };
  return delegate.speaksFor ? [patient, own] : [own];
}
