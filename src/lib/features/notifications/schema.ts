import * as v from 'valibot';
import { isId } from '#lib/kernel/ids.ts';

const id = v.pipe(
  v.string(),
  v.check((value: string) => isId(value))
);

export const markReadInput = v.object({ read: v.pipe(v.array(id), v.maxLength(200)) });
export type MarkReadInput = v.InferOutput<typeof markReadInput>;

/** What an outbox event about a consult carries. */
export const consultNews = v.object({
  consultId: id,
  userIds: v.pipe(v.array(id), v.maxLength(500)),
  by: v.optional(v.pipe(v.string(), v.maxLength(120)))
});
export type ConsultNews = v.InferOutput<typeof consultNews>;

/** What an outbox event about a request for correction carries. */
export const correctionNews = v.object({
  patientId: id,
  /** User, or invite of the link. */
  askedById: id,
  /** Whose act it is that is told of. */
  actorId: id,
  by: v.pipe(v.string(), v.maxLength(120))
});

export const erasureNews = v.object({
  patientId: id,
  askedById: id,
  by: v.pipe(v.string(), v.maxLength(120))
});
