import type { Actor, MemberActor } from '#lib/kernel/actor.ts';

/** [ID-15] Invite, give roles and places, unlock, end memberships. */
export function mayManageMembers(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && actor.role === 'owner';
}

/** [ID-34] Add, rename, close clinics and departments. */
export function mayShapeOrganisation(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && actor.role === 'owner';
}
