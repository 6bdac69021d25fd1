import type { Actor, MemberActor } from '#lib/kernel/actor.ts';
import { holds, right } from '#lib/kernel/rights.ts';

/** The owner keeps what a patient can ask for by law, whatever is changed. */
export const patientRightActs = {
  request: right('rights:request', {
    usual: ['owner', 'dentist', 'nurse', 'receptionist'],
    least: ['owner']
  }),
  decide: right('rights:decide', { usual: ['owner', 'dentist'], least: ['owner'] }),
  export: right('rights:export', { usual: ['owner', 'dentist'], least: ['owner'] })
};

/** What one actor may do for the rights of a patient of `organisationId`. */
export interface PatientRights {
  /** See the page: requests, holds, how long the record must be kept. */
  read: boolean;
  /** Take the whole record away. */
  export: boolean;
  /** Write down what the patient wants corrected or deleted. */
  request: boolean;
  /** Accept or refuse a correction. */
  decide: boolean;
  /** Set or lift a legal hold; say how long records are kept. */
  hold: boolean;
  /** Ask for a record to be erased, once its time is over. */
  erase: boolean;
  /** Approve that: a second person. */
  approve: boolean;
}

/** [RT-1] At home only: a grant opens parts of a record for a consult, never the record as a whole. */
export function rightsOf(actor: Actor, organisationId: string): PatientRights {
  const member = actor.kind === 'member' && actor.organisationId === organisationId ? actor : null;
  const may = (act: keyof typeof patientRightActs) => member !== null && holds(member, patientRightActs[act]);
  const owner = member?.role === 'owner';
  return {
    read: member !== null && member.role !== 'expert',
    export: may('export'),
    request: may('request'),
    decide: may('decide'),
    hold: owner,
    erase: owner || member?.role === 'dentist',
    approve: owner
  };
}

/** [RT-15] Approve an erasure: an owner who did not ask for it. */
export function mayApproveErasure(
  actor: Actor,
  erasure: { organisationId: string; askedById: string }
): actor is MemberActor {
  return (
    actor.kind === 'member' &&
    rightsOf(actor, erasure.organisationId).approve &&
    actor.userId !== erasure.askedById
  );
}

/** [RT-15] Take an erasure back before it is approved: who asked, or an owner. */
export function mayWithdrawErasure(
  actor: Actor,
  erasure: { organisationId: string; askedById: string }
): actor is MemberActor {
  if (actor.kind !== 'member' || !rightsOf(actor, erasure.organisationId).erase) return false;
  return actor.role === 'owner' || actor.userId === erasure.askedById;
}

/** [RT-7] The patient of the link, or who speaks for them, for the record their consult belongs to. */
export function mayAskCorrection(actor: Actor, patient: { id: string; organisationId: string }): boolean {
  if (actor.kind === 'patient-link')
    return (
      actor.patientId === patient.id &&
      actor.organisationId === patient.organisationId &&
      (!actor.delegate || actor.delegate.speaksFor)
    );
  return rightsOf(actor, patient.organisationId).request;
}

/** [RT-14] The register of processing and where the data is: the organisation's owners. */
export function mayReadRegister(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && actor.role === 'owner';
}
