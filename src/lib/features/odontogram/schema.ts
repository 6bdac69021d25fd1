import * as v from 'valibot';
import { findingDraftSchema } from './findings.ts';

/** A finding as a browser sends it. Tooth and surfaces are checked by the domain, which has better errors. */
export const findingInput = v.object({
  ...findingDraftSchema.entries,
  /** Made by the browser, so that a repeated request records once. */
  id: v.optional(v.pipe(v.string(), v.uuid())),
  patientId: v.pipe(v.string(), v.uuid())
});
export type FindingInput = v.InferOutput<typeof findingInput>;

export const withdrawInput = v.object({
  findingId: v.pipe(v.string(), v.uuid()),
  reason: v.pipe(v.string(), v.trim(), v.maxLength(500))
});
export type WithdrawInput = v.InferOutput<typeof withdrawInput>;
