/** [CALL-60] Reads a call's own statistics and hands on their sums. Loaded once the call is settled. */
import type { CallStatisticInput } from '../../call-statistic-input.ts';
import type { Session } from './session.ts';
import { machineOf, StaySums, type JoinMarks } from './statistics.ts';

const readEveryMs = 10_000;
/** Told with the first reading, then with each sixth: of a crash a minute is lost. */
const tellEvery = 6;

export interface StatisticsOptions {
  marks: JoinMarks;
  session: () => Session | null;
  tell: (statistic: CallStatisticInput) => Promise<unknown>;
}

export class StatisticsKeeper {
  readonly #options: StatisticsOptions;
  readonly #sums: StaySums;
  readonly #id = crypto.randomUUID();
  readonly #timer: ReturnType<typeof setInterval>;
  #readings = 0;

  constructor(options: StatisticsOptions) {
    this.#options = options;
    this.#sums = new StaySums(options.marks.lineAt ?? performance.now());
    this.#timer = setInterval(() => void this.#read(), readEveryMs);
    window.addEventListener('pagehide', this.#tell);
  }

  /** A new room stands in place of a lost one. */
  rebuilt(): void {
    this.#sums.rebuilds++;
  }

  /** The stay is over. */
  end(): void {
    clearInterval(this.#timer);
    window.removeEventListener('pagehide', this.#tell);
    this.#tell();
  }

  async #read(): Promise<void> {
    const session = this.#options.session();
    if (!session?.isConnected) return;
    const stats = await session.stats();
    this.#sums.add(performance.now(), stats);
    if (this.#readings++ % tellEvery === 0) this.#tell();
  }

  readonly #tell = (): void => {
    const machine = machineOf({
      userAgent: navigator.userAgent,
      touchPoints: navigator.maxTouchPoints,
      coarse: matchMedia('(pointer: coarse)').matches,
      shortSide: Math.min(screen.width, screen.height)
    });
    const numbers = this.#sums.numbers(performance.now(), this.#options.marks);
    this.#options.tell({ id: this.#id, ...numbers, ...machine }).catch(() => {
      // Figures about the call: nothing in it depends on them, and the next telling brings them whole.
    });
  };
}
