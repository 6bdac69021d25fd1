import { api, ApiError } from '#lib/ui/api.ts';
import type { Live } from '#lib/ui/shell/live.svelte.ts';
import { nextRingAfterMs, ringForMs } from '../waiting.ts';
import type { WaitingNews } from '../waiting.server.ts';
import { chime, play } from './call/sound.ts';

/** [CN-33] How long a browser goes on asking whether it may ring. */
const rounds = 5;

/** Under it the clinic's pages share one `RingSetting`. */
export const ringKey = Symbol('ring');

/** Whether this browser rings for who waits; kept on this device, for this person. */
export class RingSetting {
  on = $state(true);
  readonly #key: string;

  constructor(userId: string) {
    this.#key = `consilium.ring.${userId}`;
  }

  /** Browser only. */
  read(): void {
    try {
      this.on = localStorage.getItem(this.#key) !== 'off';
    } catch {
      // No store: it rings.
      this.on = true;
    }
  }

  set(on: boolean): void {
    this.on = on;
    try {
      localStorage.setItem(this.#key, on ? 'on' : 'off');
    } catch {
      // Private mode or a full store: for this visit only.
    }
  }
}

/**
 * [CN-33] Rings for one consult's waiting patient: asks the server at its turn, and again every minute while somebody
 * still waits. The server says yes to one browser at a time; one that is muted, or may not sound, does not ask.
 */
export function ringFor(
  { consultId, rank }: { consultId: string; rank: number },
  { isOn, onring }: { isOn: () => boolean; onring: () => void }
): () => void {
  let round = 0;
  let over = false;
  let timer = setTimeout(() => void ask(), rank * nextRingAfterMs);
  async function ask() {
    let waits = true;
    if (isOn() && canSound()) {
      const answer = await mayRing(consultId);
      // Let in while the server was asked.
      if (over) return;
      waits = answer.waits;
      if (answer.ring) {
        onring();
        await play([...chime, ...chime]);
      }
    }
    if (!over && waits && ++round < rounds) timer = setTimeout(() => void ask(), ringForMs);
  }
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

/**
 * [CN-33] Rings for who waits, as the server tells of them. What was said of it is taken back as soon as nobody waits in
 * that consult any more. @returns stop
 */
export function followWaiting(
  live: Pick<Live, 'on'>,
  on: { isOn: () => boolean; said: (consultId: string) => void; unsaid: (consultId: string) => void }
): () => void {
  const rings = new Map<string, () => void>();
  const said = new Set<string>();
  const stop = live.on('waiting', (data) => {
    const { consultId, rank, ring } = data as WaitingNews;
    rings.get(consultId)?.();
    rings.delete(consultId);
    if (!ring) {
      if (said.delete(consultId)) on.unsaid(consultId);
      return;
    }
    const onring = () => {
      said.add(consultId);
      on.said(consultId);
    };
    rings.set(consultId, ringFor({ consultId, rank }, { isOn: on.isOn, onring }));
  });
  return () => {
    stop();
    rings.forEach((end) => end());
  };
}

/** Nobody has touched this page yet: it would take the ring and make no sound. */
function canSound(): boolean {
  const activation = (navigator as { userActivation?: UserActivation }).userActivation;
  return activation?.hasBeenActive ?? true;
}

async function mayRing(consultId: string): Promise<{ ring: boolean; waits: boolean }> {
  try {
    return await api('POST', `/api/consults/${consultId}/ring`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Not for this person, or over: not asked again. The line is down: the next minute.
    return { ring: false, waits: error.code === 'unreachable' };
  }
}
