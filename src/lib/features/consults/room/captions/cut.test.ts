import { expect, test } from 'vitest';
import { isUtterance, mostUtteranceBytes, speechRate, utteranceMs, wavOf } from '../../captions.ts';
import { Cutter, Resampler } from './cut.ts';

const silence = (seconds: number) => new Float32Array(speechRate * seconds).fill(0.0005);
const speech = (seconds: number) =>
  Float32Array.from({ length: speechRate * seconds }, (_, i) => Math.sin(i / 8) * 0.2);
/** In pieces as a microphone gives them. */
function cut(...parts: Float32Array[]): number[] {
  const cutter = new Cutter();
  const all = parts.flatMap((part) => [...part]);
  const done: number[] = [];
  for (let at = 0; at < all.length; at += 700)
    done.push(...cutter.take(Float32Array.from(all.slice(at, at + 700))).map(({ length }) => length));
  return done.map((length) => Math.round((length / speechRate) * 10) / 10);
}

test('[CN-26] an utterance begins a little before it is heard and ends with a pause', () => {
  expect(cut(silence(2), speech(2), silence(2))).toEqual([3]);
  expect(cut(speech(1), silence(1), speech(1), silence(1)).length).toBe(2);
});

test('[CN-26] silence, a knock and a pause within a sentence are none of their own', () => {
  expect(cut(silence(5))).toEqual([]);
  expect(cut(silence(1), speech(0.08), silence(2))).toEqual([]);
  expect(cut(silence(1), speech(1), silence(0.4), speech(1), silence(1)).length).toBe(1);
});

test('[CN-26] who does not stop is cut at fifteen seconds, with nothing lost in between', () => {
  const most = utteranceMs / 1_000;
  const lengths = cut(speech(32), silence(1));
  expect(lengths.slice(0, 2)).toEqual([most, most]);
  expect(lengths.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(32);
  for (const seconds of lengths)
    expect(wavOf(new Float32Array(seconds * speechRate)).length).toBeLessThanOrEqual(mostUtteranceBytes);
});

test('[CN-26] what was begun before muting is not handed over', () => {
  const cutter = new Cutter();
  cutter.take(speech(2));
  cutter.forget();
  expect(cutter.take(silence(2))).toEqual([]);
});

test('[CN-26] any rate becomes the one of speech, without a seam between pieces', () => {
  const resampler = new Resampler(48_000);
  const wave = Float32Array.from({ length: 48_000 }, (_, i) => Math.sin((2 * Math.PI * 200 * i) / 48_000));
  const out: number[] = [];
  for (let at = 0; at < wave.length; at += 2_048) out.push(...resampler.take(wave.slice(at, at + 2_048)));
  expect(Math.abs(out.length - speechRate)).toBeLessThanOrEqual(1);
  const jumps = out.slice(1).map((one, i) => Math.abs(one - (out[i] ?? 0)));
  expect(Math.max(...jumps)).toBeLessThan(0.09);
});

test('[CN-26] only what browsers of ours make is an utterance', () => {
  const wav = wavOf(speech(1));
  expect(isUtterance(wav)).toBe(true);
  expect(isUtterance(wav.subarray(0, 44))).toBe(false);
  expect(isUtterance(wavOf(new Float32Array(speechRate * 16)))).toBe(false);
  expect(isUtterance(Uint8Array.from(wav, (byte, i) => (i === 22 ? 2 : byte)))).toBe(false);
  expect(isUtterance(new TextEncoder().encode('<!doctype html>'.padEnd(100)))).toBe(false);
});
