import type { CaptionsSign } from './captions.ts';
import type { ChatMessageView } from './chat.ts';
import type { RoomPerson, ThreadView } from './comment.ts';
import type { ConsultMode, ConsultStatus, Specialty, Urgency } from './consult.ts';
import type { EncryptionView } from './encryption.ts';
import type { GrantView } from './grant.ts';
import type { ConsentState, PersonKind, Purpose } from '#lib/features/consent/consent.ts';
import type { Relation } from '#lib/features/patients/delegate.ts';
import type { RecordingView } from './recording.ts';
import type { VisitRequestKind } from './visit.ts';
import type { SeatRole } from './seat.ts';
import type { LearnTopic, VisitMessageKind } from './waiting.ts';
import type { FindingProposal, PlanProposal } from './schema.ts';

/** A line of the inbox. */
export interface ConsultSummary {
  id: string;
  number: string;
  side: 'requester' | 'expert' | 'guest';
  status: ConsultStatus;
  mode: ConsultMode;
  urgency: Urgency;
  answerBy: Date;
  slotAt: Date | null;
  specialty: Specialty;
  teeth: string[];
  question: string;
  createdAt: Date;
  patient: { id: string; name: string; sex: string; birthDate: string } | null;
  requesterName: string;
  requesterOrganisation: string;
  /** Who answers: the one who accepted, before that the one asked by name; null: any of the specialty. */
  expertName: string | null;
  expertOrganisation: string;
}

export interface ProposalView {
  id: string;
  state: 'open' | 'accepted' | 'rejected' | 'withdrawn';
  proposal: { kind: 'finding'; content: FindingProposal } | { kind: 'plan'; content: PlanProposal };
  byName: string;
  byId: string;
  at: Date;
  decidedByName: string | null;
  decidedAt: Date | null;
}

export interface OpinionView {
  diagnosis: string;
  text: string;
  advice: string;
  authorName: string;
  authorTitle: string;
  authorOrganisation: string;
  authorId: string;
  updatedAt: Date;
  signedAt: Date | null;
  digest: string | null;
}

export interface SeatView {
  identity: string;
  name: string;
  role: SeatRole;
  /** Of a delegate, to the patient. */
  relation: Relation | null;
  state: 'waiting' | 'admitted' | 'in-room' | 'left';
  waitingSince: Date | null;
  /** Asked to wait on. */
  heldAt: Date | null;
  /** The waiting page was heard of last. */
  seenAt: Date | null;
  /** Who was rung for them. */
  rungByName: string | null;
  /** Who showed them out of the call; null: nobody, or they were let in again. */
  removedByName: string | null;
  /** Coming into the room and leaving it, in order. */
  steps: { state: 'in-room' | 'left'; at: Date }[];
}

/** [CN-33] Somebody who waits, for the clinic's list. */
export interface WaitingView extends Omit<SeatView, 'role' | 'state' | 'steps' | 'removedByName'> {
  consultId: string;
  number: string;
  patientName: string;
  dentist: string;
  slotAt: Date | null;
  may: { admit: boolean; tell: boolean };
}

/** [CN-31] Something the clinic said to the patient's page. */
export interface VisitMessageView {
  id: string;
  kind: VisitMessageKind;
  topic: LearnTopic | null;
  text: string;
  authorName: string;
  at: Date;
}

/** A link of the patient's side, as the asking side sees it. The secret is in nobody's hands but theirs. */
export interface InviteView {
  id: string;
  delegateId: string | null;
  name: string;
  relation: Relation | null;
  expiresAt: Date;
  locked: boolean;
}

/** What somebody of the patient's side asked of the clinic and nobody has seen to yet. */
export interface VisitRequestView {
  id: string;
  kind: VisitRequestKind;
  text: string;
  /** Of who will be late. */
  minutes: number | null;
  byName: string;
  at: Date;
}

/** Where somebody of the room stands, for its staff. */
export interface RoomConsent {
  personId: string;
  kind: PersonKind;
  name: string;
  relation: Relation | null;
  states: Record<Purpose, ConsentState>;
}

/** [CN-70] A specialist who was invited besides the expert. */
export interface GuestView {
  id: string;
  userId: string;
  name: string;
  title: string;
  specialty: Specialty;
  organisation: string;
  /** What they are asked for; empty: the consult's question. */
  reason: string;
  invitedByName: string;
  /** The reader. */
  self: boolean;
  /** They left by themselves. */
  left: boolean;
  /** Of the asking side alone. */
  grant: GrantView | null;
}

/** A consult as one viewer may see it. */
export interface ConsultView extends ConsultSummary {
  /** By the server's clock, before the first row was read. */
  readAt: Date;
  requesterId: string;
  expertId: string | null;
  expertTitle: string | null;
  declineReason: string | null;
  acceptedAt: Date | null;
  closedAt: Date | null;
  may: {
    answer: boolean;
    advise: boolean;
    decide: boolean;
    write: boolean;
    readRecord: boolean;
    /** Let the patient in, ask them to wait on. */
    admit: boolean;
    /** Write to the patient's page. */
    tell: boolean;
    /** Change what is open, and until when. */
    share: boolean;
    /** Mute, show out, lock the call, end it for all. */
    moderate: boolean;
    /** Record the room. */
    record: boolean;
    /** [RC-14] Delete one of its recordings. */
    deleteRecording: boolean;
    /** [CN-21] Open again what an ended grant had opened. */
    breakGlass: boolean;
    /** [CN-70] Invite further specialists. */
    inviteGuests: boolean;
    /** [CN-71] Leave again: of who was invited. */
    leave: boolean;
    /** Write to the patient's page too. */
    sayToAll: boolean;
    /** [CN-28] [CN-47] Take pictures and figures off the board, and look back. */
    exportBoard: boolean;
    /** See what is proposed, and the opinion. */
    readOpinions: boolean;
  };
  grant: GrantView | null;
  /** [CN-70] Who was invited besides, the first first; to others than the asking side, who still is. */
  guests: GuestView[];
  messages: ChatMessageView[];
  /** [CN-80] How the call is encrypted. */
  encryption: EncryptionView;
  /** [CN-43] The call is locked: nobody new comes in. */
  lock: { at: Date; byName: string } | null;
  /** [CN-26] Captions that are made now. */
  captions: CaptionsSign | null;
  /** What is said at the board's pins, the newest first. */
  threads: ThreadView[];
  /** Who can be meant in a comment. */
  people: RoomPerson[];
  proposals: ProposalView[];
  opinions: OpinionView[];
  seats: SeatView[];
  /** Of the asking side alone. */
  invites: InviteView[];
  /** Whom a link can be made for beside the patient. */
  delegates: { id: string; name: string; relation: Relation }[];
  requests: VisitRequestView[];
  told: VisitMessageView[];
  /** Where the patient can be taken to: their other open consults. */
  otherRooms: { id: string; number: string; specialty: Specialty; expertName: string | null }[];
  patientSummary: string;
  /** The patient, those who stand by them and are there, and the staff who are there. */
  consents: RoomConsent[];
  /** The newest first. */
  recordings: RecordingView[];
  documents: { kind: 'opinion-pdf' | 'board-png'; locale: string }[];
  boardId: string | null;
}

/** [CN-70] Who can be invited. */
export interface GuestChoice {
  userId: string;
  name: string;
  title: string;
  specialty: Specialty;
  organisationId: string;
  organisationName: string;
  organisationNameEn: string;
}

export interface ExpertChoice {
  organisationId: string;
  organisationName: string;
  organisationNameEn: string;
  experts: { userId: string; name: string; title: string; specialty: Specialty }[];
  specialties: Specialty[];
}

/** Whose it is, for every page of what leaves the board. */
export interface BoardExportHead {
  consultNumber: string;
  organisation: string;
  patient: { name: string; sex: string; birthDate: string; number: string };
  by: string;
  /** ISO 8601. */
  at: string;
  timeZone: string;
}
