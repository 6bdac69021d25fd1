import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silent } from '../../tests/support/silent.ts';
import { createTeller } from './teller.ts';
import type { RoomEvent } from './types.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const change = (identity: string, kind: RoomEvent['kind']) => ({ room: 'r', identity, kind });

it('[SFU-6] tells in order, each at a later moment, however long the one before takes', async () => {
  const taken: RoomEvent[] = [];
  const waits = [300, 0, 100];
  const teller = createTeller({
    log: silent,
    take: async (event) => {
      await new Promise((done) => setTimeout(done, waits.shift()));
      taken.push(event);
    }
  });
  teller.tell([change('m:a', 'joined'), change('m:a', 'left')]);
  teller.tell([change('m:a', 'joined')]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(taken.map(({ kind }) => kind)).toEqual(['joined', 'left', 'joined']);
  const at = taken.map((event) => event.at.getTime());
  expect(at[1]! - at[0]!).toBe(1);
  expect(at[2]! - at[1]!).toBe(1);
});

it('[SFU-6] tells again what was not taken, before anything newer', async () => {
  const taken: string[] = [];
  let down = true;
  const teller = createTeller({
    log: silent,
    take: async ({ identity }) => {
      if (down) throw new Error('the database is away');
      taken.push(String(identity));
    }
  });
  teller.tell([change('m:a', 'left'), change('m:b', 'left')]);
  await vi.advanceTimersByTimeAsync(40_000);
  expect(taken).toEqual([]);
  down = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(taken).toEqual(['m:a', 'm:b']);
});

it('[SFU-6] stops in the middle of a pause', async () => {
  const teller = createTeller({ log: silent, take: () => Promise.reject(new Error('away')) });
  teller.tell([change('m:a', 'left')]);
  await vi.advanceTimersByTimeAsync(3_000);
  await teller.stop();
});
