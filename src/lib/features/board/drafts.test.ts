import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { isDraft, rescued, shared } from './drafts.ts';
import { type RawRecord, createRecord, recordsOf } from './format.ts';

const shape = (id: string, by: string, more: Partial<RawRecord> = {}): RawRecord => ({
  id: `shape:${id}`,
  typeName: 'shape',
  type: 'draw',
  parentId: 'page:page',
  props: { isComplete: false },
  meta: { by },
  ...more
});

it('[BD-17] what a locked board did not take comes back as drafts of who drew it, and nothing else', () => {
  const now = new Y.Doc();
  createRecord(recordsOf(now), shape('there', 'wang'));
  const saved = rescued(
    [
      shape('there', 'wang'),
      shape('new', 'wang'),
      shape('of-another', 'li'),
      shape('pin', 'wang', { type: 'pin' }),
      { id: 'binding:in', typeName: 'binding', fromId: 'shape:new', toId: 'shape:there' },
      { id: 'binding:lost', typeName: 'binding', fromId: 'shape:new', toId: 'shape:pin' }
    ],
    now,
    'wang'
  );
  expect(saved.map(({ id }) => id)).toEqual(['shape:new', 'binding:in']);
  expect(saved[0]).toMatchObject({ meta: { by: 'wang', draft: true }, props: { isComplete: true } });
  expect(isDraft(saved[0])).toBe(true);
  expect(shared(saved[0] as RawRecord & { meta: object }).meta).toEqual({ by: 'wang' });
});
