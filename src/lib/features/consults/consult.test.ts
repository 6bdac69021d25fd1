import { describe, expect, test } from 'vitest';
import {
  answerBy,
  consultNumber,
  consultStatuses,
  transition,
  type ConsultEvent,
  type ConsultState
} from './consult.ts';

const states: Record<string, ConsultState> = {
  requested: { status: 'requested' },
  'more-asked': { status: 'more-asked' },
  accepted: { status: 'accepted', expertId: 'wang' },
  declined: { status: 'declined', reason: 'r' },
  cancelled: { status: 'cancelled' },
  closed: { status: 'closed', expertId: 'wang' }
};
const events: Record<string, ConsultEvent> = {
  accept: { kind: 'accept', expertId: 'wang' },
  'accept as another': { kind: 'accept', expertId: 'sun' },
  decline: { kind: 'decline', reason: 'r' },
  'ask-more': { kind: 'ask-more' },
  'answer-more': { kind: 'answer-more' },
  cancel: { kind: 'cancel' },
  close: { kind: 'close' }
};
const outcome = (state: string, event: string) => {
  try {
    return transition(states[state]!, events[event]!).status;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('[CN-1] every event in every state', () => {
  const table: Record<string, string[]> = {
    accept: ['accepted', 'accepted', 'accepted', 'consult_wrong_state', 'consult_wrong_state', 'closed'],
    'accept as another': [
      'accepted',
      'accepted',
      'consult_already_accepted',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_already_accepted'
    ],
    decline: [
      'declined',
      'declined',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_closed'
    ],
    'ask-more': [
      'more-asked',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_closed'
    ],
    'answer-more': [
      'consult_wrong_state',
      'requested',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_closed'
    ],
    cancel: [
      'cancelled',
      'cancelled',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_closed'
    ],
    close: [
      'consult_wrong_state',
      'consult_wrong_state',
      'closed',
      'consult_wrong_state',
      'consult_wrong_state',
      'consult_closed'
    ]
  };
  test.each(Object.entries(table))('%s', (event, expected) => {
    expect(consultStatuses.map((state) => outcome(state, event))).toEqual(expected);
  });
});

test('an urgent answer is due in an hour', () => {
  expect(answerBy('urgent', new Date('2026-11-22T08:00:00Z')).toISOString()).toBe('2026-11-22T09:00:00.000Z');
});

test('numbers can be said on the phone', () => {
  expect(consultNumber(42, new Date('2026-11-22T08:00:00Z'))).toBe('HZ2611-0042');
});
