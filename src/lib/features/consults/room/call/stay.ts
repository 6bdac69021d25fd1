import type { CallStatisticInput } from '../../call-statistic-input.ts';
import type { Session } from './session.ts';
import type { JoinMarks } from './statistics.ts';
import type { StatisticsKeeper } from './statistics-keeper.ts';

export interface StayOptions extends Pick<JoinMarks, 'clickedAt' | 'seatAt'> {
  session: () => Session | null;
  tell: ((statistic: CallStatisticInput) => Promise<unknown>) | undefined;
}

/** [CALL-60] One stay in the call, from the line being open: the way in by the clock, then the figures of the line. */
export class Stay {
  readonly #options: StayOptions;
  readonly #marks: JoinMarks;
  #keeper: StatisticsKeeper | 'loading' | null = null;
  #over = false;

  /** @param awaited somebody shows a picture */
  constructor(options: StayOptions, awaited: boolean) {
    this.#options = options;
    const { clickedAt, seatAt } = options;
    const lineAt = performance.now();
    this.#marks = { clickedAt, seatAt: seatAt ?? lineAt, lineAt, awaited, pictureAt: null };
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
