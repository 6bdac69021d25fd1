import type { LocalAudioTrack } from 'livekit-client';

interface MicrophoneWish {
  /** Null or left out: the browser's default. */
  deviceId?: string | null | undefined;
  /** [CALL-32] Left out: as the browser does it by itself. */
  noiseSuppression?: boolean | undefined;
}

/** How a microphone is asked for, before the call and in it. `ideal`: one that is gone must leave nobody silent. */
export function microphoneAs({ deviceId, noiseSuppression }: MicrophoneWish) {
  return {
    ...(deviceId ? { deviceId: { ideal: deviceId } } : {}),
    ...(noiseSuppression === undefined ? {} : { noiseSuppression }),
    echoCancellation: true,
    autoGainControl: true
  };
}

/**
 * [CALL-32] Noise suppression of a microphone in the call. @returns false where the browser did not take it
 * @param gone it cannot be had at all any more: as one that another program has taken
 * @throws where it cannot be opened anew; then it is open as it was before, or gone
 */
export async function setNoise(
  microphone: Pick<LocalAudioTrack, 'mediaStreamTrack' | 'restartTrack' | 'mute'>,
  on: boolean,
  gone: () => void
): Promise<boolean> {
  const media = microphone.mediaStreamTrack;
  const { deviceId } = media.getSettings();
  await media.applyConstraints({ ...media.getConstraints(), noiseSuppression: on });
  if (media.getSettings().noiseSuppression === on) return true;
  // Chromium takes it of a microphone that is opened anew, and of no other.
  const open = (noiseSuppression: boolean) =>
    microphone.restartTrack(microphoneAs({ deviceId, noiseSuppression }));
  try {
    await open(on);
  } catch (error) {
    // It was let go first, and nobody would be heard.
    await open(!on).catch(async () => {
      gone();
      // What has ended sends nothing, and would be taken for silence; unmuted, it is opened anew.
      await microphone.mute();
    });
    throw error;
  }
  return microphone.mediaStreamTrack.getSettings().noiseSuppression === on;
}
