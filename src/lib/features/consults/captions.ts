import * as v from 'valibot';

/** [CN-26] What is said, in writing, while it is said. Pure; nothing of it is kept. */

/** Topic of the lines in the call's messages. */
export const captionsTopic = 'captions';
/** Samples a second of what browsers hand over: 16 bits, one channel. */
export const speechRate = 16_000;
/** One utterance at most. */
export const utteranceMs = 15_000;
const wavHead = 44;
export const mostUtteranceBytes = wavHead + ((utteranceMs + 500) / 1_000) * speechRate * 2;
/** A line longer than this is no utterance of so many seconds. */
export const mostLineLength = 500;

export const captionLanguages = ['zh', 'en'] as const;
export type CaptionLanguage = (typeof captionLanguages)[number];
export const captionInput = v.object({ language: v.picklist(captionLanguages) });
export const captionSwitch = v.object({ on: v.boolean() });

const captionLine = v.object({
  id: v.string(),
  identity: v.string(),
  name: v.string(),
  text: v.string(),
  /** By the server's clock, ISO 8601. */
  at: v.string()
});
export type CaptionLine = v.InferOutput<typeof captionLine>;
/** Under the call's key where the call is encrypted. */
export const captionMessage = v.variant('kind', [
  v.object({ kind: v.literal('plain'), line: captionLine }),
  v.object({ kind: v.literal('sealed'), epoch: v.number(), iv: v.string(), sealed: v.string() })
]);
export type CaptionMessage = v.InferOutput<typeof captionMessage>;
export const readLine = (value: unknown): CaptionLine => v.parse(captionLine, value);

/** Captions that are made now, as everybody in the room is told. */
export interface CaptionsSign {
  byName: string;
  since: Date;
}

/** 16-bit mono PCM as a WAV file. @param samples −1…1 at `speechRate` */
export function wavOf(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(wavHead + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const text = (at: number, word: string) => {
    for (let i = 0; i < word.length; i++) view.setUint8(at + i, word.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, speechRate, true);
  view.setUint32(28, speechRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, i) =>
    view.setInt16(wavHead + i * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true)
  );
  return bytes;
}

/** Whether it is what `wavOf` makes, and nothing else: only that goes on to a recogniser. */
export function isUtterance(bytes: Uint8Array): boolean {
  if (bytes.length <= wavHead || bytes.length > mostUtteranceBytes || bytes.length % 2 !== 0) return false;
  const head = wavOf(new Float32Array((bytes.length - wavHead) / 2)).subarray(0, wavHead);
  return head.every((byte, i) => bytes[i] === byte);
}
