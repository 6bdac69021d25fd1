/** Sounds made here, without files: a chime for who waits, a tone for the speaker. Browser only. */

/** Height in Hz and length in ms, one after the other. */
export type Tone = readonly [hertz: number, ms: number];
export const chime: readonly Tone[] = [
  [880, 180],
  [660, 320]
];
export const speakerTest: readonly Tone[] = [
  [523, 220],
  [659, 220],
  [784, 400]
];

/**
 * Plays tones on the chosen speaker. Resolves to false where the browser does not let the page sound yet (nobody has
 * touched it), or has no such output.
 */
export async function play(tones: readonly Tone[], speakerId: string | null = null): Promise<boolean> {
  const context = new AudioContext();
  try {
    // Asleep until the first touch of the page: it would wait for that, and then ring too late.
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 300))]);
    if (context.state !== 'running') return false;
    const out = context.createMediaStreamDestination();
    let at = context.currentTime + 0.05;
    for (const [hertz, ms] of tones) {
      const gain = new GainNode(context, { gain: 0 });
      const tone = new OscillatorNode(context, { type: 'sine', frequency: hertz });
      // Without a soft edge each tone would begin and end with a click.
      gain.gain.setTargetAtTime(0.35, at, 0.01);
      gain.gain.setTargetAtTime(0, at + ms / 1_000 - 0.05, 0.02);
      tone.connect(gain).connect(out);
      tone.start(at);
      tone.stop(at + ms / 1_000);
      at += ms / 1_000;
    }
    const element = new Audio();
    element.srcObject = out.stream;
    if (speakerId && 'setSinkId' in element) await element.setSinkId(speakerId);
    await element.play();
    await new Promise((resolve) => setTimeout(resolve, (at - context.currentTime) * 1_000 + 100));
    element.srcObject = null;
    return true;
  } catch {
    // Refused, or the speaker is gone: whoever asked is told that nothing was heard.
    return false;
  } finally {
    await context.close();
  }
}
