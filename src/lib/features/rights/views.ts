import type { RecordPart, ResultKind } from './parts.ts';
import type { PatientRights } from './policy.server.ts';
import type { Refusal } from './retention.ts';

export interface CorrectionView {
  id: string;
  part: RecordPart;
  text: string;
  askedByName: string;
  /** True where the patient asked through their link. */
  byPatient: boolean;
  askedAt: Date;
  state: 'open' | 'accepted' | 'refused';
  answer: string;
  result: { kind: ResultKind; id: string } | null;
  decidedByName: string | null;
  decidedAt: Date | null;
}

/** Something written into the record that may be what a correction asked for. */
export interface ChangeView {
  kind: ResultKind;
  id: string;
  at: Date;
  label: string;
}

export interface DeletionView {
  id: string;
  reason: string;
  askedByName: string;
  askedAt: Date;
  keepUntil: string;
  /** Null: waits to be carried out. */
  refusedFor: Refusal | null;
}

export interface HoldView {
  id: string;
  reason: string;
  setByName: string;
  setAt: Date;
  lifted: { byName: string; at: Date; reason: string } | null;
}

/** Everything of one patient's rights that staff see. */
export interface RightsView {
  may: Omit<PatientRights, 'read'>;
  corrections: CorrectionView[];
  /** Since the oldest open request. */
  changes: ChangeView[];
  deletions: DeletionView[];
  holds: HoldView[];
  retention: { lastVisit: string; years: number; keepUntil: string; refusal: Refusal | null };
}

export interface QueueLine {
  patient: { id: string; name: string; number: string };
  at: Date;
}
export interface QueueView {
  corrections: (QueueLine & { id: string; part: RecordPart; text: string; byPatient: boolean })[];
  deletions: (QueueLine & { id: string; reason: string })[];
  holds: (QueueLine & { id: string; reason: string })[];
}
