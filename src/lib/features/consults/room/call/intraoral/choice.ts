import type { Device } from '../devices.svelte.ts';

const key = 'consilium.device.intraoral';
/** As such cameras call themselves, in Chinese too (in the mouth, oral, tooth); most are plain USB cameras. */
const named = /oral|dental|\u53e3\u5185|\u53e3\u8154|\u7259/i;

/** Cameras that can stand beside the one that shows the person: never that one. */
export function besides(cameras: readonly Device[], face: string | null): Device[] {
  return cameras.filter(({ id }) => id !== face);
}

/** Which of them to begin with: the one of last time, one whose name says so, else the last that was plugged in. */
export function likeliest(cameras: readonly Device[], remembered: string | null): Device | null {
  return (
    cameras.find(({ id }) => id === remembered) ??
    cameras.find(({ label }) => named.test(label)) ??
    cameras.at(-1) ??
    null
  );
}

/** @throws DOMException as `getUserMedia`: this camera or none */
export async function openIntraoral(deviceId: string): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: {
      deviceId: { exact: deviceId },
      ...{ width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 15 } }
    }
  });
  const [track] = stream.getVideoTracks();
  if (!track) throw new DOMException('no picture', 'NotFoundError');
  return track;
}

export function rememberIntraoral(deviceId: string): void {
  try {
    localStorage.setItem(key, deviceId);
  } catch {
    // Private mode or a full store: for this visit only.
  }
}

export function rememberedIntraoral(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
