/** What the lobby tells about a camera and a microphone, from plain measurements. */

/** Loudness 0…1 of samples in −1…1, on a scale where ordinary speech fills about half. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  if (rms === 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

/** From here on the microphone counts as heard. */
export const heardFrom = 0.3;

/** Mean brightness 0…1 of RGBA pixels (Rec. 709 luma). */
export function brightness(pixels: Uint8ClampedArray): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 4)
    sum += 0.2126 * (pixels[i] ?? 0) + 0.7152 * (pixels[i + 1] ?? 0) + 0.0722 * (pixels[i + 2] ?? 0);
  return sum / (255 * Math.max(1, pixels.length / 4));
}

/** Below this a face cannot be made out. */
export const darkBelow = 0.12;

/** Why a device gives nothing. `blocked`: the person or the browser said no. */
export type DeviceTrouble = 'blocked' | 'missing' | 'busy' | 'insecure' | 'other';

export function troubleFrom(error: unknown, isSecure: boolean): DeviceTrouble {
  if (!isSecure) return 'insecure';
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'blocked';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'other';
  }
}

/** One line for the whole lobby; the first that applies. */
export type LobbyVerdict =
  'checking' | 'fine' | 'say_something' | 'too_dark' | 'sound_only' | 'picture_only' | 'nothing';

export function verdictOf(state: {
  checking: boolean;
  camera: 'on' | 'off' | 'trouble';
  microphone: 'on' | 'off' | 'trouble';
  heard: boolean;
  dark: boolean;
}): LobbyVerdict {
  if (state.checking) return 'checking';
  if (state.camera !== 'on' && state.microphone !== 'on') return 'nothing';
  if (state.camera !== 'on') return state.heard ? 'sound_only' : 'say_something';
  if (state.dark) return 'too_dark';
  if (state.microphone !== 'on') return 'picture_only';
  return state.heard ? 'fine' : 'say_something';
}
