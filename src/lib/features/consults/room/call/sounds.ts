import type { RemoteAudioTrack, Track } from 'livekit-client';

/** The sound of the others, each in an element of its own that nobody sees. */
export class Sounds {
  readonly #elements = new Map<Track, HTMLMediaElement>();

  play(track: RemoteAudioTrack): void {
    const element = track.attach();
    element.hidden = true;
    document.body.append(element);
    this.#elements.set(track, element);
  }

  /** Kept here: the client has often let go of its elements before it says so. */
  stop(track: Track): void {
    this.#elements.get(track)?.remove();
    this.#elements.delete(track);
  }

  silence(): void {
    for (const element of this.#elements.values()) element.remove();
    this.#elements.clear();
  }
}
