import * as v from 'valibot';
import { qualityPeriods } from './call-quality.ts';

/** [CN-63] As it stands in an address. */
export const qualityFilter = v.object({
  days: v.optional(v.pipe(v.string(), v.transform(Number), v.picklist(qualityPeriods)), '30'),
  clinic: v.optional(v.pipe(v.string(), v.uuid()))
});
export type QualityFilter = v.InferOutput<typeof qualityFilter>;
