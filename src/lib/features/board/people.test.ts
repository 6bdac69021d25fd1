import { describe, expect, it } from 'vitest';
import { peopleOf, presenterOf } from './people.ts';

const user = (id: string, name = id) => ({
  id,
  presenceId: `${id}#1`,
  name,
  color: '#0d9488',
  role: 'expert'
});

describe('who has the board open', () => {
  it('[BI-10] is everyone who says who they are, and nobody else', () => {
    const states = new Map<number, unknown>([
      [1, { user: user('b', '王') }],
      [2, { user: { ...user('c'), color: 'url(https://example.org)' } }],
      [3, {}],
      [4, null],
      [5, { user: user('a', '李') }]
    ]);
    expect(
      peopleOf(states)
        .map((person) => person.id)
        .sort()
    ).toEqual(['a', 'b']);
  });

  it('[BI-11] has as presenter who asked last, not oneself', () => {
    const people = peopleOf(
      new Map<number, unknown>([
        [1, { user: user('a'), presenting: 100 }],
        [2, { user: user('b'), presenting: 300 }],
        [3, { user: user('c'), presenting: 200 }]
      ])
    );
    expect(presenterOf(people, 'a#1')?.id).toBe('b');
    expect(presenterOf(people, 'b#1')?.id).toBe('c');
    expect(presenterOf(peopleOf(new Map([[1, { user: user('a') }]])), 'z')).toBeNull();
  });
});
