import * as v from 'valibot';
import { agreers, itemStatuses, planDraftSchema, planLimits } from './plan.ts';

export const newPlanInput = v.object({
  patientId: v.pipe(v.string(), v.uuid()),
  /** Made by the browser, so that a repeated request makes one plan. */
  id: v.optional(v.pipe(v.string(), v.uuid())),
  draft: planDraftSchema
});
export type NewPlanInput = v.InferOutput<typeof newPlanInput>;

const visitCount = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000));

export const itemStatusInput = v.pipe(
  v.object({
    itemId: v.pipe(v.string(), v.uuid()),
    status: v.picklist(itemStatuses),
    /** The status the person saw when deciding; another one meanwhile is a conflict. */
    from: v.optional(v.picklist(itemStatuses)),
    /** With `in-progress`: how many visits took place, where one was counted by mistake. */
    visitsDone: v.optional(visitCount),
    /** Why it is cancelled. */
    reason: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(planLimits.reasonLength)), '')
  }),
  v.forward(
    v.check((input) => input.status !== 'cancelled' || input.reason !== '', 'a reason is needed'),
    ['reason']
  )
);
export type ItemStatusInput = v.InferInput<typeof itemStatusInput>;

export const itemVisitInput = v.object({
  itemId: v.pipe(v.string(), v.uuid()),
  /** The count the person saw; another one meanwhile is a conflict. */
  visitsDone: v.optional(visitCount)
});
export type ItemVisitInput = v.InferOutput<typeof itemVisitInput>;

export const agreementInput = v.object({
  planId: v.pipe(v.string(), v.uuid()),
  /** Null takes it back. */
  by: v.nullable(v.picklist(agreers))
});
export type AgreementInput = v.InferOutput<typeof agreementInput>;
