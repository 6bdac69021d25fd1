import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GivenBack, reopenPauseMs, type Source } from './given-back.svelte.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function devices() {
  const wanted = new Set<Source>(['camera', 'microphone']);
  const sent = new Set<Source>(['camera', 'microphone']);
  const free = new Set<Source>();
  const tries: Source[] = [];
  const givenBack = new GivenBack({
    wants: (source) => wanted.has(source),
    sends: (source) => sent.has(source),
    open: async (source) => {
      tries.push(source);
      if (!free.has(source)) throw new Error('NotReadableError');
      sent.add(source);
    }
  });
  const take = (source: Source) => {
    sent.delete(source);
    givenBack.look();
  };
  return { wanted, sent, free, tries, givenBack, take };
}

it('[CALL-17] opens what was taken as soon as it is free, and says until then what is missing', async () => {
  const { free, tries, givenBack, take, sent } = devices();
  take('microphone');
  expect(givenBack.taken).toEqual(['microphone']);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(tries).toEqual(['microphone', 'microphone']);
  free.add('microphone');
  await vi.advanceTimersByTimeAsync(4_000);
  expect(sent.has('microphone')).toBe(true);
  expect(givenBack.taken).toEqual([]);
  const { length } = tries;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(tries).toHaveLength(length);
});

it('[CALL-3] [CALL-17] leaves alone what has been switched off meanwhile', async () => {
  const { wanted, free, tries, givenBack, take } = devices();
  take('camera');
  wanted.delete('camera');
  free.add('camera');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toEqual([]);
  expect(givenBack.taken).toEqual([]);
});

it('[CALL-17] tries at once when the page is in front again, and not at all after the call', async () => {
  const { free, tries, givenBack, take, sent } = devices();
  take('camera');
  take('microphone');
  await vi.advanceTimersByTimeAsync(20_000);
  const before = tries.length;
  free.add('camera').add('microphone');
  givenBack.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(tries).toHaveLength(before + 2);
  expect(sent.size).toBe(2);
  take('camera');
  givenBack.stop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(tries).toHaveLength(before + 2);
});

it('[CALL-17] pauses grow to fifteen seconds', () => {
  expect([0, 1, 2, 3, 4, 20].map(reopenPauseMs)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});
