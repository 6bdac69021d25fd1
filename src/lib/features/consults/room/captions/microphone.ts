import { Cutter, Resampler } from './cut.ts';
import workletUrl from './pcm-worklet.ts?worker&url';

/** [CN-26] Cuts a microphone into utterances. @returns stop; what was being said then is forgotten */
export async function cutMicrophone(
  track: MediaStreamTrack,
  onutterance: (samples: Float32Array) => void
): Promise<() => void> {
  const context = new AudioContext();
  const cutter = new Cutter();
  const resampler = new Resampler(context.sampleRate);
  try {
    await context.audioWorklet.addModule(workletUrl);
    const samples = new AudioWorkletNode(context, 'samples');
    samples.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      // Muted: silence comes, and what was begun is not sent.
      if (!track.enabled || track.muted) return cutter.forget();
      cutter.take(resampler.take(data)).forEach(onutterance);
    };
    context.createMediaStreamSource(new MediaStream([track])).connect(samples);
    // Silent: nothing is played that is not connected.
    samples.connect(context.destination);
  } catch (error) {
    await context.close();
    throw error;
  }
  return () => void context.close();
}
