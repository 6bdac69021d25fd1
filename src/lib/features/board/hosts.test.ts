import { describe, expect, it } from 'vitest';
import { type BoardLock, isHost, lockKey, mayDecide, mayUnlock, patientViewKey } from './hosts.ts';

const at = '2026-03-02T08:00:00.000Z';
const lock = (by: string): BoardLock => ({ by, byName: by, at });

/** `li` asked; `wang` writes; each may present, and be here. */
const hosting = (asks: boolean, presents = false, here: string[] = []) => ({
  asks,
  presents: () => presents,
  isHere: (id: string) => here.includes(id)
});

describe('the hosts of a board', () => {
  it('[BD-15] are the asking dentist and who presents', () => {
    for (const asks of [true, false])
      for (const presents of [true, false]) expect(isHost(hosting(asks, presents))).toBe(asks || presents);
  });

  it.each([
    // whose lock, asks, presents, its owner is here → unlocks
    ['wang', false, false, true, true],
    ['li', true, false, true, true],
    ['chen', true, false, true, true],
    ['chen', false, false, false, false],
    ['chen', false, true, true, false],
    ['chen', false, true, false, true]
  ])(
    '[BD-15] a lock of %s: asks %s, presents %s, its owner here %s → %s',
    (by, asks, presents, here, may) => {
      const who = by === 'chen' || by === 'wang' ? 'wang' : 'li';
      expect(mayUnlock(lock(by), who, hosting(asks, presents, here ? [by] : []))).toBe(may);
    }
  );

  it('[BD-15] [BD-16] decide in their own name, and nobody else does', () => {
    const decide = (key: string, value: unknown, asks: boolean, meta: Record<string, unknown> = {}) =>
      mayDecide(key, value, {
        author: { id: 'li', name: 'li' },
        hosting: hosting(asks),
        metaOf: (name) => meta[name]
      });
    const view = { ...lock('li'), shape: 'shape:image-1' };
    expect(decide(lockKey, lock('li'), true)).toBe(true);
    expect(decide(lockKey, lock('li'), false)).toBe(false);
    expect(decide(lockKey, lock('wang'), true)).toBe(false);
    expect(decide(lockKey, { ...lock('li'), more: 1 }, true)).toBe(false);
    // Nothing was locked: nothing is taken off.
    expect(decide(lockKey, null, false)).toBe(true);
    expect(decide(lockKey, null, false, { [lockKey]: lock('wang') })).toBe(false);
    expect(decide(lockKey, null, false, { [lockKey]: lock('li') })).toBe(true);
    expect(decide(patientViewKey, view, true)).toBe(true);
    expect(decide(patientViewKey, view, false)).toBe(false);
    expect(decide(patientViewKey, null, false)).toBe(false);
    expect(decide(patientViewKey, { ...view, shape: 'page:page' }, true)).toBe(false);
  });
});
