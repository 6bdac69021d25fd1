import { api } from '#lib/ui/api.ts';
import { idleWarningMs } from './idle.ts';

const tickMs = 1_000;
/** Above the server's own resolution, far below any limit. */
const tellEveryMs = 40_000;
const sharedKey = 'consilium.active';
const signs = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;

interface IdleOptions {
  idleMinutes: number;
  /** True while the person is here without touching anything: in a call. */
  isBusy: () => boolean;
  /** The time is up: keep what is typed and leave. */
  onend: () => void;
}

/** Watches for signs of life in any tab of this browser, tells the server of them, and warns before the end. */
export class IdleWatch {
  /** Seconds to the end once it is near; null: not near. */
  left = $state<number | null>(null);
  readonly #options: IdleOptions;
  #activeMs = Date.now();
  #toldMs = Date.now();
  #ended = false;

  constructor(options: IdleOptions) {
    this.#options = options;
  }

  /** Begin; returns what ends it. */
  start(): () => void {
    if (this.#options.idleMinutes === 0) return () => {};
    const onSign = () => {
      // While the warning stands, only its button counts: a sleeve on the desk is no answer.
      if (this.left === null) this.#mark();
    };
    for (const sign of signs) window.addEventListener(sign, onSign, { passive: true, capture: true });
    const timer = setInterval(() => this.#look(), tickMs);
    return () => {
      clearInterval(timer);
      for (const sign of signs) window.removeEventListener(sign, onSign, { capture: true });
    };
  }

  /** The person says they are here. */
  stay(): void {
    this.#mark();
    this.left = null;
    this.#tell();
  }

  #mark(): void {
    this.#activeMs = Date.now();
    try {
      localStorage.setItem(sharedKey, String(this.#activeMs));
    } catch {
      // Without storage each tab watches for itself.
    }
  }

  #look(): void {
    if (this.#ended) return;
    if (this.#options.isBusy()) this.#mark();
    const active = Math.max(this.#activeMs, elsewhere());
    const now = Date.now();
    if (active > this.#toldMs && now - this.#toldMs >= tellEveryMs) this.#tell();
    const leftMs = active + this.#options.idleMinutes * 60_000 - now;
    if (leftMs <= 0) {
      this.#ended = true;
      this.#options.onend();
    } else this.left = leftMs <= idleWarningMs ? Math.ceil(leftMs / 1000) : null;
  }

  #tell(): void {
    this.#toldMs = Date.now();
    // A line that is down is told by the frame; the next look tries again.
    api('POST', '/api/session').catch(() => (this.#toldMs = 0));
  }
}

function elsewhere(): number {
  try {
    return Number(localStorage.getItem(sharedKey) ?? 0);
  } catch {
    // Without storage there is no elsewhere.
    return 0;
  }
}
