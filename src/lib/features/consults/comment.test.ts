import { describe, expect, test } from 'vitest';
import {
  mentionAt,
  mentionsIn,
  partsOf,
  putMention,
  threadMatches,
  threadsOf,
  type CommentView
} from './comment.ts';
import { isForPatient } from './news.ts';

const people = [
  { id: 'li', name: '李明' },
  { id: 'hua', name: '李明华' },
  { id: 'wang', name: 'Wang Zhiyuan' },
  { id: 'li2', name: '李明' }
];

describe('[CN-13] who is meant', () => {
  test.each([
    ['无人', []],
    ['@李明 请看', ['li', 'li2']],
    ['请@李明华看,不是李明', ['hua']],
    ['@Wang Zhiyuan and @李明华', ['hua', 'wang']],
    ['@wang zhiyuan', []],
    ['a@', []]
  ])('%s', (text, ids) => expect(mentionsIn(text, people).sort()).toEqual(ids.sort()));

  test('text is cut at names and stays whole', () => {
    const text = '<b>@李明</b> @李明华 @@李明';
    const parts = partsOf(text, people);
    expect(parts.map((part) => part.text).join('')).toBe(text);
    expect(parts.filter((part) => part.person).map((part) => part.text)).toEqual([
      '@李明',
      '@李明华',
      '@李明'
    ]);
  });

  test('what is typed after @ at the caret, and a choice put in its place', () => {
    expect(mentionAt('请@李', 3)).toEqual({ from: 1, query: '李' });
    expect(mentionAt('请@', 2)).toEqual({ from: 1, query: '' });
    expect(mentionAt('请@李 看', 5)).toBeNull();
    expect(mentionAt('请看', 2)).toBeNull();
    expect(mentionAt('@', 0)).toBeNull();
    expect(putMention('请@李看', { from: 1, query: '李' }, '李明')).toEqual({
      text: '请@李明 看',
      caret: 5
    });
  });
});

describe('[CN-12] threads', () => {
  let clock = 0;
  const step = (shapeId: string, more: Partial<CommentView> = {}) => ({
    id: `c${++clock}`,
    shapeId,
    number: 1,
    tooth: '',
    step: 'comment' as const,
    text: 'x',
    authorId: 'li',
    authorName: '李明',
    at: new Date(clock),
    editedAt: null,
    deleted: false,
    mentions: [],
    ...more
  });

  test('one a pin, the newest first, with the place as last said', () => {
    const threads = threadsOf([step('a'), step('b'), { ...step('a'), number: 4, tooth: '36' }]);
    expect(
      threads.map(({ shapeId, number, tooth, steps }) => [shapeId, number, tooth, steps.length])
    ).toEqual([
      ['a', 4, '36', 2],
      ['b', 1, '', 1]
    ]);
  });

  test('done, taken up again, and by a later word; a word taken back changes nothing', () => {
    const state = (...steps: Parameters<typeof threadsOf>[0][number][]) => threadsOf(steps)[0]?.resolved;
    expect(state(step('a'))).toBe(false);
    expect(state(step('a'), step('a', { step: 'resolve' }))).toBe(true);
    expect(state(step('a'), step('a', { step: 'resolve' }), step('a', { step: 'reopen' }))).toBe(false);
    expect(state(step('a'), step('a', { step: 'resolve' }), step('a'))).toBe(false);
    expect(state(step('a'), step('a', { step: 'resolve' }), step('a', { deleted: true }))).toBe(true);
    expect(state(step('a', { deleted: true }), step('a', { step: 'resolve' }))).toBeUndefined();
  });

  test('open, done, and mine: where I wrote or am meant', () => {
    const [open] = threadsOf([step('a', { mentions: ['wang'] })]);
    const [done] = threadsOf([step('b'), step('b', { step: 'resolve', authorId: 'nurse' })]);
    const found = (filter: 'open' | 'resolved' | 'mine', who: string) =>
      [open!, done!].filter((thread) => threadMatches(thread, filter, who)).map(({ shapeId }) => shapeId);
    expect(found('open', 'li')).toEqual(['a']);
    expect(found('resolved', 'li')).toEqual(['b']);
    expect(found('mine', 'wang')).toEqual(['a']);
    expect(found('mine', 'nurse')).toEqual(['b']);
    expect(found('mine', 'sun')).toEqual([]);
  });
});

test('[CN-12] a patient is not told that staff write to each other', () => {
  for (const name of ['consult.accepted', 'consult.closed', 'patient.admitted', 'room.left', 'grant.added'])
    expect(isForPatient(name)).toBe(true);
  for (const name of ['comment.add', 'comment.resolve', 'consult.said', 'proposal.made', 'consult.signed'])
    expect(isForPatient(name)).toBe(false);
});
