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
