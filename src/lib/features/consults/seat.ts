import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';

/** What somebody in a room is to its consult. */
export const seatRoles = ['requester', 'expert', 'guest', 'member', 'patient', 'delegate'] as const;
export type SeatRole = (typeof seatRoles)[number];

/** The media server's names for people in a room; they say nothing of the person. */
export const staffIdentity = (userId: string): string => `m:${userId}`;
export const inviteIdentity = (inviteId: string): string => `p:${inviteId}`;

export function identityOf(actor: MemberActor | PatientLinkActor): string {
  return actor.kind === 'member' ? staffIdentity(actor.userId) : inviteIdentity(actor.inviteId);
}

/** Whose of the staff it is; null: somebody of the patient's side. */
export function staffOf(identity: string): string | null {
  return identity.startsWith('m:') ? identity.slice(2) : null;
}
