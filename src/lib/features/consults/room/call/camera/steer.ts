import type { LocalVideoTrack } from 'livekit-client';
import type { Cannot } from '../../../camera-answer.ts';
import { constraintsFor, type CameraAbilities, type CameraWish } from './wish.ts';

/** Enough for 1080p at 15 pictures a second; the line decides how much of it is used. */
const detailBitrate = 4_000_000;
const talkBitrate = 1_700_000;

/**
 * Sets one's own camera and how it is sent; with `lowData` its size stays as that has it ([CALL-65]).
 * @returns what the camera cannot do; null: there is none, or it refused
 */
export async function steer(
  track: LocalVideoTrack | null,
  wish: CameraWish,
  { lowData }: { lowData: boolean }
): Promise<Cannot[] | null> {
  if (!track) return null;
  try {
    if (!lowData) return await set(track, wish);
    const cannot = await setDevice(track.mediaStreamTrack, { ...wish, profile: 'conversation' });
    return wish.profile === 'detail' ? [...cannot, 'detail'] : cannot;
  } catch (error) {
    // The camera is being switched, or promised what it cannot keep: it stays as it was.
    if (error instanceof DOMException || error instanceof OverconstrainedError) return null;
    throw error;
  }
}

async function setDevice(camera: MediaStreamTrack, wish: CameraWish): Promise<Cannot[]> {
  const can =
    typeof camera.getCapabilities === 'function' ? (camera.getCapabilities() as CameraAbilities) : {};
  const { constraints, cannot } = constraintsFor(can, wish);
  await camera.applyConstraints(constraints);
  return cannot;
}

async function set(track: LocalVideoTrack, wish: CameraWish): Promise<Cannot[]> {
  const camera = track.mediaStreamTrack;
  const cannot = await setDevice(camera, wish);
  const isDetail = wish.profile === 'detail';
  camera.contentHint = isDetail ? 'detail' : 'motion';
  await track.setDegradationPreference(isDetail ? 'maintain-resolution' : 'balanced');
  const { sender } = track;
  const parameters = sender?.getParameters();
  const finest = parameters?.encodings.at(-1);
  if (sender && parameters && finest) {
    finest.maxBitrate = isDetail ? detailBitrate : talkBitrate;
    await sender.setParameters(parameters);
  }
  return cannot;
}
