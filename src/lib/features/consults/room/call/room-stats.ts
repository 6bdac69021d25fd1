import type { Participant, Room } from 'livekit-client';
import { intraoralName } from './intraoral/send.ts';
import type { Stats } from './line.ts';

/** The browser's own statistics of all that is sent and received now; an intraoral camera is no picture of a person. */
export async function statsOf({
  localParticipant,
  remoteParticipants
}: Pick<Room, 'localParticipant' | 'remoteParticipants'>): Promise<Stats> {
  const people: Participant[] = [localParticipant, ...remoteParticipants.values()];
  const tracks = people.flatMap((person) =>
    [...person.trackPublications.values()].flatMap(({ track, trackName }) =>
      track && trackName !== intraoralName ? track : []
    )
  );
  // Of a track that ends meanwhile there is nothing to tell.
  const reports = await Promise.allSettled(tracks.map((track) => track.getRTCStatsReport()));
  const all = new Map<string, Readonly<Record<string, unknown>>>();
  for (const report of reports)
    if (report.status === 'fulfilled')
      report.value?.forEach((stat: Record<string, unknown>, id: string) => all.set(id, stat));
  return all;
}
