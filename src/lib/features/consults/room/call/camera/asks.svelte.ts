import type { ParticipantView } from '../call.ts';

export type Asker = Pick<ParticipantView, 'identity' | 'name'>;

/**
 * [CALL-51] Who would like to set this patient's camera and has no answer yet: one question at a time, in the order in
 * which they asked, so that nobody's is lost under another's.
 */
export class CameraAsks {
  #open = $state.raw<readonly Asker[]>([]);

  /** Asked twice, it is one question, at the place of the first. */
  add({ identity, name }: Asker): void {
    if (!this.#open.some((one) => one.identity === identity))
      this.#open = [...this.#open, { identity, name }];
  }

  /** The one to answer now. Whoever is not in the call hears no answer, and is passed over until they are back. */
  first(inCall: readonly Pick<Asker, 'identity'>[]): Asker | null {
    return this.#open.find(({ identity }) => inCall.some((one) => one.identity === identity)) ?? null;
  }

  /** Answered. */
  end({ identity }: Pick<Asker, 'identity'>): void {
    this.#open = this.#open.filter((one) => one.identity !== identity);
  }
}
