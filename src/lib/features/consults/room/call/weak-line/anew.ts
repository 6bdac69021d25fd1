import type { RemoteTrackPublication } from 'livekit-client';

/** The media server takes a wish to hold something back after a tenth of a second only. */
const heldBackMs = 200;
/** Not before the key frame that was asked for can have come, on a slow line too: it would be held back with the rest. */
const everyMs = 2_000;

/**
 * [CALL-68] Pictures begun anew by a page that may send no messages: held back for a moment and wanted again, a picture
 * begins with a key frame, which the media server asks of who sends it.
 */
export class Anew {
  readonly #begunAt = new WeakMap<RemoteTrackPublication, number>();

  begin(publication: RemoteTrackPublication, atMs: number): void {
    if (atMs - (this.#begunAt.get(publication) ?? -Infinity) < everyMs) return;
    this.#begunAt.set(publication, atMs);
    publication.setEnabled(false);
    setTimeout(() => {
      // Not `setEnabled(true)`: it would be sent from then on whether anybody looks at it or not.
      Reflect.set(publication, 'requestedDisabled', undefined);
      publication.emitTrackUpdate();
    }, heldBackMs);
  }
}
