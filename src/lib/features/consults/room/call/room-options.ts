import {
  AudioPresets,
  ScreenSharePresets,
  VideoPreset,
  VideoPresets,
  type RoomOptions
} from 'livekit-client';

const layers = [new VideoPreset(320, 180, 150_000, 15), new VideoPreset(640, 360, 500_000, 25)];

/**
 * [CALL-65] What is sent of a camera to spare data: pixels high, and the most of it. The name of such a picture says so
 * to everybody.
 */
export const lowDataCamera = { height: 180, encoding: { maxBitrate: 90_000, maxFramerate: 8 } };
export const lowDataName = 'camera-low';

export const roomOptions: RoomOptions = {
  // Pictures nobody looks at are neither sent to us (adaptiveStream) nor encoded by us (dynacast).
  adaptiveStream: true,
  dynacast: true,
  videoCaptureDefaults: { resolution: VideoPresets.h720.resolution },
  publishDefaults: {
    simulcast: true,
    videoSimulcastLayers: layers,
    videoEncoding: { maxBitrate: 1_700_000, maxFramerate: 30 },
    audioPreset: AudioPresets.speech,
    // Where the browser cannot ask for lost sound again ([CALL-66]): each packet carries the one before it (not in an
    // encrypted call, where the media client turns that off). Silence costs nothing.
    red: true,
    dtx: true,
    screenShareEncoding: ScreenSharePresets.h1080fps15.encoding,
    stopMicTrackOnMute: false
  },
  // It would hang up when somebody is only asked whether to leave (`beforeunload`); the session hangs up by itself.
  disconnectOnPageLeave: false
};
