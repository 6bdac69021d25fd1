import { describe, expect, test } from 'vitest';
import type { ParticipantView } from '../call.ts';
import { lookables, mostZoom, within, zoomed } from './frozen.ts';

const size = { width: 1280, height: 720 };
const whole = { zoom: 1, x: 640, y: 360 };

describe('[CALL-46] looking closely', () => {
  test('zooming keeps the point under the hand, down to single pixels and never beyond the whole', () => {
    const near = zoomed(whole, 4, { x: 320, y: 180 }, size);
    expect(near.zoom).toBe(4);
    expect((320 - near.x) * near.zoom).toBeCloseTo((320 - whole.x) * whole.zoom);
    expect(zoomed(near, 0.01, { x: 0, y: 0 }, size)).toEqual(whole);
    expect(zoomed(near, 1_000, { x: 320, y: 180 }, size).zoom).toBe(mostZoom);
  });

  test('nothing outside the picture is shown', () => {
    expect(within({ zoom: 2, x: 0, y: 9_999 }, size)).toEqual({ zoom: 2, x: 320, y: 540 });
  });

  test('[CALL-52] the patient comes first, then an intraoral camera, oneself last', () => {
    const camera = { id: 'c', attach: () => () => {} };
    const person = (identity: string, more: Partial<ParticipantView>): ParticipantView => ({
      ...{ identity, name: identity, role: 'expert', isSelf: false, micOn: true, cameraOn: true },
      ...{ speaking: false, quality: 'good', joinedAt: 0, camera, screen: null },
      ...more
    });
    const keys = lookables([
      person('me', { isSelf: true, screen: camera }),
      person('doctor', { screen: camera }),
      person('dark', { camera: null, intraoral: camera }),
      person('patient', { role: 'patient' })
    ]).map(({ key }) => key);
    expect(keys).toEqual(['patient', 'dark/intraoral', 'doctor/screen', 'doctor', 'me', 'me/screen']);
  });
});
