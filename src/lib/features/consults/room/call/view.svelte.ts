import { pictureKey, type Picture } from './call.ts';
import type { CallController } from './call.svelte.ts';
import { callLayouts, stageOf, type CallLayout, type Stage } from './layout.ts';

/** How one person sees the call: layout and whom they pinned. The layout is kept in this browser, by person. */
export class CallView {
  layout = $state<CallLayout>('board');
  /** `pictureKey` */
  pinned = $state<string | null>(null);
  /** Fewer pictures: chosen, or because the computer could not keep up. */
  sparing = $state(false);
  /** It was this computer that chose so; told until answered. */
  sparedByItself = $state(false);
  /** Whose shared screen was put away. */
  #putAway = $state<string | null>(null);
  readonly #call: CallController;
  readonly #key: string;

  constructor(call: CallController, userId: string) {
    this.#call = call;
    this.#key = `consilium.call-layout.${userId}`;
  }

  get stage(): Stage {
    const { participants, lastSpeaker } = this.#call;
    // Shared anew, a screen opens again.
    const shares = participants.some((one) => one.identity === this.#putAway && one.screen !== null);
    return stageOf(participants, {
      ...{ layout: this.layout, pinned: this.pinned, lastSpeaker },
      putAway: shares ? this.#putAway : null
    });
  }

  /** Browser only. */
  read(): void {
    try {
      const kept = localStorage.getItem(this.#key);
      this.layout = callLayouts.find((layout) => layout === kept) ?? 'board';
    } catch {
      // Private mode: as it comes.
    }
  }

  choose(layout: CallLayout): void {
    this.layout = layout;
    this.#putAway = this.#sharer();
    try {
      localStorage.setItem(this.#key, layout);
    } catch {
      // Private mode or a full store: chosen for this visit only.
    }
  }

  spare(on: boolean): void {
    this.sparing = on;
    this.sparedByItself = false;
  }

  /** The page cannot keep up. */
  struggles(): void {
    if (this.sparing) return;
    this.sparing = this.sparedByItself = true;
  }

  next(): void {
    this.choose(callLayouts[(callLayouts.indexOf(this.layout) + 1) % callLayouts.length] ?? 'board');
  }

  /** Show somebody large, or no longer; a screen that was put away comes back by being pressed. */
  pin(identity: string, picture: Picture): void {
    const key = pictureKey(identity, picture);
    if (picture === 'screen') this.#putAway = this.#putAway === identity ? null : identity;
    else this.pinned = this.pinned === key ? null : key;
  }

  toBoard(): void {
    if (this.layout === 'board') this.#putAway = this.#sharer();
    else this.choose('board');
  }

  #sharer(): string | null {
    return this.#call.others.find((person) => person.screen !== null)?.identity ?? null;
  }
}
