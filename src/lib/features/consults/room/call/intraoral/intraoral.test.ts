import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { besides, likeliest } from './choice.ts';
import { Intraoral } from './intraoral.svelte.ts';

class Camera extends EventTarget {
  stopped = false;
  stop() {
    this.stopped = true;
  }
}
const track = () => {
  const camera = new Camera();
  return { camera, track: camera as unknown as MediaStreamTrack };
};

let plugged: Camera | null;
let asked: unknown[];
const log: string[] = [];
const intraoral = () =>
  new Intraoral({
    send: async () => void log.push('send'),
    end: async () => void log.push('end')
  });

beforeEach(() => {
  vi.useFakeTimers();
  log.length = 0;
  asked = [];
  plugged = null;
  vi.stubGlobal('navigator', {
    mediaDevices: {
      getUserMedia: async ({ video }: { video: { deviceId: unknown } }) => {
        asked.push(video.deviceId);
        if (!plugged) throw new DOMException('gone', 'NotFoundError');
        return { getVideoTracks: () => [plugged] };
      }
    }
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('[CALL-52] an intraoral camera', () => {
  it('[CALL-52] is sent when it is shown, and let go when it is stopped or the call ends', async () => {
    const mouth = intraoral();
    const [one, other] = [track(), track()];
    await mouth.show('usb', one.track);
    expect(mouth.state.kind).toBe('on');
    await mouth.stop();
    expect([mouth.state.kind, one.camera.stopped, log.join()]).toEqual(['off', true, 'send,end']);
    await mouth.show('usb', other.track);
    mouth.end();
    expect([mouth.state.kind, other.camera.stopped]).toEqual(['off', true]);
  });

  it('[CALL-52] unplugged, it is said to be lost and comes back by itself: that camera and no other', async () => {
    const mouth = intraoral();
    const { camera, track: usb } = track();
    await mouth.show('usb', usb);
    camera.dispatchEvent(new Event('ended'));
    await vi.advanceTimersByTimeAsync(500);
    expect(mouth.state).toEqual({ kind: 'lost', deviceId: 'usb' });
    expect(log.join()).toBe('send,end');
    plugged = new Camera();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(mouth.state.kind).toBe('on');
    expect(log.join()).toBe('send,end,send');
    expect(asked.every((id) => JSON.stringify(id) === '{"exact":"usb"}')).toBe(true);
  });

  it('[CALL-52] stopped while it is lost, it stays away', async () => {
    const mouth = intraoral();
    const { camera, track: usb } = track();
    await mouth.show('usb', usb);
    camera.dispatchEvent(new Event('ended'));
    await vi.advanceTimersByTimeAsync(500);
    await mouth.stop();
    plugged = new Camera();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([mouth.state.kind, log.filter((what) => what === 'send').length]).toEqual(['off', 1]);
  });

  it('[CALL-52] in a new room it is opened anew; one that was off stays off', async () => {
    const mouth = intraoral();
    mouth.resume();
    expect(asked).toEqual([]);
    await mouth.show('usb', track().track);
    plugged = new Camera();
    mouth.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect([mouth.state.kind, log.join()]).toEqual(['on', 'send,send']);
  });

  it('[CALL-52] the camera that shows the person is never offered; a name that says so is', () => {
    const [face, plain, oral] = [
      { id: 'face', label: 'Integrated Camera' },
      { id: 'plain', label: 'USB Camera' },
      { id: 'oral', label: 'Intra-oral HD' }
    ];
    const rest = besides([face, oral, plain], 'face');
    expect(rest).toEqual([oral, plain]);
    expect(likeliest(rest, null)).toBe(oral);
    expect(likeliest(rest, 'plain')).toBe(plain);
    expect(likeliest(besides([face], 'face'), 'face')).toBeNull();
  });
});
