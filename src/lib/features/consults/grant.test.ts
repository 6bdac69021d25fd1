import { describe, expect, it } from 'vitest';
import { grantView, longestEnd } from './grant.ts';

const now = new Date('2026-03-10T08:00:00Z');
const at = (day: number) => new Date(Date.UTC(2026, 2, day, 8));
let running = 0;
const row = (over: Partial<Parameters<typeof grantView>[0][number]>) => ({
  id: `r${++running}`,
  kind: 'consult' as const,
  itemId: null,
  purpose: 'consult' as const,
  reason: null,
  startsAt: at(1),
  endsAt: at(31),
  revokedAt: null,
  revokedByName: null,
  ...over
});
const options = { now, days: 30 };

describe('[CN-19] what a consult opens', () => {
  it('is open, expired or ended, and says since and until when', () => {
    expect(grantView([row({})], options)).toMatchObject({ state: 'open', startsAt: at(1), endsAt: at(31) });
    expect(grantView([row({ endsAt: at(9) })], options)).toMatchObject({ state: 'expired', endsAt: at(9) });
    const ended = row({ revokedAt: at(5), revokedByName: '李明' });
    expect(grantView([ended], options)).toMatchObject({ state: 'ended', endsAt: at(5), endedBy: '李明' });
    expect(grantView([row({ endsAt: at(4), revokedAt: at(5) })], options)!.endsAt).toEqual(at(4));
    expect(grantView([], options)).toBeNull();
  });

  it('names each thing once: as it is now where it was taken back and given again', () => {
    const image = { kind: 'image' as const, itemId: 'i' };
    const back = row({ ...image, revokedAt: at(3), revokedByName: '李明' });
    const again = row({ ...image, startsAt: at(4), reason: '再看一次' });
    const gone = row({ kind: 'note', itemId: 'n', revokedAt: at(6), revokedByName: '高文' });
    for (const rows of [
      [row({}), back, again, gone],
      [gone, again, back, row({})]
    ]) {
      const items = grantView(rows, options)!.items;
      expect(items).toHaveLength(2);
      expect(items.find((item) => item.kind === 'image')).toMatchObject({ open: true, reason: '再看一次' });
      expect(items.find((item) => item.kind === 'note')).toMatchObject({ open: false, endedBy: '高文' });
    }
  });

  it('leaves out what broken glass opened', () => {
    expect(grantView([row({}), row({ kind: 'chart', purpose: 'break-glass' })], options)!.items).toEqual([]);
  });

  it('can be moved as far as a grant made now would go, and no further', () => {
    expect(longestEnd(now, 7)).toEqual(at(17));
    expect(grantView([row({})], { now, days: 7 })!.longestEnd).toEqual(at(17));
  });
});
