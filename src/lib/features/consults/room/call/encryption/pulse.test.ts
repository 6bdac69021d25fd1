import { expect, test } from 'vitest';
import { Pulse, pulseEveryMs } from './pulse.ts';

/** Asks as often as the call does. @returns after how many questions it was found to be gone; null: it was not */
function goneAfter(pulse: Pulse, questions: number, { from = 0, answers = false } = {}): number | null {
  for (let i = 1; i <= questions; i++) {
    if (pulse.ask(from + i * pulseEveryMs)) return i;
    if (answers) pulse.answered();
  }
  return null;
}

test('[CALL-76] what encrypts is gone when it answers no more', () => {
  const pulse = new Pulse();
  expect(goneAfter(pulse, 100, { answers: true })).toBeNull();
  // The fifth question still waits for its answer when the sixth is put.
  expect(goneAfter(pulse, 100, { from: 100 * pulseEveryMs })).toBe(6);
});

test('[CALL-76] on a slow line it is longer in coming', () => {
  expect(goneAfter(new Pulse(), 22)).toBeNull();
  expect(goneAfter(new Pulse(), 100)).toBe(24);
});

test('[CALL-76] a page that had stood still begins to count anew', () => {
  const pulse = new Pulse();
  goneAfter(pulse, 3, { answers: true });
  expect(goneAfter(pulse, 5, { from: 3 * pulseEveryMs })).toBeNull();
  expect(goneAfter(pulse, 5, { from: 3_600_000 })).toBeNull();
  const unloaded = new Pulse();
  expect(goneAfter(unloaded, 20)).toBeNull();
  expect(goneAfter(unloaded, 2, { from: 3_600_000 })).toBeNull();
});

test('[CALL-76] it has done its work for a while: said once', () => {
  const pulse = new Pulse();
  expect(Array.from({ length: 12 }, () => pulse.answered()).filter(Boolean)).toEqual([true]);
});
