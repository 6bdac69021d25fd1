import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { RoomEvent, type RemoteTrack, type Room } from 'livekit-client';
import { Missed } from './missed.ts';

test('[CALL-74] what the media client forgot to tell is told to all who listen, its own part that decrypts too', () => {
  const room = Object.assign(new EventEmitter(), { remoteParticipants: new Map<string, unknown>() });
  const taken = new Set<RemoteTrack>();
  const told: string[] = [];
  room
    .on(RoomEvent.TrackPublished, ({ trackSid }: { trackSid: string }) => told.push(`published ${trackSid}`))
    .on(RoomEvent.TrackSubscribed, (track: RemoteTrack, { trackSid }: { trackSid: string }) => {
      told.push(`subscribed ${trackSid}`);
      taken.add(track);
    });
  const missed = new Missed(room as unknown as Room, (track) => taken.has(track));
  expect(missed.tell()).toBe(false);

  const [known, forgotten] = [{}, {}] as RemoteTrack[];
  taken.add(known!);
  const publication = (trackSid: string, track?: RemoteTrack) => ({ trackSid, isMuted: false, track });
  const of = (...all: { trackSid: string }[]) => new Map(all.map((one) => [one.trackSid, one]));
  const announced = publication('c');
  room.remoteParticipants.set('m:li', {
    sid: 'PA_li',
    trackPublications: of(publication('a', known), publication('b', forgotten), announced)
  });
  expect(missed.tell()).toBe(true);
  expect(told).toEqual(['published b', 'subscribed b']);
  expect(missed.tell()).toBe(false);

  // Of the same name, after a short reconnection.
  announced.track = {} as RemoteTrack;
  missed.tell();
  announced.track = {} as RemoteTrack;
  expect(missed.tell()).toBe(true);
  expect(told.slice(2)).toEqual(['published c', 'subscribed c', 'published c', 'subscribed c']);
});
