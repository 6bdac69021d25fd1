import { describe, expect, test } from 'vitest';
import { encryptionView, stillHere, withSeat, type CannotEncrypt } from './encryption.ts';

const now = new Date('2026-01-05T08:00:00Z');
const old: CannotEncrypt = { identity: 'm:1', name: '周敏', at: '2026-01-05T07:00:00.000Z' };
const facts = { isVisit: true, choice: null, cannot: [], epoch: 3 };

describe('[CN-80] when a call is encrypted', () => {
  test.each([
    ['a patient comes', {}, true, 'visit', null],
    ['staff alone', { isVisit: false }, false, 'staff', null],
    ['a host turned it on', { isVisit: false, choice: { on: true, byName: '李明' } }, true, 'chosen', '李明'],
    ['a host turned it off', { choice: { on: false, byName: '李明' } }, false, 'chosen', '李明'],
    ['somebody cannot', { cannot: [old] }, false, 'cannot', '周敏'],
    [
      'somebody cannot, whatever a host wants',
      { choice: { on: true, byName: '李明' }, cannot: [old] },
      ...([false, 'cannot', '周敏'] as const)
    ],
    ['somebody cannot where nobody wants it', { isVisit: false, cannot: [old] }, false, 'staff', null]
  ] as const)('%s', (_, more, on, why, name) => {
    expect(encryptionView({ ...facts, ...more })).toEqual({ on, why, name, epoch: 3 });
  });
});

describe('[CN-81] who hinders it', () => {
  test('is who said so when they took their seat last', () => {
    const once = withSeat([], { identity: 'm:2', name: '王志远', can: false, at: now });
    expect(once).toEqual([{ identity: 'm:2', name: '王志远', at: now.toISOString() }]);
    expect(withSeat(once, { identity: 'm:2', name: '王志远', can: false, at: now })).toHaveLength(1);
    expect(withSeat(once, { identity: 'm:2', name: '王志远', can: true, at: now })).toEqual([]);
  });

  test('as long as they are in the room or on their way in', () => {
    const fresh = { ...old, identity: 'm:2', at: '2026-01-05T07:59:30.000Z' };
    expect(stillHere([old, fresh], { inRoom: new Set(), now })).toEqual([fresh]);
    expect(stillHere([old, fresh], { inRoom: new Set(['m:1']), now })).toEqual([old, fresh]);
  });
});
