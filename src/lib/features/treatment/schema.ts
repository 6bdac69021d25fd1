import * as v from 'valibot';
import { itemStatuses, planDraftSchema } from './plan.ts';

export const newPlanInput = v.object({
  patientId: v.pipe(v.string(), v.uuid()),
  /** Made by the browser, so that a repeated request makes one plan. */
  id: v.optional(v.pipe(v.string(), v.uuid())),
  draft: planDraftSchema
});
export type NewPlanInput = v.InferOutput<typeof newPlanInput>;

export const itemStatusInput = v.object({
  itemId: v.pipe(v.string(), v.uuid()),
  status: v.picklist(itemStatuses)
});
export type ItemStatusInput = v.InferOutput<typeof itemStatusInput>;

export const itemVisitInput = v.object({ itemId: v.pipe(v.string(), v.uuid()) });
export type ItemVisitInput = v.InferOutput<typeof itemVisitInput>;
