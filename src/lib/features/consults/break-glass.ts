/** What a grant that has ended may be opened again for, without asking. `other` needs more words. */
export const glassCategories = ['emergency', 'complication', 'safety', 'other'] as const;
export type GlassCategory = (typeof glassCategories)[number];
