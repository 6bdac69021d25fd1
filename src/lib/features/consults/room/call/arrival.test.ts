import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Arrival, ArrivalWatch, type Owed } from './arrival.ts';

const step = 3_000;

/** Looks every three seconds. @returns the seconds at which a new room was asked for */
function watch(seconds: number, owed: (second: number) => Owed[], arrival = new Arrival()): number[] {
  const asked: number[] = [];
  for (let now = 0; now <= seconds * 1_000; now += step)
    if (arrival.look(owed(now / 1_000), 1_000_000 + now)) asked.push(now / 1_000);
  return asked;
}

const sound = (bytes: number | null): Owed => ({ id: 'sound', bytes });
const picture = (bytes: number | null): Owed => ({ id: 'picture', bytes });

describe('a call that is connected', () => {
  it('[CALL-74] is let be while something arrives', () => {
    expect(watch(600, (second) => [sound(second * 100), picture(second * 9_000)])).toEqual([]);
  });

  it('[CALL-74] is let be while nobody sends anything: alone, muted, hidden or without camera', () => {
    expect(watch(600, () => [])).toEqual([]);
  });

  it('[CALL-74] is let be where one of several is silent', () => {
    expect(watch(600, (second) => [sound(second * 100), picture(7)])).toEqual([]);
  });

  it('[CALL-74] is built anew when nothing arrives of anybody any more', () => {
    expect(watch(38, (second) => [sound(Math.min(second, 20) * 100), picture(7)])).toEqual([36]);
  });

  it('[CALL-74] is built anew when what was announced finds no place', () => {
    expect(watch(20, (second) => [sound(second * 100), picture(null)])).toEqual([12]);
  });

  it('[CALL-74] waits anew for each thing that is announced', () => {
    const late = (second: number): Owed => ({ id: `late ${Math.floor(second / 9)}`, bytes: null });
    expect(watch(600, (second) => [sound(second * 100), late(second)])).toEqual([]);
  });

  it('[CALL-74] is not built for ever where new rooms do not help, and again once all has arrived', () => {
    const arrival = new Arrival();
    expect(watch(600, () => [sound(7)], arrival)).toHaveLength(3);
    // Of two one came: not all.
    arrival.rest();
    expect(watch(600, (second) => [sound(second), picture(null)], arrival)).toEqual([]);
    arrival.rest();
    expect(watch(30, (second) => [sound(second), picture(second)], arrival)).toEqual([]);
    arrival.rest();
    expect(watch(20, () => [sound(0)], arrival)).toEqual([15]);
  });

  it('[CALL-74] is not blamed for the time in which the page stood still', () => {
    const arrival = new Arrival();
    const owed = [sound(7), picture(null)];
    expect(arrival.look(owed, 0)).toBe(false);
    expect(arrival.look(owed, 3_000)).toBe(false);
    expect(arrival.look(owed, 63_000)).toBe(false);
    expect(arrival.look(owed, 66_000)).toBe(false);
  });
});

describe('the watch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('[CALL-74] takes what was not told, asks for another room where nothing comes, and ends with the stay', async () => {
    let untold = true;
    const room = {
      catchUp: () => untold,
      owed: () => Promise.resolve([sound(0)])
    };
    let up = true;
    const [found, stuck] = [vi.fn(), vi.fn(() => void (up = false))];
    const arrival = new ArrivalWatch({ session: () => (up ? room : null), found, stuck });
    arrival.start();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(found).toHaveBeenCalledTimes(2);
    untold = false;
    await vi.advanceTimersByTimeAsync(16_000);
    expect(stuck).toHaveBeenCalledTimes(1);
    expect(found).toHaveBeenCalledTimes(2);
    // The new room is being built: nothing is asked of the former.
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stuck).toHaveBeenCalledTimes(1);
    up = true;
    arrival.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stuck).toHaveBeenCalledTimes(1);
  });
});
