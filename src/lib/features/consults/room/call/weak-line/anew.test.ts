import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RemoteTrackPublication, Track, TrackEvent } from 'livekit-client';
import { Anew } from './anew.ts';

/** The media client's own, of a camera shown somewhere; `wishes`: what it told the media server. */
function shown() {
  const info = { sid: 'a', name: 'camera', source: 1, width: 640, height: 360, muted: false, layers: [] };
  const publication = new RemoteTrackPublication(
    Track.Kind.Video,
    info as unknown as ConstructorParameters<typeof RemoteTrackPublication>[1],
    true
  );
  Object.defineProperty(publication, 'isAdaptiveStream', { value: true });
  const see = (visible: boolean) => {
    (publication as unknown as { handleVisibilityChange: (visible: boolean) => void }).handleVisibilityChange(
      visible
    );
  };
  see(true);
  const wishes: string[] = [];
  publication.on(TrackEvent.UpdateSettings, ({ disabled }) => wishes.push(disabled ? 'not' : 'wanted'));
  return { publication, see, wishes };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('[CALL-68] a picture is held back for a moment and wanted again, and not while its key frame is on its way', async () => {
  const { publication, wishes } = shown();
  const anew = new Anew();
  anew.begin(publication, 0);
  expect(wishes).toEqual(['not']);
  await vi.advanceTimersByTimeAsync(200);
  expect(wishes).toEqual(['not', 'wanted']);
  anew.begin(publication, 1_500);
  expect(wishes).toHaveLength(2);
  anew.begin(publication, 2_500);
  expect(wishes).toHaveLength(3);
});

test('[CALL-68] what is hidden after that is held back as before', async () => {
  const { publication, see, wishes } = shown();
  new Anew().begin(publication, 0);
  await vi.advanceTimersByTimeAsync(200);
  see(false);
  expect(wishes).toEqual(['not', 'wanted', 'not']);
  expect(publication.isEnabled).toBe(false);
});
