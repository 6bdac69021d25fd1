import { RoomEvent, type RemoteTrack, type Room } from 'livekit-client';

/**
 * [CALL-74] What is here without having been told: on its way out of a full reconnection the media client says that it
 * is back, and keeps to itself who and what comes in the two seconds until it has tidied up. Its own part that decrypts
 * learns it from the same events, and hears nothing either: so they are made up for.
 */
export class Missed {
  readonly #room: Pick<Room, 'remoteParticipants' | 'emit'>;
  readonly #isTaken: (track: RemoteTrack) => boolean;
  #here = '';

  /** @param isTaken it was told of this track, which is played or shown since */
  constructor(room: Pick<Room, 'remoteParticipants' | 'emit'>, isTaken: (track: RemoteTrack) => boolean) {
    this.#room = room;
    this.#isTaken = isTaken;
  }

  /** @returns whether something has changed since the last time */
  tell(): boolean {
    const here: string[] = [];
    // Of the same name as one before a short reconnection, and yet another track.
    let isNew = false;
    for (const person of this.#room.remoteParticipants.values()) {
      here.push(person.sid);
      for (const publication of person.trackPublications.values()) {
        const { track, trackSid, isMuted } = publication;
        here.push(trackSid, String(isMuted), String(Boolean(track)));
        if (!track || this.#isTaken(track)) continue;
        isNew = true;
        this.#room.emit(RoomEvent.TrackPublished, publication, person);
        this.#room.emit(RoomEvent.TrackSubscribed, track, publication, person);
      }
    }
    const former = this.#here;
    this.#here = here.join();
    return isNew || former !== this.#here;
  }
}
