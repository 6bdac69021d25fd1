import { LocalVideoTrack, Track, VideoPreset, type Room } from 'livekit-client';

/** By its name, not as a camera: nothing that looks for a person's face finds it. */
export const intraoralName = 'intraoral';
const layer = new VideoPreset(640, 360, 500_000, 15);

/** [CALL-52] Beside one's own camera: all its pixels before smooth movement. */
export async function sendIntraoral({ localParticipant }: Room, camera: MediaStreamTrack): Promise<void> {
  camera.contentHint = 'detail';
  // "User provided": the media client would take another camera in place of one that is unplugged, a face perhaps.
  await localParticipant.publishTrack(new LocalVideoTrack(camera, undefined, true), {
    name: intraoralName,
    source: Track.Source.Unknown,
    videoSimulcastLayers: [layer],
    videoEncoding: { maxBitrate: 4_000_000, maxFramerate: 15 },
    degradationPreference: 'maintain-resolution'
  });
}

export async function endIntraoral({ localParticipant }: Room): Promise<void> {
  const track = localParticipant.getTrackPublicationByName(intraoralName)?.track;
  if (track instanceof LocalVideoTrack) await localParticipant.unpublishTrack(track, true);
}
