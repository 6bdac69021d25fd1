import {
  ConnectionQuality,
  Track,
  type RemoteParticipant,
  type RemoteTrackPublication,
  type Room
} from 'livekit-client';
import type { Owed } from './arrival.ts';
import type { Sent } from './sent.ts';

/**
 * Whether something of it should be arriving now: not what is muted, not looked at (adaptive stream), held back by the
 * media server on a weak line or not for us; nor a screen, of which nothing comes while nothing on it moves.
 */
export function isOwed(publication: RemoteTrackPublication): boolean {
  return (
    !publication.isMuted &&
    publication.isDesired &&
    publication.isEnabled &&
    publication.permissionStatus === 'allowed' &&
    publication.track?.streamState !== Track.StreamState.Paused &&
    (publication.source === Track.Source.Microphone || publication.source === Track.Source.Camera)
  );
}

/** [CALL-74] Of what others send here, and of what oneself sends to them. */
export async function owedIn(
  { remoteParticipants, localParticipant }: Pick<Room, 'remoteParticipants' | 'localParticipant'>,
  sent: Sent
): Promise<Owed[]> {
  const [owed, untaken] = await Promise.all([
    owedOf(remoteParticipants.values()),
    sent.untaken(localParticipant.trackPublications.values())
  ]);
  return [...owed, ...untaken];
}

/** [CALL-74] Of whom the media server says that their line is gone, nothing is owed. */
export async function owedOf(people: Iterable<RemoteParticipant>): Promise<Owed[]> {
  const publications = [...people]
    .filter(({ connectionQuality }) => connectionQuality !== ConnectionQuality.Lost)
    .flatMap((person) => [...person.trackPublications.values()])
    .filter(isOwed);
  return Promise.all(
    publications.map(async ({ trackSid, track }) => ({
      id: trackSid,
      bytes: track ? await received(track) : null
    }))
  );
}

async function received(track: Track): Promise<number> {
  let bytes = 0;
  // Of a track that ends meanwhile there is nothing to tell.
  const report = await track.getRTCStatsReport().catch(() => undefined);
  report?.forEach((stat: Readonly<Record<string, unknown>>) => {
    if (stat['type'] === 'inbound-rtp') bytes += Number(stat['bytesReceived'] ?? 0);
  });
  return bytes;
}
