import * as v from 'valibot';

/** How a camera is to be set. What a camera cannot do is left out, never guessed. */
export const cameraWish = v.object({
  /** `conversation`: smooth. `detail`: all the pixels the camera has, and fewer pictures when the line is weak. */
  profile: v.picklist(['conversation', 'detail']),
  /** Times its widest. */
  zoom: v.picklist([1, 1.5, 2, 3]),
  torch: v.boolean(),
  /** Focus, white balance and exposure stay as they are now. */
  locked: v.boolean()
});
export type CameraWish = v.InferOutput<typeof cameraWish>;

export const plainWish: CameraWish = { profile: 'conversation', zoom: 1, torch: false, locked: false };

/** Topic of the messages by which staff ask to steer a patient's camera. */
export const cameraTopic = 'camera';
export const cameraMessage = v.variant('kind', [
  v.object({ kind: v.literal('ask') }),
  v.object({ kind: v.literal('wish'), wish: cameraWish })
]);
export type CameraMessage = v.InferOutput<typeof cameraMessage>;

/** Null: not one of ours. */
export function readMessage(bytes: Uint8Array): CameraMessage | null {
  try {
    const read = v.safeParse(cameraMessage, JSON.parse(new TextDecoder().decode(bytes)));
    return read.success ? read.output : null;
  } catch {
    // Not JSON: whoever sent it is no page of ours.
    return null;
  }
}

/** As browsers tell it; the types of the platform leave out what not every one has (W3C MediaStream Image Capture). */
export interface CameraAbilities {
  width?: { max?: number };
  height?: { max?: number };
  zoom?: { min: number; max: number };
  torch?: boolean;
  focusMode?: readonly string[];
  whiteBalanceMode?: readonly string[];
  exposureMode?: readonly string[];
}

const talk = { width: 1280, height: 720, frameRate: 30 };
/** A still hand needs no more, and each picture gets more of the line. */
const detailFps = 15;

/** What to ask of a camera with these abilities, and what of the wish it cannot do. */
export function constraintsFor(
  can: CameraAbilities,
  { profile, zoom, torch, locked }: CameraWish
): { constraints: MediaTrackConstraints; cannot: ('zoom' | 'torch' | 'lock')[] } {
  const special: Record<string, unknown> = {};
  const cannot: ('zoom' | 'torch' | 'lock')[] = [];
  if (can.zoom) special['zoom'] = Math.min(can.zoom.max, can.zoom.min * zoom);
  if (zoom > 1 && (!can.zoom || can.zoom.max < can.zoom.min * zoom)) cannot.push('zoom');
  if (can.torch) special['torch'] = torch;
  else if (torch) cannot.push('torch');
  const mode = locked ? 'manual' : 'continuous';
  const modes = ['focusMode', 'whiteBalanceMode', 'exposureMode'] as const;
  const able = modes.filter((name) => can[name]?.includes(mode));
  for (const name of able) special[name] = mode;
  if (locked && able.length === 0) cannot.push('lock');
  const size =
    profile === 'detail'
      ? {
          width: { ideal: can.width?.max ?? talk.width },
          height: { ideal: can.height?.max ?? talk.height },
          frameRate: { ideal: detailFps }
        }
      : {
          width: { ideal: talk.width },
          height: { ideal: talk.height },
          frameRate: { ideal: talk.frameRate }
        };
  return {
    constraints: { ...size, ...(Object.keys(special).length > 0 ? { advanced: [special] } : {}) },
    cannot
  };
}
