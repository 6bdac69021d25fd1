import * as v from 'valibot';
import { errorCodes } from '#lib/kernel/errors.ts';
import type { FrameWish } from '#lib/features/imaging/ingest.server.ts';

/** An answer begins with the length of its JSON, uint64 little endian. */
export const lengthBytes = 8;

/** What is asked, before the file's bytes: its whole size, the frame, the window of one that states none (or NaN). */
export interface Question extends FrameWish {
  totalBytes: number;
}
export const questionBytes = 32;

export function packQuestion({ totalBytes, frame, window }: Question): Buffer {
  const packed = Buffer.alloc(questionBytes);
  packed.writeBigUInt64LE(BigInt(totalBytes));
  packed.writeBigUInt64LE(BigInt(frame), 8);
  packed.writeDoubleLE(window?.center ?? Number.NaN, 16);
  packed.writeDoubleLE(window?.width ?? Number.NaN, 24);
  return packed;
}

export function unpackQuestion(packed: Buffer): Question {
  const [center, width] = [packed.readDoubleLE(16), packed.readDoubleLE(24)];
  return {
    totalBytes: Number(packed.readBigUInt64LE()),
    frame: Number(packed.readBigUInt64LE(8)),
    window: Number.isNaN(center) || Number.isNaN(width) ? null : { center, width }
  };
}

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
