import { sql } from 'drizzle-orm';
import { foreignKey, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { relations } from '#lib/features/patients/delegate.ts';
import { patientDelegates, patients } from '#lib/features/patients/tables.server.ts';
import { chatAudiences, chatFileTypes, type ChatLink } from './chat.ts';
import { threadSteps } from './comment.ts';
import type { SignedContent } from './opinion.ts';
import { seatRoles } from './seat.ts';
import { callOutcomes, type CallTry } from './call-request.ts';
import { visitRequestKinds } from './visit.ts';
import { learnTopics, visitMessageKinds } from './waiting.ts';
import {
  consultModes,
  consultStatuses,
  grantKinds,
  grantPurposes,
  specialties,
  urgencies
} from './consult.ts';
import { glassCategories } from './break-glass.ts';

/** A question to an expert. Belongs to the organisation that asks; the expert's reaches it by grant. */
export const consults = pgTable(
  'consult',
  {
    ...tenantColumns(),
    number: text('number').notNull(),
    patientId: uuid('patient_id').notNull(),
    status: text('status', { enum: consultStatuses }).notNull(),
    mode: text('mode', { enum: consultModes }).notNull(),
    urgency: text('urgency', { enum: urgencies }).notNull(),
    answerBy: instant('answer_by').notNull(),
    slotAt: instant('slot_at'),
    specialty: text('specialty', { enum: specialties }).notNull(),
    teeth: text('teeth').array().notNull(),
    question: text('question').notNull(),
    requesterId: uuid('requester_id').notNull(),
    requesterName: text('requester_name').notNull(),
    requesterOrganisationName: text('requester_organisation_name').notNull(),
    expertOrganisationId: uuid('expert_organisation_id').notNull(),
    expertOrganisationName: text('expert_organisation_name').notNull(),
    /** Asked by name; null: any expert of the specialty there. */
    askedExpertId: uuid('asked_expert_id'),
    /** Who accepted; from then on only they of their organisation see it. */
    expertId: uuid('expert_id'),
    expertName: text('expert_name'),
    expertTitle: text('expert_title'),
    declineReason: text('decline_reason'),
    acceptedAt: instant('accepted_at'),
    closedAt: instant('closed_at'),
    closedById: uuid('closed_by_id'),
    /** [CN-43] Nobody new comes into the call. */
    callLockedAt: instant('call_locked_at'),
    callLockedByName: text('call_locked_by_name'),
    /** [CN-26] What is said is written down for everybody to read, since then. */
    captionsAt: instant('captions_at'),
    captionsByName: text('captions_by_name'),
    /** [CN-17] What the patient reads on their page once it is over; written by the asking side. */
    patientSummary: text('patient_summary').notNull().default('')
  },
  (t) => [
    unique('consult_tenant').on(t.organisationId, t.id),
    unique('consult_number').on(t.organisationId, t.number),
    index('consult_patient').on(t.organisationId, t.patientId),
    index('consult_expert').on(t.expertOrganisationId, t.status),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);

const consultKey = (t: { organisationId: never; consultId: never }) =>
  foreignKey({
    columns: [t.organisationId, t.consultId],
    foreignColumns: [consults.organisationId, consults.id]
  });

/** Columns of everything that hangs on a consult. */
const consultColumns = () => ({ ...tenantColumns(), consultId: uuid('consult_id').notNull() });

/** One thing opened to another organisation: the only way data crosses. */
export const consultGrantItems = pgTable(
  'consult_grant_item',
  {
    ...consultColumns(),
    patientId: uuid('patient_id').notNull(),
    granteeOrganisationId: uuid('grantee_organisation_id').notNull(),
    /** Null while any expert of the specialty may answer; set when one accepts. */
    granteeUserId: uuid('grantee_user_id'),
    /** [CN-70] Of whose invitation it is; null: the grant of the expert who was asked. */
    guestId: uuid('guest_id'),
    granteeSpecialty: text('grantee_specialty', { enum: specialties }).notNull(),
    /** `consult` opens the consult's own rows (messages, board, proposals). */
    kind: text('kind', { enum: ['consult', ...grantKinds] }).notNull(),
    itemId: uuid('item_id'),
    purpose: text('purpose', { enum: grantPurposes }).notNull(),
    /** Why it was opened; null: for the consult's question. */
    reason: text('reason'),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    revokedAt: instant('revoked_at'),
    /** Who took it back; null: it ended with its consult. */
    revokedById: uuid('revoked_by_id'),
    revokedByName: text('revoked_by_name')
  },
  (t) => [
    index('grant_grantee').on(t.granteeOrganisationId, t.kind, t.patientId),
    index('grant_end')
      .on(t.endsAt)
      .where(sql`revoked_at is null`),
    index('grant_consult').on(t.organisationId, t.consultId),
    consultKey(t as never)
  ]
);

/**
 * A record opened again after its grant had ended, for an hour, by the expert who once had it. Belongs to the
 * patient's organisation, whose owner judges it. A trigger copies what the grant had opened, to be read only.
 */
export const breakGlassAccesses = pgTable(
  'break_glass_access',
  {
    ...consultColumns(),
    patientId: uuid('patient_id').notNull(),
    userId: uuid('user_id').notNull(),
    userName: text('user_name').notNull(),
    userOrganisationId: uuid('user_organisation_id').notNull(),
    userOrganisationName: text('user_organisation_name').notNull(),
    category: text('category', { enum: glassCategories }).notNull(),
    reason: text('reason').notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    /** Null: nobody has judged it yet. */
    verdict: text('verdict', { enum: ['justified', 'not-justified'] }),
    reviewComment: text('review_comment'),
    reviewedById: uuid('reviewed_by_id'),
    reviewedByName: text('reviewed_by_name'),
    reviewedAt: instant('reviewed_at')
  },
  (t) => [index('break_glass_queue').on(t.organisationId, t.reviewedAt, t.startsAt), consultKey(t as never)]
);

/** What is said in writing, before and during the meeting; kept with the consult. */
export const consultMessages = pgTable(
  'consult_message',
  {
    ...consultColumns(),
    kind: text('kind', { enum: ['ask-more', 'answer-more', 'chat'] }).notNull(),
    text: text('text').notNull(),
    /** [CN-40] Row-level security shows the patient's side what is for `all`, and lets it write that alone. */
    audience: text('audience', { enum: chatAudiences }).notNull().default('team'),
    /** `visitor`: somebody of the patient's side; `authorId` is then their link. */
    authorKind: text('author_kind', { enum: ['member', 'visitor'] })
      .notNull()
      .default('member'),
    authorId: uuid('author_id').notNull(),
    authorName: text('author_name').notNull(),
    authorOrganisationId: uuid('author_organisation_id').notNull(),
    /** Things of the record that are meant; ids only, so that each reader sees what they may. */
    links: jsonb('links').$type<ChatLink[]>().notNull().default([]),
    fileSha256: text('file_sha256'),
    fileName: text('file_name'),
    fileSize: integer('file_size'),
    fileType: text('file_type', { enum: chatFileTypes }),
    /** What the scanner said; null: none is configured. */
    fileScan: text('file_scan', { enum: ['clean', 'not-scanned'] }),
    at: instant('at').notNull()
  },
  (t) => [index('consult_message_consult').on(t.organisationId, t.consultId, t.at), consultKey(t as never)]
);

/**
 * What is said at a pin of the board, step by step. The board itself holds the pin's place only. Row-level security
 * lets nobody write a row in another's name, or change another's.
 */
export const pinComments = pgTable(
  'pin_comment',
  {
    ...consultColumns(),
    /** The pin's record on the board. It may be deleted there; what was said stays. */
    shapeId: text('shape_id').notNull(),
    pinNumber: integer('pin_number').notNull(),
    tooth: text('tooth').notNull().default(''),
    step: text('step', { enum: threadSteps }).notNull(),
    text: text('text').notNull().default(''),
    /** Users meant with `@name`. */
    mentions: uuid('mentions').array().notNull(),
    authorId: uuid('author_id').notNull(),
    authorName: text('author_name').notNull(),
    authorOrganisationId: uuid('author_organisation_id').notNull(),
    at: instant('at').notNull(),
    editedAt: instant('edited_at'),
    deletedAt: instant('deleted_at')
  },
  (t) => [
    unique('pin_comment_tenant').on(t.organisationId, t.id),
    index('pin_comment_consult').on(t.organisationId, t.consultId, t.at),
    consultKey(t as never)
  ]
);

/** What a comment said before it was changed or deleted. Only added to. */
export const pinCommentVersions = pgTable(
  'pin_comment_version',
  {
    ...consultColumns(),
    commentId: uuid('comment_id').notNull(),
    text: text('text').notNull(),
    replacedById: uuid('replaced_by_id').notNull(),
    replacedAt: instant('replaced_at').notNull()
  },
  (t) => [
    index('pin_comment_version_comment').on(t.organisationId, t.commentId),
    foreignKey({
      columns: [t.organisationId, t.commentId],
      foreignColumns: [pinComments.organisationId, pinComments.id]
    })
  ]
);

/** A change of the chart or a plan that the expert suggests; nothing of the record until accepted. */
export const proposals = pgTable(
  'proposal',
  {
    ...consultColumns(),
    patientId: uuid('patient_id').notNull(),
    kind: text('kind', { enum: ['finding', 'plan'] }).notNull(),
    content: jsonb('content').notNull(),
    proposedById: uuid('proposed_by_id').notNull(),
    proposedByName: text('proposed_by_name').notNull(),
    proposedByOrganisationId: uuid('proposed_by_organisation_id').notNull(),
    state: text('state', { enum: ['open', 'accepted', 'rejected', 'withdrawn'] }).notNull(),
    decidedById: uuid('decided_by_id'),
    decidedByName: text('decided_by_name'),
    decidedAt: instant('decided_at'),
    /** The finding or plan that acceptance made. */
    resultId: uuid('result_id')
  },
  (t) => [
    unique('proposal_tenant').on(t.organisationId, t.id),
    index('proposal_consult').on(t.organisationId, t.consultId),
    consultKey(t as never)
  ]
);

/** The expert's answer. A trigger refuses any change of a row that is signed. */
export const opinions = pgTable(
  'opinion',
  {
    ...consultColumns(),
    patientId: uuid('patient_id').notNull(),
    authorId: uuid('author_id').notNull(),
    authorName: text('author_name').notNull(),
    authorTitle: text('author_title').notNull(),
    authorOrganisationId: uuid('author_organisation_id').notNull(),
    authorOrganisationName: text('author_organisation_name').notNull(),
    diagnosis: text('diagnosis').notNull().default(''),
    text: text('text').notNull().default(''),
    advice: text('advice').notNull().default(''),
    updatedAt: instant('updated_at').notNull(),
    signedAt: instant('signed_at'),
    /** SHA-256 of the signed content in canonical JSON (opinion.ts), hex. */
    digest: text('digest'),
    /** What the digest was made from, so that anyone can make it again. */
    signedContent: jsonb('signed_content').$type<SignedContent>()
  },
  (t) => [unique('opinion_author').on(t.organisationId, t.consultId, t.authorId), consultKey(t as never)]
);

/** Files a consult leaves behind: the opinion as a PDF in each language, the board's last picture. */
export const consultDocuments = pgTable(
  'consult_document',
  {
    ...consultColumns(),
    kind: text('kind', { enum: ['opinion-pdf', 'board-png'] }).notNull(),
    locale: text('locale').notNull().default(''),
    fileSha256: text('file_sha256').notNull(),
    size: integer('size').notNull()
  },
  (t) => [
    unique('consult_document_once').on(t.organisationId, t.consultId, t.kind, t.locale),
    consultKey(t as never)
  ]
);

/**
 * A patient's door to one consult: a link (only its hash is kept) and the last four digits of the phone. Or that of
 * somebody who stands by the patient, with their own phone.
 */
export const consultInvites = pgTable(
  'consult_invite',
  {
    ...consultColumns(),
    patientId: uuid('patient_id').notNull(),
    /** Whose link it is, where not the patient's own. */
    delegateId: uuid('delegate_id'),
    tokenHash: text('token_hash').notNull().unique(),
    expiresAt: instant('expires_at').notNull(),
    failedTries: integer('failed_tries').notNull().default(0),
    revokedAt: instant('revoked_at'),
    createdById: uuid('created_by_id').notNull()
  },
  (t) => [
    index('consult_invite_consult').on(t.organisationId, t.consultId),
    foreignKey({
      columns: [t.organisationId, t.delegateId],
      foreignColumns: [patientDelegates.organisationId, patientDelegates.id]
    }),
    consultKey(t as never)
  ]
);

/** What a patient asked of the clinic from their page: another time, a call, a visit. A task until handled. */
export const visitRequests = pgTable(
  'visit_request',
  {
    ...consultColumns(),
    patientId: uuid('patient_id').notNull(),
    kind: text('kind', { enum: visitRequestKinds }).notNull(),
    text: text('text').notNull().default(''),
    /** Of who will be late: by so many. */
    minutes: integer('minutes'),
    inviteId: uuid('invite_id').notNull(),
    byName: text('by_name').notNull(),
    at: instant('at').notNull(),
    /** The patient took it back. */
    withdrawnAt: instant('withdrawn_at'),
    handledAt: instant('handled_at'),
    handledById: uuid('handled_by_id'),
    handledByName: text('handled_by_name'),
    /** [CN-37] Of who asked for a call: how it ended. */
    outcome: text('outcome', { enum: callOutcomes }),
    /** Calls that nobody answered. */
    tries: jsonb('tries').$type<CallTry[]>().notNull().default([])
  },
  (t) => [index('visit_request_consult').on(t.organisationId, t.consultId, t.at), consultKey(t as never)]
);

/** What the clinic says to the patient's page: one of the ready texts, a text to read, or what was typed. */
export const visitMessages = pgTable(
  'visit_message',
  {
    ...consultColumns(),
    patientId: uuid('patient_id').notNull(),
    kind: text('kind', { enum: visitMessageKinds }).notNull(),
    topic: text('topic', { enum: learnTopics }),
    text: text('text').notNull().default(''),
    authorId: uuid('author_id').notNull(),
    authorName: text('author_name').notNull(),
    at: instant('at').notNull()
  },
  (t) => [index('visit_message_consult').on(t.organisationId, t.consultId, t.at), consultKey(t as never)]
);

/** A browser that passed the door. */
export const visitSessions = pgTable(
  'visit_session',
  {
    ...consultColumns(),
    inviteId: uuid('invite_id').notNull(),
    tokenHash: text('token_hash').notNull().unique(),
    expiresAt: instant('expires_at').notNull()
  },
  (t) => [consultKey(t as never)]
);

/** Who sits in a room, as told by the media server and the waiting list. */
export const consultSeats = pgTable(
  'consult_seat',
  {
    ...consultColumns(),
    /** The media server's name for the person: `m:<user>` or `p:<invite>`. */
    identity: text('identity').notNull(),
    name: text('name').notNull(),
    role: text('role', { enum: seatRoles }).notNull(),
    /** Of a delegate: who, and what they are to the patient. */
    delegateId: uuid('delegate_id'),
    relation: text('relation', { enum: relations }),
    state: text('state', { enum: ['waiting', 'admitted', 'in-room', 'left'] }).notNull(),
    waitingSince: instant('waiting_since'),
    /** The waiting page was heard of last. */
    seenAt: instant('seen_at'),
    /** Asked to wait on, without losing the place. */
    heldAt: instant('held_at'),
    admittedById: uuid('admitted_by_id'),
    admittedAt: instant('admitted_at'),
    /** [CN-42] Shown out of the call by a host; null: not, or let in again. */
    removedAt: instant('removed_at'),
    removedByName: text('removed_by_name'),
    /** Who at the clinic was rung last, and when. */
    rungAt: instant('rung_at'),
    rungById: uuid('rung_by_id'),
    rungByName: text('rung_by_name'),
    /** Of staff: the session that took the seat and the membership it acted from; the seat ends with either. */
    sessionId: text('session_id'),
    memberId: uuid('member_id'),
    /** Time of the newest news applied, so that late or doubled webhooks change nothing. */
    changedAt: instant('changed_at').notNull(),
    /** When somebody came into the room and left it, as it was told; the first `maxSeatSteps` of them. */
    steps: jsonb('steps').$type<{ state: 'in-room' | 'left'; at: string }[]>().notNull().default([])
  },
  (t) => [unique('consult_seat_once').on(t.organisationId, t.consultId, t.identity), consultKey(t as never)]
);

/** What someone has typed in "Ask an expert" and not sent yet. */
export const consultDrafts = pgTable(
  'consult_draft',
  {
    ...tenantColumns(),
    userId: uuid('user_id').notNull(),
    patientId: uuid('patient_id').notNull(),
    content: jsonb('content').notNull(),
    updatedAt: instant('updated_at').notNull()
  },
  (t) => [
    unique('consult_draft_once').on(t.organisationId, t.userId, t.patientId),
    foreignKey({
      columns: [t.organisationId, t.patientId],
      foreignColumns: [patients.organisationId, patients.id]
    })
  ]
);

export { callStatistics } from './call-statistic-table.server.ts';
