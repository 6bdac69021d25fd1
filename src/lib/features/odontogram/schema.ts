import * as v from 'valibot';
import { findingCodes, findingStatuses, maxNoteLength } from './findings.ts';

/** A finding as a browser sends it. Tooth and surfaces are checked by the domain, which has better errors. */
export const findingInput = v.object({
  /** Made by the browser, so that a repeated request records once. */
  id: v.optional(v.pipe(v.string(), v.uuid())),
  patientId: v.pipe(v.string(), v.uuid()),
  tooth: v.pipe(v.string(), v.maxLength(8)),
  surfaces: v.pipe(v.array(v.pipe(v.string(), v.maxLength(8))), v.maxLength(8)),
  code: v.picklist(findingCodes),
  status: v.picklist(findingStatuses),
  grade: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(32)))),
  note: v.optional(v.pipe(v.string(), v.maxLength(maxNoteLength * 2)))
});
export type FindingInput = v.InferOutput<typeof findingInput>;

export const withdrawInput = v.object({
  findingId: v.pipe(v.string(), v.uuid()),
  reason: v.pipe(v.string(), v.trim(), v.maxLength(500))
});
export type WithdrawInput = v.InferOutput<typeof withdrawInput>;
