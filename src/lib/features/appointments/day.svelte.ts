import { SvelteMap } from 'svelte/reactivity';
import type { AppointmentMove, AppointmentStatus } from './appointment.ts';
import type { AppointmentView } from './view.ts';

/** Carries a move out; rejects where it failed, after telling the person. */
export type MoveHandler = (request: {
  id: string;
  from: AppointmentStatus;
  move: AppointmentMove;
}) => Promise<void>;

/** Moves under way, one at a time an appointment, so that a second click does nothing. */
export class DayMoves {
  readonly #pending = new SvelteMap<string, AppointmentMove>();
  readonly #handle: () => MoveHandler;

  constructor(handle: () => MoveHandler) {
    this.#handle = handle;
  }

  pendingOf(id: string): AppointmentMove | null {
    return this.#pending.get(id) ?? null;
  }

  async make(appointment: AppointmentView, move: AppointmentMove): Promise<void> {
    if (this.#pending.has(appointment.id)) return;
    this.#pending.set(appointment.id, move);
    try {
      await this.#handle()({ id: appointment.id, from: appointment.status, move });
    } finally {
      this.#pending.delete(appointment.id);
    }
  }
}
