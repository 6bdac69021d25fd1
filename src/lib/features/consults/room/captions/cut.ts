/** [CN-26] Where one utterance ends and the next begins. Pure: samples in, utterances out. */
import { speechRate, utteranceMs } from '../../captions.ts';

const frame = speechRate / 50;
const frameMs = 20;
/** Softer than this is no speech, however quiet the room is. */
const leastLevel = 0.008;
/** Times what the room sounds like by itself; a room louder than `mostFloor` is taken for speech. */
const aboveFloor = 3;
const mostFloor = 0.02;
const beginsAfter = 3;
/** What went before is kept: words begin softly. */
const leadIn = 300 / frameMs;
const endsAfter = 700 / frameMs;
/** A knock is no word. */
const leastSpeech = 200 / frameMs;
const most = utteranceMs / frameMs;

/** From any rate to the one of speech; each piece goes on where the last one ended. */
export class Resampler {
  readonly #step: number;
  #at = 0;
  #last = 0;

  constructor(rate: number) {
    this.#step = rate / speechRate;
  }

  take(samples: Float32Array): Float32Array {
    const out: number[] = [];
    // Position −1 is the last sample of the piece before.
    for (; this.#at < samples.length; this.#at += this.#step) {
      const i = Math.floor(this.#at);
      const before = i === 0 ? this.#last : (samples[i - 1] ?? 0);
      out.push(before + ((samples[i] ?? 0) - before) * (this.#at - i));
    }
    this.#at -= samples.length;
    this.#last = samples.at(-1) ?? this.#last;
    return Float32Array.from(out);
  }
}

export class Cutter {
  #rest: number[] = [];
  #frames: Float32Array[] = [];
  #floor = leastLevel / aboveFloor;
  #loud = 0;
  #quiet = 0;
  #speech = 0;
  #speaking = false;

  /** @param samples at the rate of speech @returns the utterances that end in them */
  take(samples: Float32Array): Float32Array[] {
    const whole = Float32Array.from([...this.#rest, ...samples]);
    const done: Float32Array[] = [];
    let at = 0;
    for (; at + frame <= whole.length; at += frame) {
      const utterance = this.#frame(whole.slice(at, at + frame));
      if (utterance) done.push(utterance);
    }
    this.#rest = [...whole.subarray(at)];
    return done;
  }

  /** Nothing of what was said so far is kept: muted, or no longer wanted. */
  forget(): void {
    this.#rest = [];
    this.#frames = [];
    this.#loud = this.#quiet = this.#speech = 0;
    this.#speaking = false;
  }

  #frame(samples: Float32Array): Float32Array | null {
    const level = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
    const isLoud = level > Math.max(leastLevel, this.#floor * aboveFloor);
    // Down at once, up slowly: speech is no background.
    this.#floor =
      level < this.#floor ? level : Math.min(mostFloor, this.#floor + (level - this.#floor) * 0.002);
    this.#loud = isLoud ? this.#loud + 1 : 0;
    this.#quiet = isLoud ? 0 : this.#quiet + 1;
    this.#frames.push(samples);
    if (!this.#speaking) {
      if (this.#loud >= beginsAfter) {
        this.#speaking = true;
        this.#speech = this.#loud;
      } else if (this.#frames.length > leadIn) this.#frames.shift();
      return null;
    }
    if (isLoud) this.#speech++;
    if (this.#quiet < endsAfter && this.#frames.length < most) return null;
    const [frames, speech] = [this.#frames, this.#speech];
    // Cut off in the middle, the next one begins right there.
    const goesOn = this.#quiet < endsAfter;
    this.#frames = [];
    this.#speech = 0;
    this.#speaking = goesOn;
    if (speech < leastSpeech) return null;
    const all = new Float32Array(frames.length * frame);
    frames.forEach((one, i) => all.set(one, i * frame));
    return all;
  }
}
