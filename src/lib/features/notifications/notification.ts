/** News about a consult that people are told of. The topics of the outbox have the same names. */
export const notificationKinds = [
  'consult.requested',
  'consult.accepted',
  'consult.declined',
  'consult.cancelled',
  'consult.more-asked',
  'consult.answered',
  'consult.signed',
  'consult.closed',
  'patient.waiting',
  'patient.asked',
  'visit.moved',
  'proposal.made',
  'comment.mentioned',
  'room.called',
  'grant.changed',
  'grant.ended',
  'guest.invited',
  'guest.ended',
  'guest.left'
] as const;
export type NotificationKind = (typeof notificationKinds)[number];

/** News about the organisation itself; a job of its own writes them. */
export const organisationKinds = [
  'credential.ending',
  'record.glass-broken',
  'correction.asked',
  'correction.accepted',
  'correction.refused',
  'erasure.asked'
] as const;
export type OrganisationKind = (typeof organisationKinds)[number];

export function isNotificationKind(kind: string): kind is NotificationKind | OrganisationKind {
  return [...notificationKinds, ...organisationKinds].some((known) => known === kind);
}

/** What the words of a notification are made of. */
export interface NotificationData {
  /** The consult's number. */
  number?: string;
  /** Who asks, and from where. */
  requester?: string;
  requesterOrganisation?: string;
  /** Who answers. */
  expert?: string;
  /** Whose act it was, where the kind alone does not say. */
  by?: string;
  urgency?: string;
  /** Whose credential, and its last day. */
  person?: string;
  until?: string;
  /** Where it leads to, where no consult does. */
  path?: string;
}

/** What a bell shows. */
export interface NotificationView {
  id: string;
  kind: string;
  title: string;
  body: string;
  href: string | null;
  /** ISO instant. */
  at: string;
  read: boolean;
}

/**
 * Where a notification leads. While the patient waits, and to what is said on the board, straight into the room; else
 * to the consult.
 */
export function hrefOf(kind: string, consultId: string | null): string | null {
  // [CN-71] What they were invited to is no longer theirs to see.
  if (!consultId || kind === 'guest.ended') return null;
  return kind === 'patient.waiting' || kind === 'comment.mentioned' || kind === 'room.called'
    ? `/room/${consultId}`
    : `/consults/${consultId}`;
}

/** Kinds worth a mail: something waits for the person, or their question is answered. */
export function isMailed(kind: NotificationKind): boolean {
  switch (kind) {
    case 'consult.requested':
    case 'consult.accepted':
    case 'consult.declined':
    case 'consult.cancelled':
    case 'consult.more-asked':
    case 'consult.answered':
    case 'consult.signed':
    case 'guest.invited':
    case 'patient.waiting':
    case 'patient.asked':
    case 'visit.moved':
      return true;
    case 'consult.closed':
    case 'proposal.made':
    case 'comment.mentioned':
    case 'room.called':
    case 'grant.changed':
    case 'grant.ended':
    case 'guest.ended':
    case 'guest.left':
      return false;
  }
}

/** `kept`: no mail server is configured. `dropped`: no longer needed when its turn came. */
export const outgoingMailStatuses = ['waiting', 'sent', 'kept', 'dropped', 'failed'] as const;
export type OutgoingMailStatus = (typeof outgoingMailStatuses)[number];

/** One mail on the outbox page. */
export interface OutgoingMailView {
  id: string;
  at: string;
  recipient: string;
  subject: string;
  text: string;
  status: OutgoingMailStatus;
  sentAt: string | null;
}
