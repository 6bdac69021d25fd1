import type { Actor, MemberActor } from '#lib/kernel/actor.ts';
import { holds, right } from '#lib/kernel/rights.ts';

export const mailActs = {
  outbox: right('organisation:outbox', { usual: ['owner'], most: ['owner', 'nurse', 'receptionist'] })
};

/** Everyone reads their own news, nobody another's (the rows are also held by row-level security). */
export function mayReadNotifications(actor: Actor): actor is MemberActor {
  return actor.kind === 'member';
}

/** What the site meant to send by mail: its owners. */
export function mayReadOutgoingMail(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && holds(actor, mailActs.outbox);
}
