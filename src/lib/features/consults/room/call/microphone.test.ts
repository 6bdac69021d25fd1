import { expect, test, vi } from 'vitest';
import { Devices } from './devices.svelte.ts';
import { setNoise } from './microphone.ts';
import { Sending } from './sending.svelte.ts';
import type { Session } from './session.ts';

/** A microphone as Chromium has it: noise suppression only by opening it anew, each time as `opens` answers. */
function microphone(...opens: ('opens' | 'busy')[]) {
  let noiseSuppression = true;
  const asked: unknown[] = [];
  const mediaStreamTrack = {
    readyState: 'live',
    getSettings: () => ({ deviceId: 'desk', noiseSuppression }),
    getConstraints: () => ({}),
    applyConstraints: () => Promise.resolve()
  };
  const restartTrack = (options?: { noiseSuppression?: unknown; deviceId?: unknown }) => {
    asked.push(options?.noiseSuppression);
    expect(options?.deviceId).toEqual({ ideal: 'desk' });
    // As the media client does: let go first.
    mediaStreamTrack.readyState = 'ended';
    if (opens.shift() === 'busy') return Promise.reject(new DOMException('in use', 'NotReadableError'));
    mediaStreamTrack.readyState = 'live';
    noiseSuppression = options?.noiseSuppression === true;
    return Promise.resolve();
  };
  const did: string[] = [];
  const mute = () => Promise.resolve(did.push('muted'));
  const track = { mediaStreamTrack, restartTrack, mute } as unknown as Parameters<typeof setNoise>[0];
  return { track, asked, did, set: (on: boolean) => setNoise(track, on, () => void did.push('gone')) };
}

test('[CALL-32] noise suppression is taken of a microphone opened anew', async () => {
  const { asked, set } = microphone('opens');
  expect(await set(false)).toBe(true);
  expect(asked).toEqual([false]);
});

test('[CALL-32] one that cannot be opened anew is opened as it was, and that is told', async () => {
  const { track, asked, did, set } = microphone('busy', 'opens');
  await expect(set(false)).rejects.toThrow('in use');
  expect(asked).toEqual([false, true]);
  expect(track.mediaStreamTrack.readyState).toBe('live');
  expect(did).toEqual([]);
  const gone = microphone('busy', 'busy');
  await expect(gone.set(false)).rejects.toThrow('in use');
  expect(gone.did).toEqual(['gone', 'muted']);
});

test('[CALL-32] the choice is what the microphone does, and while it is opened anew it is not missing', async () => {
  const devices = new Devices();
  let answer: () => Promise<boolean> = () => Promise.resolve(true);
  const session = {
    setNoiseSuppression: vi.fn(() => answer()),
    sends: () => false,
    setMicrophone: vi.fn(() => Promise.resolve()),
    setCamera: () => Promise.resolve()
  };
  const sending = new Sending({
    devices,
    session: () => session as unknown as Session,
    isLive: () => true,
    changed: () => {}
  });
  sending.cameraOn = false;
  answer = async () => {
    await Promise.resolve();
    sending.givenBack.look();
    expect(sending.givenBack.taken).toEqual([]);
    return true;
  };
  expect(await sending.setQuietens(false)).toBe('done');
  expect(devices.quietens).toBe(false);
  answer = () => Promise.resolve(false);
  expect(await sending.setQuietens(true)).toBe('refused');
  answer = () => Promise.reject(new DOMException('in use', 'NotReadableError'));
  devices.setQuietens(true);
  expect(await sending.setQuietens(false)).toBe('failed');
  expect(devices.quietens).toBe(true);
  // One that is gone by it is looked after.
  expect(sending.givenBack.taken).toEqual(['microphone']);
  sending.givenBack.stop();
});
