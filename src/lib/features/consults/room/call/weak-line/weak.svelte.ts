import type { LineQuality } from '../call.ts';
import type { Step } from './patience.ts';

/**
 * [CALL-67] Whether this person's line is weak, and whether they have read what that changes. Less is taken where
 * somebody else's line is the weak one, too: what is lost on their way up is missing here. Whose it is, the media server
 * knows.
 */
export class Weak {
  #step = $state<Step>('none');
  #isOwn = $state(false);
  #hasRead = $state(false);
  #quality: LineQuality = 'unknown';
  told = $derived(this.#step !== 'none' && this.#isOwn && !this.#hasRead);

  stepped(step: Step): void {
    this.#step = step;
    if (step === 'none') this.#isOwn = false;
    else this.look(this.#quality);
  }

  /** With every change of one's own line, as the media server judges it. Once weak it is so until all is taken again. */
  look(quality: LineQuality): void {
    this.#quality = quality;
    if (this.#step !== 'none' && quality !== 'good' && quality !== 'unknown') this.#isOwn = true;
  }

  /** Not told again in this stay. */
  dismiss(): void {
    this.#hasRead = true;
  }

  /** The stay is over. */
  end(): void {
    this.stepped('none');
    this.#quality = 'unknown';
    this.#hasRead = false;
  }
}
