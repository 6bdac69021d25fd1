import { setTimeout as wait } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { LogFollower } from './log-follower.ts';

const row = (number: number): Uint8Array => Uint8Array.of(number);

/** A follower of a log of `length` rows of which it knows the first. */
function following(length: number) {
  const log = Array.from({ length }, (_, i) => row(i + 1));
  const applied: number[] = [];
  const read = vi.fn(async (after: number) => log.slice(after));
  const onReadFailed = vi.fn();
  const follower = new LogFollower({
    known: 1,
    read,
    apply: (updates) => applied.push(...updates.map((update) => update[0]!)),
    onReadFailed,
    gapMs: 5,
    retryMs: 1,
    retryMaxMs: 4
  });
  return { log, applied, read, follower, onReadFailed };
}

test('[CO-22] rows are taken in by number, once, however they come', () => {
  const { applied, follower, read } = following(6);
  follower.heard(4, [row(4)]);
  follower.heard(3, [row(3)]);
  expect([applied, follower.known]).toEqual([[], 1]);
  follower.heard(2, [row(2)]);
  expect([applied, follower.known]).toEqual([[2, 3, 4], 4]);
  follower.heard(3, [row(3)]);
  follower.heard(5, [row(5), row(6)]);
  expect([applied, follower.known, read.mock.calls.length]).toEqual([[2, 3, 4, 5, 6], 6, 0]);
});

test('[CO-22] our own rows are in the document already; what another node wrote before them is read', async () => {
  const { applied, follower } = following(5);
  follower.wrote(4, 5);
  expect(follower.known).toBe(1);
  await vi.waitFor(() => expect(follower.known).toBe(5));
  // What the log gives again does no harm.
  expect(applied).toEqual([2, 3, 4, 5]);
});

test('[CO-22] what never comes by the relay is read from the log, also where only its number is told', async () => {
  const { applied, follower, read } = following(9);
  follower.heard(4, [row(4)]);
  await vi.waitFor(() => expect(follower.known).toBe(9));
  expect([applied, read.mock.calls]).toEqual([[2, 3, 4, 5, 6, 7, 8, 9], [[1]]]);
  follower.reaches(9);
  follower.reaches(3);
  await wait(10);
  expect(read).toHaveBeenCalledTimes(1);
});

test('[CO-22] rows that come while the log is read are applied once', async () => {
  const { applied, follower, read, log } = following(3);
  let answer: (rows: Uint8Array[]) => void = () => {};
  read.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
  const looked = follower.lookUp();
  follower.heard(2, [row(2)]);
  answer(log.slice(1));
  await looked;
  expect([applied, follower.known]).toEqual([[2, 3], 3]);
});

test('[CO-22] a log that cannot be read is tried again until it can', async () => {
  const { follower, read, onReadFailed } = following(4);
  read.mockRejectedValueOnce(new Error('away')).mockRejectedValueOnce(new Error('away'));
  follower.reaches(4);
  await vi.waitFor(() => expect(follower.known).toBe(4));
  expect(onReadFailed).toHaveBeenCalledTimes(2);
});

test('[CO-22] once stopped it neither reads nor applies', async () => {
  const { applied, follower, read } = following(4);
  const looked = follower.lookUp();
  follower.stop();
  await looked;
  follower.reaches(4);
  await wait(10);
  expect([applied, read.mock.calls.length]).toEqual([[], 1]);
});
