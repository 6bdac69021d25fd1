import { SvelteMap } from 'svelte/reactivity';
import { cameraAnswerTopic, type CameraAnswer, type Cannot } from '../../../camera-answer.ts';
import type { ParticipantView } from '../call.ts';
import type { Hearing } from '../hearing.ts';

/** Where one stands with a patient whose camera one would like to set. */
export interface CameraAsked {
  state: 'unasked' | 'asked' | Exclude<CameraAnswer, 'cannot'>;
  /** What of the last wish their camera cannot do. */
  cannot: readonly Cannot[];
}
const unasked: CameraAsked = { state: 'unasked', cannot: [] };
type Person = Pick<ParticipantView, 'identity' | 'joinedAt'>;

/** [CALL-51] What patients answered to having their camera set by this person, until they leave the call. */
export class CameraAnswers {
  readonly #asked = new SvelteMap<string, CameraAsked & Pick<Person, 'joinedAt'>>();

  constructor(hearing: Hearing) {
    hearing.on(cameraAnswerTopic, (bytes, from) => {
      // The server's alone, which has it from the patient's own page.
      if (from === null) void this.#hear(bytes);
    });
  }

  of({ identity, joinedAt }: Person): CameraAsked {
    const asked = this.#asked.get(identity);
    // Who left is asked anew when they come back: their page may be another.
    return asked?.joinedAt === joinedAt ? asked : unasked;
  }

  ask({ identity, joinedAt }: Person): void {
    this.#asked.set(identity, { state: 'asked', cannot: [], joinedAt });
  }

  async #hear(bytes: Uint8Array): Promise<void> {
    // Few are ever asked: what reads it is loaded when there is something to read.
    const { readTold } = await import('./told.ts');
    const told = readTold(bytes);
    const before = told && this.#asked.get(told.identity);
    if (!told || !before) return;
    const { answer, cannot } = told;
    const state = answer === 'cannot' ? before.state : answer;
    this.#asked.set(told.identity, { state, cannot, joinedAt: before.joinedAt });
  }
}
