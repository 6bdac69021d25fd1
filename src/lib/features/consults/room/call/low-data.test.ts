import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LowData, offerAfterMs } from './low-data.svelte.ts';

beforeEach(() => {
  vi.useFakeTimers();
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value)
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('[CALL-65] low data', () => {
  it('[CALL-65] is off until chosen, and remembered by the browser', () => {
    const first = new LowData();
    first.read();
    expect(first.on).toBe(false);
    first.set(true);
    const later = new LowData();
    later.read();
    expect(later.on).toBe(true);
  });

  it('[CALL-65] is offered where the line stays bad, and never turned on by itself', () => {
    const low = new LowData();
    low.look('poor');
    vi.advanceTimersByTime(offerAfterMs - 1);
    expect(low.offered).toBe(false);
    low.look('lost');
    vi.advanceTimersByTime(1);
    expect(low).toMatchObject({ offered: true, on: false });
    low.look('fair');
    expect(low.offered).toBe(false);
  });

  it('[CALL-65] a line that is bad now and then, one that was declined for, and one that spares already get no offer', () => {
    const low = new LowData();
    low.look('poor');
    vi.advanceTimersByTime(offerAfterMs / 2);
    low.look('good');
    low.look('poor');
    vi.advanceTimersByTime(offerAfterMs / 2);
    expect(low.offered).toBe(false);
    low.decline();
    low.look('poor');
    vi.advanceTimersByTime(offerAfterMs);
    expect(low.offered).toBe(false);
    low.end();
    low.set(true);
    low.look('poor');
    vi.advanceTimersByTime(offerAfterMs);
    expect(low.offered).toBe(false);
  });
});
