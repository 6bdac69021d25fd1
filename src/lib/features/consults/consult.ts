import { fail } from '#lib/kernel/errors.ts';
import { hourMs } from '#lib/kernel/clock.ts';

export const specialties = [
  'endodontics',
  'orthodontics',
  'oral-surgery',
  'periodontics',
  'prosthodontics',
  'paediatric',
  'oral-medicine',
  'radiology'
] as const;
export type Specialty = (typeof specialties)[number];

export const consultModes = ['live', 'scheduled', 'asynchronous'] as const;
export type ConsultMode = (typeof consultModes)[number];

export const urgencies = ['urgent', 'soon', 'routine'] as const;
export type Urgency = (typeof urgencies)[number];

/** Hours within which an answer is asked for. */
export const answerHours: Record<Urgency, number> = { urgent: 1, soon: 24, routine: 72 };

/** The moment an answer is due. */
export function answerBy(urgency: Urgency, now: Date): Date {
  return new Date(now.getTime() + answerHours[urgency] * hourMs);
}

/**
 * [CN-1] The life of a consult. `status` is what the database stores; what only one state has lives in that
 * state alone.
 */
export type ConsultState =
  | { status: 'requested' }
  | { status: 'more-asked' }
  | { status: 'accepted'; expertId: string }
  | { status: 'declined'; reason: string }
  | { status: 'cancelled' }
  | { status: 'closed'; expertId: string };
export type ConsultStatus = ConsultState['status'];
export const consultStatuses = [
  'requested',
  'more-asked',
  'accepted',
  'declined',
  'cancelled',
  'closed'
] as const;

export type ConsultEvent =
  | { kind: 'accept'; expertId: string }
  | { kind: 'decline'; reason: string }
  | { kind: 'ask-more' }
  | { kind: 'answer-more' }
  | { kind: 'cancel' }
  | { kind: 'close' };

/**
 * The state after `event`.
 * @throws AppError `consult_already_accepted` where someone else was first, `consult_closed`, else
 * `consult_wrong_state`. Accepting what one has accepted is no error: a second click changes nothing.
 */
export function transition(state: ConsultState, event: ConsultEvent): ConsultState {
  if (state.status === 'closed' && event.kind !== 'accept') throw fail('consult_closed');
  switch (event.kind) {
    case 'accept':
      if (state.status === 'accepted' || state.status === 'closed') {
        if (state.expertId === event.expertId) return state;
        throw fail('consult_already_accepted');
      }
      if (state.status === 'requested' || state.status === 'more-asked')
        return { status: 'accepted', expertId: event.expertId };
      throw fail('consult_wrong_state');
    case 'decline':
      if (isWaiting(state)) return { status: 'declined', reason: event.reason };
      throw fail('consult_wrong_state');
    case 'ask-more':
      if (state.status === 'requested') return { status: 'more-asked' };
      throw fail('consult_wrong_state');
    case 'answer-more':
      if (state.status === 'more-asked') return { status: 'requested' };
      throw fail('consult_wrong_state');
    case 'cancel':
      if (isWaiting(state)) return { status: 'cancelled' };
      throw fail('consult_wrong_state');
    case 'close':
      if (state.status === 'accepted') return { status: 'closed', expertId: state.expertId };
      throw fail('consult_wrong_state');
  }
}

/** Waits for an expert's answer. */
export function isWaiting(state: ConsultState): boolean {
  return state.status === 'requested' || state.status === 'more-asked';
}

/** [CN-7] The board and the call are open for work only in this state. */
export function isOpen(state: { status: ConsultStatus }): boolean {
  return state.status === 'accepted';
}

/** The number people say on the phone: year, month and the clinic's running number, e.g. `HZ2611-0042`. */
export function consultNumber(running: number, at: Date): string {
  const year = String(at.getUTCFullYear()).slice(2);
  const month = String(at.getUTCMonth() + 1).padStart(2, '0');
  return `HZ${year}${month}-${String(running).padStart(4, '0')}`;
}

/** [CN-4] What a consult may open of a record. `image` and `note` name one item, the rest the whole kind. */
export const grantKinds = [
  'identity',
  'allergies',
  'conditions',
  'medications',
  'chart',
  'plan',
  'image',
  'note'
] as const;
export type GrantKind = (typeof grantKinds)[number];
/** What a grant is for. `break-glass`: opened again for an hour, see break-glass.ts. */
export const grantPurposes = ['consult', 'break-glass'] as const;
export interface GrantItem {
  kind: GrantKind;
  /** Id of the image or note; null for the kinds that are whole. */
  itemId: string | null;
}
