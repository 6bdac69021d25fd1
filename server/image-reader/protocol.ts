import * as v from 'valibot';
import { errorCodes } from '#lib/kernel/errors.ts';

/** Both directions begin with a length, uint64 little endian: of the whole file, or of the answer's JSON. */
export const lengthBytes = 8;

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What the reading process answers, before the bytes of frame and thumbnail. */
export const answerSchema = v.variant('ok', [
  v.object({ ok: v.literal(true), facts: v.unknown(), frameBytes: bytes, thumbnailBytes: bytes }),
  v.object({
    ok: v.literal(false),
    code: v.picklist(errorCodes),
    detail: v.record(
      v.pipe(v.string(), v.regex(/^[A-Za-z]{1,32}$/)),
      v.union([v.number(), v.pipe(v.string(), v.maxLength(80))])
    )
  })
]);
export type Answer = v.InferOutput<typeof answerSchema>;
