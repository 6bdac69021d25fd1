import {
  ConnectionQuality,
  Track,
  type RemoteParticipant,
  type RemoteTrackPublication
} from 'livekit-client';
import { describe, expect, it } from 'vitest';
import { isOwed, owedOf } from './owed.ts';

function publication(differs: object = {}): RemoteTrackPublication {
  const track = {
    streamState: Track.StreamState.Active,
    getRTCStatsReport: () =>
      Promise.resolve(
        new Map([
          ['in', { type: 'inbound-rtp', bytesReceived: 70 }],
          ['of', { type: 'codec' }]
        ])
      )
  };
  return {
    ...{
      trackSid: 'TR',
      source: Track.Source.Camera,
      track,
      isMuted: false,
      isDesired: true,
      isEnabled: true
    },
    ...{ permissionStatus: 'allowed', ...differs }
  } as unknown as RemoteTrackPublication;
}

const person = (connectionQuality: ConnectionQuality, ...all: RemoteTrackPublication[]) =>
  ({
    connectionQuality,
    trackPublications: new Map(all.map((one, at) => [at, one]))
  }) as unknown as RemoteParticipant;

describe('what should be arriving', () => {
  it('[CALL-74] is what somebody shows or says, with what has come of it', async () => {
    const good = person(ConnectionQuality.Good, publication(), publication({ track: undefined }));
    expect(await owedOf([good])).toEqual([
      { id: 'TR', bytes: 70 },
      { id: 'TR', bytes: null }
    ]);
  });

  it.each([
    ['muted', { isMuted: true }],
    ['hidden', { isEnabled: false }],
    ['held back', { track: { streamState: Track.StreamState.Paused } }],
    ['not wanted', { isDesired: false }],
    ['not for us', { permissionStatus: 'not_allowed' }],
    ['a screen', { source: Track.Source.ScreenShare }]
  ])('[CALL-74] is not what is %s', (_, differs) => {
    expect(isOwed(publication())).toBe(true);
    expect(isOwed(publication(differs))).toBe(false);
  });

  it('[CALL-74] is nothing of who has no camera, or whose line is gone', async () => {
    const gone = person(ConnectionQuality.Lost, publication());
    expect(await owedOf([gone, person(ConnectionQuality.Excellent)])).toEqual([]);
  });
});
