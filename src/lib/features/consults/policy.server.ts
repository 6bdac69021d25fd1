import type { Actor, MemberActor } from '#lib/kernel/actor.ts';
import { holds, right } from '#lib/kernel/rights.ts';
import type { ChatAudience } from './chat.ts';
import type { ConsultStatus } from './consult.ts';

export const consultActs = {
  ask: right('consult:ask', { usual: ['owner', 'dentist'] }),
  comment: right('consult:comments', { usual: ['owner', 'dentist', 'expert', 'nurse'] }),
  decide: right('consult:decide', { usual: ['owner', 'dentist'] }),
  waiting: right('consult:waiting', { usual: ['owner', 'dentist', 'nurse'] }),
  deleteRecording: right('consult:delete-recording', { usual: ['owner', 'dentist'] }),
  // Only who practises as an expert, and only with a credential in force [ID-20]: no data makes anybody else one.
  answer: right('consult:answer', { usual: ['expert'] }),
  sign: right('consult:sign', { usual: ['expert'] })
};

/** What the rules need of a consult. */
export interface ConsultFacts {
  organisationId: string;
  status: ConsultStatus;
  requesterId: string;
  specialty: string;
  expertOrganisationId: string;
  askedExpertId: string | null;
  expertId: string | null;
  /** [CN-70] Of an actor who was invited besides, as read with the consult: their invitation, where it stands. */
  guest?: { userId: string; guestOrganisationId: string } | null;
}

export type Side = 'requester' | 'expert' | 'guest' | 'patient';

/** [CN-2] Which side of a consult an actor stands on; null: none, and the consult is not found for them. */
export function sideOf(actor: Actor, consult: ConsultFacts): Side | null {
  if (actor.kind === 'patient-link') return 'patient';
  if (actor.kind === 'system') return null;
  // Named or accepted first: in a chain, the expert may sit in the same organisation as the one who asks.
  if (isItsExpert(actor, consult)) return 'expert';
  if (actor.organisationId === consult.organisationId && actor.role !== 'receptionist') return 'requester';
  return isGuest(actor, consult) ? 'guest' : null;
}

/** [CN-70] Invited by name, in an open consult, as an expert of an organisation other than the asking one. */
function isGuest(actor: MemberActor, { guest, organisationId, status }: ConsultFacts): boolean {
  return (
    guest != null &&
    status === 'accepted' &&
    actor.role === 'expert' &&
    actor.organisationId !== organisationId &&
    actor.organisationId === guest.guestOrganisationId &&
    actor.userId === guest.userId
  );
}

function isItsExpert(actor: MemberActor, consult: ConsultFacts): boolean {
  if (actor.role !== 'expert' || actor.organisationId !== consult.expertOrganisationId) return false;
  if (consult.expertId) return consult.expertId === actor.userId;
  if (consult.askedExpertId) return consult.askedExpertId === actor.userId;
  return actor.specialty === consult.specialty;
}

/** Who may put a question about a patient of their own organisation. */
export function mayAsk(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && holds(actor, consultActs.ask);
}

/** Accept, decline, ask for more: an asked expert. */
export function mayAnswer(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return actor.kind === 'member' && sideOf(actor, consult) === 'expert' && holds(actor, consultActs.answer);
}

/** Propose, write and sign an opinion: only the expert who accepted, while the consult is open. */
export function mayAdvise(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return (
    actor.kind === 'member' &&
    consult.status === 'accepted' &&
    consult.expertId === actor.userId &&
    holds(actor, consultActs.sign)
  );
}

/** [CN-5] Accept or reject proposals, book, let a patient in, close: a treating dentist of the asking side. */
export function mayDecide(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return (
    actor.kind === 'member' && sideOf(actor, consult) === 'requester' && holds(actor, consultActs.decide)
  );
}

/** [CN-31] [CN-33] See who waits, be rung for them, write to their page: the asking side, receptionists excepted. */
export function mayKeepWaiting(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return (
    actor.kind === 'member' && sideOf(actor, consult) === 'requester' && holds(actor, consultActs.waiting)
  );
}

/** [CN-6] [CN-34] Let a patient in, ask them to wait on: who decides, and the expert. */
export function mayAdmit(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return actor.kind === 'member' && (consult.expertId === actor.userId || mayDecide(actor, consult));
}

/** [CN-19] Change what is open to the expert, and until when: a treating dentist, until the consult has ended. */
export function mayChangeGrant(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return mayDecide(actor, consult) && ['requested', 'more-asked', 'accepted'].includes(consult.status);
}

/** [CN-70] Invite a further specialist, take that back: who decides, while the room is open. */
export function mayInviteGuests(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return mayDecide(actor, consult) && consult.status === 'accepted';
}

/** [CN-71] Decline the invitation, or leave again: whose it is. */
export function mayLeave(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return actor.kind === 'member' && sideOf(actor, consult) === 'guest';
}

/** [CN-72] See what is proposed for the record, and the opinion: the two sides. */
export function mayReadOpinions(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  const side = sideOf(actor, consult);
  return side === 'requester' || side === 'expert';
}

/** [CN-19] How long a grant lasts where nobody ends it: the owner. */
export function mayChangeGrantDays(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && actor.role === 'owner';
}

/** [CN-12] Read what is said at the board's pins: staff in it, never a patient, not even that there is something. */
export function mayReadComments(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  const side = sideOf(actor, consult);
  return side !== null && side !== 'patient';
}

/** [CN-12] Say something at a pin, set its thread to done: whoever reads it, while the consult is open. */
export function mayComment(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return (
    mayReadComments(actor, consult) && consult.status === 'accepted' && holds(actor, consultActs.comment)
  );
}

/** [CN-12] Change or delete what was said: who said it. */
export function mayChangeComment(
  actor: Actor,
  consult: ConsultFacts,
  comment: { authorId: string; step: string; deletedAt: Date | null }
): boolean {
  return (
    mayComment(actor, consult) &&
    comment.authorId === actor.userId &&
    comment.step === 'comment' &&
    comment.deletedAt === null
  );
}

/**
 * [CN-21] Open a record of another organisation again after the grant has ended: the expert who accepted, and nobody
 * else.
 */
export function mayBreakGlass(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return (
    actor.kind === 'member' &&
    sideOf(actor, consult) === 'expert' &&
    consult.expertId === actor.userId &&
    actor.organisationId !== consult.organisationId &&
    (consult.status === 'accepted' || consult.status === 'closed')
  );
}

/** [CN-21] Judge whether it was right: the owner of the record's organisation. */
export function mayReviewGlass(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && actor.role === 'owner';
}

/** [CN-63] Read how calls went, in figures: the owner. */
export function mayReadCallQuality(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && actor.role === 'owner';
}

/**
 * [CN-40] Write in the consult's chat: staff of both sides until it has ended, to the patient's page while the room is
 * open; who was invited to the team alone; the patient's side while the room is open, to all.
 */
export function mayChat(actor: Actor, consult: ConsultFacts, audience: ChatAudience): boolean {
  const side = sideOf(actor, consult);
  if (side === null) return false;
  if (side === 'guest') return audience === 'team' && consult.status === 'accepted';
  if (side === 'patient' || audience === 'all') return audience === 'all' && consult.status === 'accepted';
  return consult.status !== 'closed';
}

/** [CN-42] [CN-43] Mute, show out, lock, end the call for all: who may let people in. */
export function mayModerate(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return consult.status === 'accepted' && mayAdmit(actor, consult);
}

/** [RC-1] Record the room, pause and end that: who may let people in, while it is open. */
export function mayRecordRoom(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return mayModerate(actor, consult);
}

/** [RC-8] Play a recording, take it away: staff who read the consult; the expert while it is open. */
export function mayPlayRecording(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  const side = sideOf(actor, consult);
  return side === 'requester' || (side === 'expert' && consult.status === 'accepted');
}

/** [RC-14] Delete one recording for good, of those who decide: the dentist who asked, and the owner. */
export function mayDeleteRecording(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return (
    mayDecide(actor, consult) &&
    (actor.role === 'owner' || actor.userId === consult.requesterId) &&
    holds(actor, consultActs.deleteRecording)
  );
}

/** What someone may do on the board. */
export function boardMode(actor: Actor, consult: ConsultFacts): 'write' | 'read' | null {
  const side = sideOf(actor, consult);
  if (side === null) return null;
  if (side === 'patient') return consult.status === 'accepted' ? 'read' : null;
  if (consult.status === 'accepted') return 'write';
  // [CN-4] Once closed, the expert's grant has ended: the asking side alone can still read the board.
  return consult.status === 'closed' && side === 'requester' ? 'read' : null;
}

/** [CN-28] Take a picture or figures of a board out of the app: staff of the two sides who can open it. */
export function mayExportBoard(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return mayReplayBoard(actor, consult);
}

/** [CN-47] See how the board came to be, erased things included: staff of the two sides who can open it. */
export function mayReplayBoard(actor: Actor, consult: ConsultFacts): actor is MemberActor {
  return actor.kind === 'member' && sideOf(actor, consult) !== 'guest' && boardMode(actor, consult) !== null;
}
