/** Below the first a pixel is background, above the second it is the person; between them it fades. */
const background = 0.35;
const person = 0.65;

/** Confidence that a pixel shows the person (0…1) as pixels that are opaque where it does. */
export function alphaOf(confidence: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(4 * confidence.length);
  for (let i = 0; i < confidence.length; i++)
    rgba[4 * i + 3] = (255 * (confidence[i]! - background)) / (person - background);
  return rgba;
}

/** Share of one core that the blur may take: more than the guide, for it runs as long as it is wanted. */
const budget = 0.35;
const quickestMs = 50;
const slowestMs = 200;
/** Slower than five pictures a second, one after the other, is no video any more. */
const hopelessMs = 250;
const hopelessPictures = 8;

/** Pause before the next picture; null: this device cannot, and the blur is better left off. */
export function blurPause(tookMs: readonly number[]): number | null {
  const last = tookMs.slice(-hopelessPictures);
  if (last.length === hopelessPictures && last.every((ms) => ms > hopelessMs)) return null;
  const usual = [...tookMs.slice(-3)].sort((a, b) => a - b)[Math.floor(Math.min(3, tookMs.length) / 2)] ?? 0;
  return Math.min(slowestMs, Math.max(quickestMs, usual / budget - usual));
}
