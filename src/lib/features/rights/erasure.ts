import * as v from 'valibot';
import { canonicalJson } from '#lib/kernel/canonical-json.ts';

/** Why a record is erased. A kind, not words: what stays of the erasure must hold nothing personal. */
export const erasureBases = ['asked', 'time-over'] as const;
export type ErasureBasis = (typeof erasureBases)[number];

export const erasureInput = v.object({ basis: v.picklist(erasureBases) });
export const erasureDecision = v.object({ decision: v.picklist(['approve', 'withdraw']) });
export type ErasureDecision = v.InferOutput<typeof erasureDecision>['decision'];

/** What stands against erasing: a legal hold, a consult that has not ended, the time it must be kept. */
export const erasureRefusals = ['hold', 'consult', 'retention'] as const;
export type ErasureRefusal = (typeof erasureRefusals)[number];

/** What goes: rows by table; files with the key that each carries in its header; their bytes. */
export interface ErasureCounts {
  rows: Record<string, number>;
  boards: number;
  files: number;
  bytes: number;
}

/** A dry run. */
export interface ErasurePlan {
  refusal: ErasureRefusal | null;
  counts: ErasureCounts;
}

/** [RT-15] One step after the other; none is left out and none goes back, but a wish can be withdrawn. */
export type ErasureState = 'asked' | 'withdrawn' | 'approved' | 'rows-gone' | 'done';

export function erasureStateOf(row: {
  withdrawnAt: Date | null;
  approvedAt: Date | null;
  rowsGoneAt: Date | null;
  doneAt: Date | null;
}): ErasureState {
  if (row.doneAt) return 'done';
  if (row.rowsGoneAt) return 'rows-gone';
  // Also after the approval: something stood against it when the job began.
  if (row.withdrawnAt) return 'withdrawn';
  return row.approvedAt ? 'approved' : 'asked';
}

export interface ErasureView {
  id: string;
  patientId: string;
  state: ErasureState;
  basis: ErasureBasis;
  askedByName: string;
  askedAt: Date;
  approvedByName: string | null;
  approvedAt: Date | null;
  doneAt: Date | null;
  counts: ErasureCounts;
  /** Of the certificate, SHA-256 in hex; null: not done. */
  digest: string | null;
  may: { approve: boolean; withdraw: boolean };
}

/** What the certificate's digest is made of: canonical JSON (RFC 8785), so that anyone can make it again. */
export function certificateText(row: {
  id: string;
  organisationId: string;
  patientId: string;
  basis: ErasureBasis;
  askedById: string;
  askedAt: Date;
  approvedById: string | null;
  approvedAt: Date | null;
  rowsGoneAt: Date | null;
  doneAt: Date;
  counts: ErasureCounts;
}): string {
  const instant = (at: Date | null) => at?.toISOString() ?? null;
  return canonicalJson({
    approvedAt: instant(row.approvedAt),
    approvedById: row.approvedById,
    askedAt: instant(row.askedAt),
    askedById: row.askedById,
    basis: row.basis,
    counts: { ...row.counts },
    doneAt: instant(row.doneAt),
    id: row.id,
    organisationId: row.organisationId,
    patientId: row.patientId,
    rowsGoneAt: instant(row.rowsGoneAt)
  });
}
