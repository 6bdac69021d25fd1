import { describe, expect, it } from 'vitest';
import {
  appointmentMoves,
  fromColumns,
  moved,
  movesOf,
  toColumns,
  undoWindowMs,
  type AppointmentMove,
  type AppointmentState
} from './appointment.ts';

const startsAt = new Date('2026-11-22T01:00:00Z');
const now = new Date('2026-11-22T01:20:00Z');
const at = (minutes: number) => new Date(startsAt.getTime() + minutes * 60_000);

const states: Record<AppointmentState['status'], AppointmentState> = {
  booked: { status: 'booked' },
  'checked-in': { status: 'checked-in', checkedInAt: at(1) },
  'in-chair': { status: 'in-chair', checkedInAt: at(1), seatedAt: at(5) },
  done: { status: 'done', checkedInAt: at(1), seatedAt: at(5), finishedAt: at(19) },
  cancelled: { status: 'cancelled', checkedInAt: null, cancelledAt: at(2), cancelReason: 'ill' },
  'no-show': { status: 'no-show', cancelledAt: at(12) }
};

/** Where each move leads; a missing entry means refused. */
const table: Record<
  AppointmentState['status'],
  Partial<Record<AppointmentMove, AppointmentState['status']>>
> = {
  booked: { 'check-in': 'checked-in', seat: 'in-chair', cancel: 'cancelled', 'no-show': 'no-show' },
  'checked-in': { seat: 'in-chair', cancel: 'cancelled', undo: 'booked' },
  'in-chair': { finish: 'done', undo: 'checked-in' },
  done: { undo: 'in-chair' },
  cancelled: { undo: 'booked' },
  'no-show': { undo: 'booked' }
};

describe('appointment', () => {
  for (const [status, state] of Object.entries(states))
    for (const move of appointmentMoves) {
      const target = table[status as AppointmentState['status']][move] ?? null;
      it(`[AP-1] ${status} + ${move} → ${target ?? 'refused'}`, () => {
        expect(moved(state, move, { startsAt, now })?.status ?? null).toBe(target);
      });
    }

  it('[AP-1] seating a booked patient checks them in too', () => {
    expect(moved(states.booked, 'seat', { startsAt, now })).toEqual({
      status: 'in-chair',
      checkedInAt: now,
      seatedAt: now
    });
  });

  it('[AP-2] a cancelled patient who had come is waiting again after undo', () => {
    const left = moved(states['checked-in'], 'cancel', { startsAt, now, reason: 'left' })!;
    expect(moved(left, 'undo', { startsAt, now })).toEqual(states['checked-in']);
  });

  it('[AP-2] nothing is undone after the window', () => {
    const late = new Date(at(19).getTime() + undoWindowMs + 1);
    expect(movesOf(states.done, startsAt, late)).toEqual([]);
  });

  it('[AP-13] nobody checks in for a visit of another day', () => {
    const dayBefore = at(-13 * 60);
    expect(movesOf(states.booked, startsAt, dayBefore)).toEqual(['cancel']);
    expect(movesOf(states.booked, startsAt, at(-60))).toEqual(['check-in', 'seat', 'cancel']);
  });

  it('[AP-3] nobody is missing before the grace has passed', () => {
    expect(moved(states.booked, 'no-show', { startsAt, now: at(9) })).toBeNull();
    expect(moved(states.booked, 'no-show', { startsAt, now: at(10) })?.status).toBe('no-show');
  });

  it('[AP-1] keeps every state through its columns', () => {
    for (const state of Object.values(states)) expect(fromColumns(toColumns(state))).toEqual(state);
    expect(() => fromColumns({ ...toColumns(states.booked), status: 'done' })).toThrow();
  });
});
