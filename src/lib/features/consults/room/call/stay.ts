import type { CallStatisticInput } from '../../call-statistic-input.ts';
import type { Session } from './session.ts';
import type { JoinMarks } from './statistics.ts';
import type { StatisticsKeeper } from './statistics-keeper.ts';

export interface StayOptions {
  session: () => Session | null;
  tell: ((statistic: CallStatisticInput) => Promise<unknown>) | undefined;
}

/** [CALL-60] One stay in the call, from the click on: the way in by the clock, then the figures of the line. */
export class Stay {
  readonly #options: StayOptions;
  readonly #marks: JoinMarks = {
    ...{ clickedAt: performance.now(), seatAt: null, lineAt: null, awaited: false, pictureAt: null }
  };
  #keeper: StatisticsKeeper | 'loading' | null = null;
  #over = false;

  constructor(options: StayOptions) {
    this.#options = options;
  }

  seated(): void {
    this.#marks.seatAt = performance.now();
  }

  /** @param awaited somebody shows a picture */
  lineOpen(awaited: boolean): void {
    this.#marks.lineAt = performance.now();
    this.#marks.seatAt ??= this.#marks.lineAt;
    this.#marks.awaited = awaited;
  }

  pictured(at: number): void {
    this.#marks.pictureAt ??= at;
  }

  /** Nobody waits for a picture any more: what counts is loaded now, not before. */
  async settled(): Promise<void> {
    const { tell, session } = this.#options;
    if (this.#keeper || this.#over || !tell) return;
    this.#keeper = 'loading';
    const { StatisticsKeeper } = await import('./statistics-keeper.ts');
    if (!this.#over) this.#keeper = new StatisticsKeeper({ marks: this.#marks, session, tell });
  }

  /** A new room stands in place of a lost one. */
  rebuilt(): void {
    if (this.#keeper && this.#keeper !== 'loading') this.#keeper.rebuilt();
  }

  end(): void {
    this.#over = true;
    if (this.#keeper && this.#keeper !== 'loading') this.#keeper.end();
  }
}
