import type { Actor } from '#lib/kernel/actor.ts';
import type { PersonKind } from './consent.ts';

/** Whom an answer is about. */
export interface Subject {
  organisationId: string;
  patientId: string;
  personKind: PersonKind;
  personId: string;
}

/**
 * [CS-3] Who may answer for whom: everyone for themselves; a guardian or a minor's parent for the patient; staff of
 * the patient's organisation write down what a patient or delegate said at the clinic. Nobody answers for a colleague.
 */
export function mayAnswerFor(actor: Actor, subject: Subject): boolean {
  switch (actor.kind) {
    case 'patient-link':
      if (actor.organisationId !== subject.organisationId || actor.patientId !== subject.patientId)
        return false;
      if (subject.personKind === 'delegate') return actor.delegate?.id === subject.personId;
      if (subject.personKind === 'patient')
        return subject.personId === actor.patientId && (!actor.delegate || actor.delegate.speaksFor);
      return false;
    case 'member':
      if (subject.personKind === 'member') return subject.personId === actor.userId;
      return actor.organisationId === subject.organisationId && actor.role !== 'expert';
    case 'system':
      return false;
  }
}

/** [CS-7] Who reads a patient's receipts: the patient, who speaks for them, and staff of their organisation. */
export function mayReadConsents(actor: Actor, patient: { id: string; organisationId: string }): boolean {
  if (actor.organisationId !== patient.organisationId) return false;
  if (actor.kind === 'patient-link') return actor.patientId === patient.id;
  return actor.kind === 'member';
}
