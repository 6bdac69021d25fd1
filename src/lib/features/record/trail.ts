import * as v from 'valibot';

const day = v.pipe(v.string(), v.isoDate());
const text = (most: number) => v.pipe(v.string(), v.trim(), v.maxLength(most));

/** What narrows the trail, as it stands in the page's address. Days are the organisation's own, both included. */
export const trailFilter = v.object({
  person: v.optional(text(64)),
  /** A part of the name, or the record number. */
  patient: v.optional(text(100)),
  action: v.optional(text(64)),
  outcome: v.optional(v.picklist(['ok', 'denied'])),
  from: v.optional(day),
  to: v.optional(day),
  /** Events before this number: the next page. */
  before: v.optional(v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number)))
});
export type TrailFilter = v.InferOutput<typeof trailFilter>;

export interface TrailLine {
  number: number;
  at: string;
  /** Name of a member of this organisation or of an expert known here; null: told by `kind` and organisation. */
  name: string | null;
  kind: string;
  role: string | null;
  organisation: string | null;
  organisationEn: string | null;
  own: boolean;
  action: string;
  outcome: string;
  patient: { id: string; name: string; number: string } | null;
  subjectType: string;
  subjectId: string;
  consultId: string | null;
  ip: string;
}

export interface ChainState {
  number: number;
  verifiedNumber: number;
  verifiedAt: string | null;
  checkpointNumber: number;
  checkpointAt: string | null;
  brokenNumber: number | null;
  startedAfter: number;
  archivedNumber: number;
}

export interface TrailView {
  lines: TrailLine[];
  /** `before` of the next page; null: there is none. */
  next: number | null;
  chain: ChainState | null;
  people: { id: string; name: string }[];
}
