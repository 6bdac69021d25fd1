import * as v from 'valibot';

/** What a grant that has ended may be opened again for, without asking. */
export const glassCategories = ['emergency', 'complication', 'safety', 'other'] as const;
export type GlassCategory = (typeof glassCategories)[number];

/** How long a record stays open once the glass is broken. */
export const glassMinutes = 60;
/** Characters: a sentence, not a word. */
export const minReasonLength = 10;

export const glassInput = v.object({
  category: v.picklist(glassCategories),
  reason: v.pipe(v.string(), v.trim(), v.minLength(minReasonLength), v.maxLength(1000))
});
export type GlassInput = v.InferOutput<typeof glassInput>;

export const glassVerdicts = ['justified', 'not-justified'] as const;
export const glassReview = v.object({
  verdict: v.picklist(glassVerdicts),
  comment: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(1000))
});
export type GlassReview = v.InferOutput<typeof glassReview>;

/** One's own open glass: the banner counts it down. */
export interface OwnGlass {
  consultId: string;
  /** ISO instant. */
  endsAt: string;
}

/** One line of the owner's queue. */
export interface GlassView {
  id: string;
  consultId: string;
  consultNumber: string;
  patient: { id: string; name: string };
  userName: string;
  userOrganisation: string;
  category: GlassCategory;
  reason: string;
  /** ISO instants. */
  startsAt: string;
  endsAt: string;
  /** What was done meanwhile, from the trail: action and how often. */
  looks: { action: string; times: number }[];
  review: { verdict: GlassReview['verdict']; comment: string; byName: string; at: string } | null;
}
