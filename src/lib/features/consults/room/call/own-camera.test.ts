import { expect, test, vi } from 'vitest';
import { shrink } from './own-camera.ts';

/** A camera of this size, and the sender that takes or refuses what is asked of it. */
function camera({ width, height }: { width: number; height: number }, setParameters = vi.fn(async () => {})) {
  const encodings: { scaleResolutionDownBy?: number }[] = [{}];
  const track = {
    mediaStreamTrack: { getSettings: () => ({ width, height }) },
    sender: { getParameters: () => ({ encodings }), setParameters }
  } as unknown as Parameters<typeof shrink>[0];
  return { track, encodings, setParameters };
}

test('[CALL-65] a camera is made small by its shorter side, never larger', async () => {
  for (const [size, by] of [
    [{ width: 1280, height: 720 }, 4],
    [{ width: 720, height: 1280 }, 4],
    [{ width: 160, height: 120 }, 1]
  ] as const) {
    const { track, encodings, setParameters } = camera(size);
    await shrink(track);
    expect(setParameters).toHaveBeenCalledOnce();
    expect(encodings[0]!.scaleResolutionDownBy).toBe(by);
  }
});

test('[CALL-65] a camera that is being switched stays as it was; another fault is one', async () => {
  const busy = vi.fn(() => Promise.reject(new DOMException('transceiver is stopping', 'InvalidStateError')));
  await shrink(camera({ width: 1280, height: 720 }, busy).track);
  expect(busy).toHaveBeenCalledOnce();
  const broken = vi.fn(() => Promise.reject(new TypeError('no')));
  await expect(shrink(camera({ width: 1280, height: 720 }, broken).track)).rejects.toThrow(TypeError);
});
