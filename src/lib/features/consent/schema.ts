import * as v from 'valibot';
import { purposes } from './consent.ts';

const id = v.pipe(v.string(), v.uuid());
const answer = v.object({
  purpose: v.picklist(purposes),
  agrees: v.boolean(),
  /** Of the text that was shown. */
  version: v.pipe(v.number(), v.integer(), v.minValue(1))
});

/** Answers to one or more questions, by the page that showed them. */
export const answersInput = v.object({
  answers: v.pipe(v.array(answer), v.minLength(1), v.maxLength(purposes.length)),
  locale: v.picklist(['zh-CN', 'en'])
});
export type AnswersInput = v.InferOutput<typeof answersInput>;

/** At the clinic: whose answer it is. */
export const clinicAnswersInput = v.object({
  ...answersInput.entries,
  person: v.object({ kind: v.picklist(['patient', 'delegate']), id })
});
