import type { LineQuality } from './call.ts';

const key = 'consilium.low-data';
/** A line that is bad for this long without a break is offered "low data". */
export const offerAfterMs = 8_000;

/** [CALL-65] Whether this person spares data. Remembered by the browser, offered where the line is bad, never forced. */
export class LowData {
  on = $state(false);
  /** The line is bad and they may want it. */
  offered = $state(false);
  #declined = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Browser only. */
  read(): void {
    try {
      this.on = localStorage.getItem(key) === 'on';
    } catch {
      // Private mode: as it comes.
    }
  }

  set(on: boolean): void {
    this.on = on;
    this.#rest();
    try {
      localStorage.setItem(key, on ? 'on' : 'off');
    } catch {
      // Private mode or a full store: for this visit only.
    }
  }

  /** Not asked again in this stay. */
  decline(): void {
    this.#declined = true;
    this.#rest();
  }

  /** With every change of one's own line. */
  look(quality: LineQuality): void {
    const isBad = quality === 'poor' || quality === 'lost';
    if (!isBad || this.on || this.#declined) this.#rest();
    else if (!this.offered) this.#timer ??= setTimeout(() => (this.offered = true), offerAfterMs);
  }

  /** The stay is over. */
  end(): void {
    this.#declined = false;
    this.#rest();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.offered = false;
  }
}
