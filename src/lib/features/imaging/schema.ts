import * as v from 'valibot';
import { isId } from '#lib/kernel/ids.ts';
import { maxFrames } from './image.ts';

export const calibrateSchema = v.object({
  imageId: v.pipe(
    v.string(),
    v.check((value) => isId(value))
  ),
  mmPerPixel: v.pipe(v.number(), v.finite(), v.minValue(0.0005), v.maxValue(25)),
  knownObject: v.pipe(v.string(), v.trim(), v.maxLength(80))
});
export type CalibrateInput = v.InferOutput<typeof calibrateSchema>;

export const withdrawImageInput = v.object({
  imageId: v.pipe(
    v.string(),
    v.check((value) => isId(value))
  ),
  reason: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200))
});
export type WithdrawImageInput = v.InferOutput<typeof withdrawImageInput>;

/** A file's name as people gave it: only ever shown back, never a path, nor able to turn its own reading direction. Empty becomes `file`. */
export function cleanFileName(name: string): string {
  const safe = [...name].map((c) => (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}/\\]/u.test(c) ? '_' : c)).join('');
  return safe.trim().slice(0, 200) || 'file';
}

/** A frame's number as an address gives it. */
export const frameNumber = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,3}$/),
  v.transform(Number),
  v.maxValue(maxFrames)
);
