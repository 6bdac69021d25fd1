import { describe, expect, it } from 'vitest';
import { LookCalls, peopleOf, presenterOf } from './people.ts';

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

describe('a call to look', () => {
  const look = (at: number) => ({ at, x: 0, y: 0, w: 10, h: 10 });
  const here = (...states: object[]) => peopleOf(new Map(states.map((state, i) => [i, state])));

  it('[BD-18] is heard once, and not by who made it, nor by who comes later', () => {
    const [li, zhao] = [new LookCalls('li#1'), new LookCalls('zhao#1')];
    const quiet = here({ user: user('li') }, { user: user('wang') });
    const calls = here({ user: user('li') }, { user: user('wang'), look: look(5) });
    expect(li.heed(quiet)).toBeNull();
    expect(li.heed(calls)).toEqual({ name: 'wang', look: look(5) });
    expect(li.heed(calls)).toBeNull();
    // After a break in the line.
    expect(li.heed([])).toBeNull();
    expect(li.heed(calls)).toBeNull();
    expect(li.heed(here({ user: user('wang'), look: look(6) }))?.look.at).toBe(6);
    expect(zhao.heed(calls)).toBeNull();
    const wang = new LookCalls('wang#1');
    wang.heed(quiet);
    expect(wang.heed(calls)).toBeNull();
  });

  it('[BD-18] [BI-11] of a patient leads nobody, nor do they present', () => {
    const patient = { ...user('p'), role: 'patient' };
    expect(here({ user: patient, presenting: 5, look: look(5) })[0]).toMatchObject({
      presentingSince: null,
      look: null
    });
    expect(here({ user: user('a'), look: { at: 1, x: Number.NaN, y: 0, w: 1, h: 1 } })[0]?.look).toBeNull();
  });
});
