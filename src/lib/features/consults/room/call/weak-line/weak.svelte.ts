import type { Step } from './patience.ts';

/** [CALL-67] Whether this person's line is weak, and whether they have read what that changes. */
export class Weak {
  step = $state<Step>('none');
  #hasRead = $state(false);
  told = $derived(this.step !== 'none' && !this.#hasRead);

  /** Not told again in this stay. */
  dismiss(): void {
    this.#hasRead = true;
  }

  /** The stay is over. */
  end(): void {
    this.step = 'none';
    this.#hasRead = false;
  }
}
