import * as v from 'valibot';
import { isId } from '#lib/kernel/ids.ts';

const id = v.pipe(v.string(), v.check(isId));

export const calibrateSchema = v.object({
  imageId: id,
  mmPerPixel: v.pipe(v.number(), v.finite(), v.minValue(0.0005), v.maxValue(25)),
  knownObject: v.pipe(v.string(), v.trim(), v.maxLength(80))
});
export type CalibrateInput = v.InferOutput<typeof calibrateSchema>;

/** A file's name as people gave it: only shown back, never a path. */
export const fileNameSchema = v.pipe(
  v.string(),
  v.transform((name) => name.replace(/[\u0000-\u001f\u007f/\\]/g, '_').trim()),
  v.minLength(1),
  v.maxLength(200)
);
