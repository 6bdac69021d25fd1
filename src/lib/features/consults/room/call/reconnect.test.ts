import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  buildWithinMs,
  dueAt,
  LineKeeper,
  nextLine,
  type Line,
  type LineKeeperOptions,
  type LineNews
} from './reconnect.ts';

/** Pauses exactly as long as they are meant to be, neither spread up nor down. */
const even = 0.5;
const after = (line: Line, news: LineNews, now: number) => nextLine(line, news, { now, random: even });
const up: Line = { kind: 'up', at: 0, attempt: 0 };
const mending: Line = { kind: 'mending', since: 100_000 };
const building: Line = { kind: 'building', since: 100_000, begun: 200_000, attempt: 2 };
const pausing: Line = { kind: 'pausing', since: 100_000, until: 201_000, attempt: 3 };

describe('a line that is gone', () => {
  it('[CALL-4] is left to the media client first, and is up again when it says so', () => {
    expect(after(up, { kind: 'down' }, 5)).toEqual({ kind: 'mending', since: 5 });
    expect(after(mending, { kind: 'down' }, 100_005)).toBe(mending);
    expect(after(mending, { kind: 'back' }, 100_900)).toEqual({ kind: 'up', at: 100_900, attempt: 0 });
  });

  it('[CALL-4] is built anew when the media client gives up, or hangs', () => {
    const anew = (now: number) => ({ kind: 'building', since: 100_000, begun: now, attempt: 0 });
    expect(after(mending, { kind: 'lost' }, 151_000)).toEqual(anew(151_000));
    expect(after(mending, { kind: 'due' }, 174_999)).toBe(mending);
    expect(after(mending, { kind: 'due' }, 175_000)).toEqual(anew(175_000));
    expect(dueAt(mending)).toBe(175_000);
    expect(after(up, { kind: 'lost' }, 7)).toEqual({ kind: 'building', since: 7, begun: 7, attempt: 0 });
  });

  it('[CALL-4] is tried again after growing pauses, for as long as the person stays', () => {
    const pauses: number[] = [];
    let line: Line = { kind: 'building', since: 0, begun: 0, attempt: 0 };
    let now = 0;
    for (let round = 0; round < 200; round++) {
      line = after(line, { kind: 'failed' }, now);
      if (line.kind !== 'pausing') throw new Error(line.kind);
      pauses.push(line.until - now);
      expect(after(line, { kind: 'due' }, line.until - 1)).toBe(line);
      now = line.until;
      line = after(line, { kind: 'due' }, now);
      expect(line).toMatchObject({ kind: 'building', since: 0, begun: now });
    }
    expect(pauses.slice(0, 7)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    expect(Math.max(...pauses)).toBe(10_000);
  });

  it('[CALL-4] does not wait for an attempt without an answer', () => {
    expect(dueAt(building)).toBe(200_000 + buildWithinMs);
    expect(after(building, { kind: 'due' }, 200_000 + buildWithinMs - 1)).toBe(building);
    expect(after(building, { kind: 'due' }, 200_000 + buildWithinMs)).toMatchObject({ kind: 'pausing' });
  });

  it('[CALL-4] is not built in a loop where each room falls as soon as it opens', () => {
    const opened = after(building, { kind: 'built' }, 201_000);
    expect(opened).toEqual({ kind: 'up', at: 201_000, attempt: 3 });
    expect(after(opened, { kind: 'lost' }, 201_010)).toMatchObject({ kind: 'pausing', until: 205_010 });
    expect(after(opened, { kind: 'lost' }, 260_000)).toMatchObject({ kind: 'building', attempt: 0 });
  });
});

describe('a page or network that comes back', () => {
  it('[CALL-4] cuts the pause short and begins with short pauses again', () => {
    expect(after(pausing, { kind: 'woke' }, 200_500)).toMatchObject({ kind: 'building', attempt: 0 });
  });

  it('[CALL-4] drops an attempt of before, and leaves one that has just begun', () => {
    expect(after(building, { kind: 'woke' }, 201_000)).toBe(building);
    expect(after(building, { kind: 'woke' }, 204_000)).toMatchObject({ begun: 204_000, attempt: 0 });
  });

  it('[CALL-4] leaves the media client what it may still resume', () => {
    expect(after(mending, { kind: 'woke' }, 110_000)).toBe(mending);
    expect(after(mending, { kind: 'woke' }, 120_000)).toMatchObject({ kind: 'building', since: 100_000 });
    expect(after(up, { kind: 'woke' }, 5)).toBe(up);
  });
});

it.each([up, mending, building, pausing])('[CALL-5] an end ends it while it is $kind', (line) => {
  const over = after(line, { kind: 'ended', reason: 'removed' }, 300_000);
  expect(over).toEqual({ kind: 'over', reason: 'removed' });
  for (const kind of ['down', 'back', 'lost', 'built', 'failed', 'woke', 'due'] as const)
    expect(after(over, { kind }, 400_000)).toBe(over);
  expect(dueAt(over)).toBeNull();
});

describe('the keeper', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function keeper(build: LineKeeperOptions['build']) {
    const seen: Line['kind'][] = [];
    const line = new LineKeeper({
      build,
      endBy: (error) => (error === 'closed' ? 'ended' : null),
      changed: ({ kind }) => void seen.push(kind)
    });
    line.start();
    return { line, seen };
  }

  it('[CALL-4] builds until it works', async () => {
    let tries = 0;
    const { line, seen } = keeper(async () => {
      if (++tries < 4) throw new Error('unreachable');
    });
    line.tell({ kind: 'down' });
    line.tell({ kind: 'lost' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(tries).toBe(4);
    expect(seen).toEqual(['mending', ...Array(3).fill(['building', 'pausing']).flat(), 'building', 'up']);
  });

  it('[CALL-5] ends where the door says that it is over', async () => {
    const { line, seen } = keeper(() => Promise.reject('closed' as unknown as Error));
    line.tell({ kind: 'lost' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen).toEqual(['building', 'over']);
  });

  it('[CALL-4] never has two attempts open: a late room would end the newer one', async () => {
    const open = new Set<AbortSignal>();
    const { line } = keeper((signal) => {
      open.add(signal);
      signal.addEventListener('abort', () => open.delete(signal));
      return new Promise(() => undefined);
    });
    line.tell({ kind: 'lost' });
    for (let second = 0; second < 90; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      if (second % 7 === 0) line.tell({ kind: 'woke' });
      expect(open.size).toBeLessThanOrEqual(1);
    }
    line.stop();
    expect(open.size).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open.size).toBe(0);
  });
});
