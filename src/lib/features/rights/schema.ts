import * as v from 'valibot';

/** The password shown again; left out where one has just shown who one is. */
export const exportInput = v.object({
  password: v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(256))), null)
});
