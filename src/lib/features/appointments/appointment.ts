import { hourMs, minuteMs } from '#lib/kernel/clock.ts';

/** The life of an appointment. Each state carries the instants that led to it, so no impossible mix exists. */
export type AppointmentState =
  | { status: 'booked' }
  | { status: 'checked-in'; checkedInAt: Date }
  | { status: 'in-chair'; checkedInAt: Date; seatedAt: Date }
  | { status: 'done'; checkedInAt: Date; seatedAt: Date; finishedAt: Date }
  /** `checkedInAt` when the patient had come and left again. */
  | { status: 'cancelled'; checkedInAt: Date | null; cancelledAt: Date; cancelReason: string }
  | { status: 'no-show'; cancelledAt: Date };

export const appointmentStatuses = [
  'booked',
  'checked-in',
  'in-chair',
  'done',
  'cancelled',
  'no-show'
] as const;
export type AppointmentStatus = (typeof appointmentStatuses)[number];

export const appointmentMoves = ['check-in', 'seat', 'finish', 'cancel', 'no-show', 'undo'] as const;
export type AppointmentMove = (typeof appointmentMoves)[number];

/** How long a step can be taken back: a working day, not longer, for the figures of past days stay as told. */
export const undoWindowMs = 12 * hourMs;

/** Nobody checks in for a visit of another day: it would be the wrong appointment. */
export const checkInLeadMs = 12 * hourMs;

/** A patient counts as missing only once this much of the appointment has passed. */
export const noShowGraceMs = 10 * minuteMs;

export const shortestMinutes = 5;
export const longestMinutes = 480;

/** States that keep chair, practitioner and patient occupied. The database constraints say the same. */
export function occupies(status: AppointmentStatus): boolean {
  return status !== 'cancelled' && status !== 'no-show';
}

/** Still to come or under way: what a plan's item calls its appointment. */
export function isOpen(status: AppointmentStatus): boolean {
  return occupies(status) && status !== 'done';
}

/** The moves a person may make now, in the order a day goes. */
export function movesOf(state: AppointmentState, startsAt: Date, now: Date): AppointmentMove[] {
  return appointmentMoves.filter((move) => moved(state, move, { startsAt, now }) !== null);
}

/**
 * The state after `move`, or null where the move is not allowed now. `seat` straight from `booked` also
 * checks in. `undo` takes back the last step within `undoWindowMs`.
 */
export function moved(
  state: AppointmentState,
  move: AppointmentMove,
  { startsAt, now, reason = '' }: { startsAt: Date; now: Date; reason?: string }
): AppointmentState | null {
  if (move === 'undo') return undone(state, now);
  const near = now.getTime() >= startsAt.getTime() - checkInLeadMs;
  switch (state.status) {
    case 'booked':
      if (move === 'check-in' && near) return { status: 'checked-in', checkedInAt: now };
      if (move === 'seat' && near) return { status: 'in-chair', checkedInAt: now, seatedAt: now };
      if (move === 'cancel')
        return { status: 'cancelled', checkedInAt: null, cancelledAt: now, cancelReason: reason };
      if (move === 'no-show' && now.getTime() >= startsAt.getTime() + noShowGraceMs)
        return { status: 'no-show', cancelledAt: now };
      return null;
    case 'checked-in':
      if (move === 'seat') return { status: 'in-chair', checkedInAt: state.checkedInAt, seatedAt: now };
      if (move === 'cancel')
        return {
          status: 'cancelled',
          checkedInAt: state.checkedInAt,
          cancelledAt: now,
          cancelReason: reason
        };
      return null;
    case 'in-chair':
      return move === 'finish'
        ? { status: 'done', checkedInAt: state.checkedInAt, seatedAt: state.seatedAt, finishedAt: now }
        : null;
    case 'done':
    case 'cancelled':
    case 'no-show':
      return null;
  }
}

function undone(state: AppointmentState, now: Date): AppointmentState | null {
  const since = lastStepAt(state);
  if (since === null || now.getTime() - since.getTime() > undoWindowMs) return null;
  switch (state.status) {
    case 'booked':
      return null;
    case 'checked-in':
    case 'no-show':
      return { status: 'booked' };
    case 'in-chair':
      return { status: 'checked-in', checkedInAt: state.checkedInAt };
    case 'done':
      return { status: 'in-chair', checkedInAt: state.checkedInAt, seatedAt: state.seatedAt };
    case 'cancelled':
      return state.checkedInAt
        ? { status: 'checked-in', checkedInAt: state.checkedInAt }
        : { status: 'booked' };
  }
}

function lastStepAt(state: AppointmentState): Date | null {
  switch (state.status) {
    case 'booked':
      return null;
    case 'checked-in':
      return state.checkedInAt;
    case 'in-chair':
      return state.seatedAt;
    case 'done':
      return state.finishedAt;
    case 'cancelled':
    case 'no-show':
      return state.cancelledAt;
  }
}

/** The state's columns as the table keeps them. */
export interface StateColumns {
  status: AppointmentStatus;
  checkedInAt: Date | null;
  seatedAt: Date | null;
  finishedAt: Date | null;
  cancelledAt: Date | null;
  cancelReason: string;
}

export function toColumns(state: AppointmentState): StateColumns {
  const none = { checkedInAt: null, seatedAt: null, finishedAt: null, cancelledAt: null, cancelReason: '' };
  return { ...none, ...state };
}

/** @throws Error where the row contradicts itself: a fault of ours, never of the person. */
export function fromColumns(row: StateColumns): AppointmentState {
  const { checkedInAt, seatedAt, finishedAt, cancelledAt, cancelReason } = row;
  switch (row.status) {
    case 'booked':
      return { status: 'booked' };
    case 'checked-in':
      if (checkedInAt) return { status: 'checked-in', checkedInAt };
      break;
    case 'in-chair':
      if (checkedInAt && seatedAt) return { status: 'in-chair', checkedInAt, seatedAt };
      break;
    case 'done':
      if (checkedInAt && seatedAt && finishedAt) return { status: 'done', checkedInAt, seatedAt, finishedAt };
      break;
    case 'cancelled':
      if (cancelledAt) return { status: 'cancelled', checkedInAt, cancelledAt, cancelReason };
      break;
    case 'no-show':
      if (cancelledAt) return { status: 'no-show', cancelledAt };
      break;
  }
  throw new Error(`appointment row with status ${row.status} lacks the time of that step`);
}
