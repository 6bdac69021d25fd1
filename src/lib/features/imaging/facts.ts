import * as v from 'valibot';
import { fail } from '#lib/kernel/errors.ts';
import { imageKinds, maxFrames, maxPixels } from './image.ts';

const short = v.nullable(v.pipe(v.string(), v.maxLength(64)));
const words = v.pipe(v.string(), v.maxLength(1024));
const finite = v.pipe(v.number(), v.finite());
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const window = v.object({ center: finite, width: v.pipe(finite, v.minValue(0)) });
const uid = v.nullable(v.pipe(v.string(), v.regex(/^[\d.]{1,64}$/)));

/**
 * What the reading process says of a file. It has handled bytes from outside, so it is believed no more than
 * they are: sizes, words and numbers within what the record can hold.
 */
const factsSchema = v.object({
  info: v.pipe(
    v.object({
      kind: v.picklist(imageKinds),
      modality: v.nullable(v.pipe(v.string(), v.regex(/^[A-Z0-9_ ]{1,16}$/))),
      rows: side,
      columns: side,
      bitsStored: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)),
      frames: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxFrames)),
      pixelSpacing: v.object({
        rowMm: finite,
        columnMm: finite,
        source: v.picklist(['calibrated', 'detector', 'none'])
      }),
      laterality: v.nullable(v.picklist(['R', 'L', 'B', 'U'])),
      teeth: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[1-8][1-8]$/))), v.maxLength(52)),
      takenAt: v.nullable(v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/))),
      sopInstanceUid: uid,
      seriesUid: uid,
      studyUid: uid
    }),
    v.check(({ rows, columns }) => rows * columns <= maxPixels)
  ),
  identity: v.object({
    patientId: v.nullable(words),
    names: v.pipe(v.array(words), v.maxLength(16)),
    birthDate: short
  }),
  window,
  mediaType: v.picklist(['application/dicom', 'image/jpeg', 'image/png'])
});
export type ImageFacts = v.InferOutput<typeof factsSchema>;

/** @throws AppError `image_not_read` where the answer is none that a reading of a file can give */
export function readFacts(facts: unknown): ImageFacts {
  const result = v.safeParse(factsSchema, facts);
  if (!result.success) throw fail('image_not_read');
  return result.output;
}
