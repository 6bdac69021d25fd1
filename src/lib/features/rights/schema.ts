import * as v from 'valibot';
import { recordParts, resultKinds } from './parts.ts';
import { retentionChoices } from './retention.ts';

/** The password shown again; left out where one has just shown who one is. */
export const exportInput = v.object({
  password: v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(256))), null)
});

const words = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(2000));

export const correctionInput = v.object({ part: v.picklist(recordParts), text: words });
export type CorrectionInput = v.InferOutput<typeof correctionInput>;

export const correctionDecision = v.object({
  decision: v.picklist(['accept', 'refuse']),
  /** What was changed, or why not. */
  answer: words,
  result: v.optional(
    v.nullable(v.object({ kind: v.picklist(resultKinds), id: v.pipe(v.string(), v.uuid()) })),
    null
  )
});
export type CorrectionDecision = v.InferOutput<typeof correctionDecision>;

export const reasonInput = v.object({ reason: words });

export const retentionInput = v.object({ years: v.picklist(retentionChoices) });
