import { describe, expect, test } from 'vitest';
import { type Nearby, isAtRest, isInPage, moved, placed, stepped } from './nearby.ts';

const all = [1, 2, 3, 4, 5, 6];
const shown = (nearby: Nearby<number>) => all.filter((id) => isInPage(nearby, id));
const pace = { most: 2, kept: 1 };

describe('[BI-28] shapes come into the page a few at a time', () => {
  test('of a small board all are there at once and stay, wherever the view goes', () => {
    const opened = placed(all, new Set([5, 6]), 6);
    expect(shown(opened)).toEqual(all);
    const away = moved(opened, new Set([1, 2, 3]));
    expect(shown(away)).toEqual(all);
    expect(isAtRest(away, 3)).toBe(true);
  });

  test('of a large one what is near, step by step, and what is far never', () => {
    const opened = placed(all, new Set([5, 6]), 5);
    expect(shown(opened)).toEqual([]);
    const [first, second] = [stepped(opened, pace), stepped(stepped(opened, pace), pace)];
    expect(shown(first)).toEqual([1, 2]);
    expect(shown(second)).toEqual([1, 2, 3, 4]);
    expect([isAtRest(first, 1), isAtRest(second, 1)]).toEqual([false, true]);
  });

  test('the view moves: what comes near waits its turn, what is far goes afterwards, some of it stays', () => {
    const before = stepped(stepped(placed(all, new Set([5, 6]), 5), pace), pace);
    const after = moved(before, new Set([1, 2, 3]));
    expect(shown(after)).toEqual([1, 2, 3, 4]);
    const come = stepped(after, pace);
    expect(shown(come)).toEqual(all);
    const gone = stepped(come, pace);
    expect(shown(gone)).toEqual([3, 4, 5, 6]);
    expect(isAtRest(gone, 1)).toBe(true);
    expect(stepped(gone, pace)).toEqual(gone);
  });

  test('what leaves before its turn never comes; what comes back before it went stays', () => {
    const opened = stepped(placed(all, new Set([5, 6]), 5), pace);
    expect(shown(moved(opened, new Set([3, 4, 5, 6])))).toEqual([1, 2]);
    const back = moved(moved(opened, new Set(all)), new Set([5, 6]));
    expect(shown(back)).toEqual([1, 2]);
    expect(shown(stepped(back, pace))).toEqual([1, 2, 3, 4]);
  });

  test('what is drawn is there at once', () => {
    expect(isInPage(placed(all, new Set([5]), 1), 7)).toBe(true);
  });
});
