/** Who acts. Built once at the edge from a checked session, then passed on; never from input. */
export type Actor = MemberActor | PatientLinkActor | SystemActor;

export const memberRoles = ['owner', 'dentist', 'expert', 'nurse', 'receptionist'] as const;
export type MemberRole = (typeof memberRoles)[number];

/** A signed-in person in one of their organisations. */
export interface MemberActor {
  kind: 'member';
  userId: string;
  memberId: string;
  organisationId: string;
  /** Where they work; null: at headquarters. */
  clinicId: string | null;
  /** Clinics they were given to see, null: all. Left out: their own, or all where they have none. */
  clinicIds?: readonly string[] | null;
  role: MemberRole;
  /** What the organisation changed of what the role may do, by a right's name; see kernel/rights.ts. */
  rights?: Readonly<Record<string, boolean>>;
  /** Of an expert: whose questions they may take. */
  specialty?: string | null;
  name: string;
  sessionId: string;
}

/** A patient, or who stands by them, who has shown the second thing known. Reaches one consult only. */
export interface PatientLinkActor {
  kind: 'patient-link';
  inviteId: string;
  consultId: string;
  patientId: string;
  organisationId: string;
  name: string;
  /** Where it is not the patient's own link. */
  delegate?: DelegateOf | null;
}

/** Who stands by a patient, as stated at the clinic. */
export interface DelegateOf {
  id: string;
  /** See features/patients/delegate.ts. */
  relation: string;
  scopes: readonly string[];
  /** Answers in the patient's place: a guardian, or the parent of a minor. */
  speaksFor: boolean;
}

/** The server itself: demo data, jobs, webhooks. `reason` lands in the audit trail. */
export interface SystemActor {
  kind: 'system';
  organisationId: string;
  reason: string;
}

/** [TE-5] The clinics an actor sees within its organisation; null: all. */
export function clinicsOf(actor: Actor): readonly string[] | null {
  if (actor.kind !== 'member') return null;
  if (actor.clinicIds !== undefined) return actor.clinicIds;
  return actor.clinicId === null ? null : [actor.clinicId];
}

/** The identifier that stands in audit and logs for who acted. */
export function actorId(actor: Actor): string {
  switch (actor.kind) {
    case 'member':
      return actor.userId;
    case 'patient-link':
      return actor.inviteId;
    case 'system':
      return 'system';
  }
}

/** Where a call came from; goes into audit and logs. */
export interface RequestInfo {
  id: string;
  ip: string;
}
