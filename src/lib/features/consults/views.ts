import type { RoomPerson, ThreadView } from './comment.ts';
import type { ConsultMode, ConsultStatus, Specialty, Urgency } from './consult.ts';
import type { GrantView } from './grant.ts';
import type { FindingProposal, PlanProposal } from './schema.ts';

/** A line of the inbox. */
export interface ConsultSummary {
  id: string;
  number: string;
  side: 'requester' | 'expert';
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
  role: 'requester' | 'expert' | 'member' | 'patient';
  state: 'waiting' | 'admitted' | 'in-room' | 'left';
  waitingSince: Date | null;
}

/** A consult as one viewer may see it. */
export interface ConsultView extends ConsultSummary {
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
    /** Change what is open, and until when. */
    share: boolean;
  };
  grant: GrantView | null;
  messages: {
    id: string;
    kind: 'ask-more' | 'answer-more' | 'chat';
    text: string;
    authorName: string;
    at: Date;
    own: boolean;
  }[];
  /** What is said at the board's pins, the newest first. */
  threads: ThreadView[];
  /** Who can be meant in a comment. */
  people: RoomPerson[];
  proposals: ProposalView[];
  opinions: OpinionView[];
  seats: SeatView[];
  documents: { kind: 'opinion-pdf' | 'board-png'; locale: string }[];
  boardId: string | null;
}

export interface ExpertChoice {
  organisationId: string;
  organisationName: string;
  organisationNameEn: string;
  experts: { userId: string; name: string; title: string; specialty: Specialty }[];
  specialties: Specialty[];
}
