import type { RecordingType } from '../../recording.ts';

/** What a browser records with, or what it lacks. */
export type RecorderFit =
  { type: RecordingType; mimeType: string } | { missing: 'recorder' | 'capture' | 'format' };

const formats: readonly { type: RecordingType; mimeType: string }[] = [
  { type: 'video/webm', mimeType: 'video/webm;codecs=vp8,opus' },
  { type: 'video/webm', mimeType: 'video/webm' },
  { type: 'video/mp4', mimeType: 'video/mp4;codecs=avc1.42E01F,mp4a.40.2' },
  { type: 'video/mp4', mimeType: 'video/mp4' }
];

/** Browser only. */
export function recorderFit(): RecorderFit {
  if (!('MediaRecorder' in window)) return { missing: 'recorder' };
  if (!('captureStream' in HTMLCanvasElement.prototype) || !('AudioContext' in window))
    return { missing: 'capture' };
  return formats.find(({ mimeType }) => MediaRecorder.isTypeSupported(mimeType)) ?? { missing: 'format' };
}
