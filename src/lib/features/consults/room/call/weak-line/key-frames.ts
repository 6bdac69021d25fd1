import { RoomEvent, type LocalVideoTrack, type Room } from 'livekit-client';

/** The message by which a page asks who sends a picture for a key frame. */
export const keyFrameTopic = 'key-frame';
/** A key frame is many times as large as another picture: whoever asks, not more often. */
const everyMs = 350;
/**
 * After somebody has come. The media server asks for one at once; what of it comes before it passes pictures on, or
 * reaches a browser that is not ready, is lost, and it asks again after its pause only (`rtc.pli_throttle`, 0.5 to 1 s).
 * On a fast machine a newcomer is ready after 0.1 s, on a slow line after several times as long.
 */
const afterComingMs = [100, 160, 240, 600];

/** [CALL-68] [CALL-69] Gives key frames of one's own camera to who needs one, while the room lasts. */
export function giveKeyFrames(room: Room, camera: () => LocalVideoTrack | null): void {
  let givenAt = -Infinity;
  const give = async () => {
    const track = camera();
    if (!track?.sender || track.isMuted) return;
    givenAt = performance.now();
    const unlock = await lockOf(track);
    try {
      const parameters = track.sender.getParameters();
      const options = { encodingOptions: parameters.encodings.map(() => ({ keyFrame: true })) };
      await (track.sender.setParameters as SetParameters).call(track.sender, parameters, options);
    } catch {
      // Stopped in the same moment: whoever is stuck asks again.
    } finally {
      unlock?.();
    }
  };
  room
    .on(RoomEvent.DataReceived, (_, from, __, topic) => {
      if (topic === keyFrameTopic && from && performance.now() - givenAt >= everyMs) void give();
    })
    .on(RoomEvent.ParticipantConnected, () => {
      for (const ms of afterComingMs) setTimeout(() => void give(), ms);
    });
}

/**
 * What the media client holds while it sets what a camera sends: a layer that somebody came to see would else be lost
 * where both set something in the same moment. Its own; null where it has none.
 */
async function lockOf(track: LocalVideoTrack): Promise<(() => void) | null> {
  const { senderLock } = track as unknown as { senderLock?: { lock(): Promise<() => void> } };
  return (await senderLock?.lock()) ?? null;
}

/** With its options, which TypeScript's library does not know yet (W3C webrtc-extensions, `RTCSetParameterOptions`). */
type SetParameters = (
  parameters: RTCRtpSendParameters,
  options: { encodingOptions: { keyFrame: boolean }[] }
) => Promise<void>;
