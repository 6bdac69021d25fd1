import {
  LocalVideoTrack,
  RoomEvent,
  Track,
  VideoPresets,
  type Room,
  type TrackPublishOptions
} from 'livekit-client';
import { lowDataCamera, lowDataName } from './room-options.ts';

/** One's own camera as it is sent: in all its layers, or as one small picture ([CALL-65]). */
export class OwnCamera {
  readonly #room: Room;
  #low: boolean;

  constructor(room: Room, low: boolean) {
    this.#room = room;
    this.#low = low;
    // Here, because the media client publishes anew by itself after a lost line.
    room.on(RoomEvent.LocalTrackPublished, ({ source, track }) => {
      if (this.#low && source === Track.Source.Camera && track instanceof LocalVideoTrack) void shrink(track);
    });
  }

  /** Null: none is sent. */
  get track(): LocalVideoTrack | null {
    const track = this.#room.localParticipant.getTrackPublication(Track.Source.Camera)?.videoTrack;
    return track instanceof LocalVideoTrack ? track : null;
  }

  async publish(camera: MediaStreamTrack): Promise<void> {
    const track = new LocalVideoTrack(camera, undefined, false);
    track.source = Track.Source.Camera;
    await this.#room.localParticipant.publishTrack(track, this.#options);
  }

  async set(on: boolean, deviceId: string | null): Promise<void> {
    await this.#room.localParticipant.setCameraEnabled(
      on,
      deviceId ? { deviceId: { ideal: deviceId } } : undefined,
      this.#options
    );
  }

  async flip(facing: 'user' | 'environment'): Promise<void> {
    await this.track?.restartTrack({ facingMode: facing, resolution: VideoPresets.h720.resolution });
  }

  /** Layers are agreed on when a picture is published: it is published anew, a switched-off one when it is wanted. */
  async setLow(low: boolean): Promise<void> {
    if (low === this.#low) return;
    this.#low = low;
    const { track } = this;
    if (!track) return;
    const { isMuted } = track;
    await this.#room.localParticipant.unpublishTrack(track, isMuted);
    if (!isMuted) await this.#room.localParticipant.publishTrack(track, this.#options);
  }

  get #options(): TrackPublishOptions | undefined {
    return this.#low
      ? { name: lowDataName, simulcast: false, videoEncoding: lowDataCamera.encoding }
      : undefined;
  }
}

/** No larger than `lowDataCamera`, whatever the camera gives. */
export async function shrink({
  mediaStreamTrack,
  sender
}: Pick<LocalVideoTrack, 'mediaStreamTrack' | 'sender'>): Promise<void> {
  const parameters = sender?.getParameters();
  const only = parameters?.encodings[0];
  const { width = 0, height = 0 } = mediaStreamTrack.getSettings();
  if (!sender || !parameters || !only) return;
  // By the shorter side: a phone's camera stands upright.
  only.scaleResolutionDownBy = Math.max(1, Math.min(width, height) / lowDataCamera.height);
  try {
    await sender.setParameters(parameters);
  } catch (error) {
    // It is being switched or taken back at this moment: it goes on as it was, within the rate it was published with.
    if (!(error instanceof DOMException)) throw error;
  }
}
