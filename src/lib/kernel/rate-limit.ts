import type { Clock } from './clock.ts';

/** Counts tries in memory, per key, in a fixed window. Bounded: the oldest keys go first. */
export interface RateLimit {
  /** Count one try; false when the limit is used up. */
  take(key: string): boolean;
  reset(key: string): void;
}

export function createRateLimit(options: {
  clock: Clock;
  limit: number;
  windowMs: number;
  maxKeys?: number;
}): RateLimit {
  const { clock, limit, windowMs, maxKeys = 10_000 } = options;
  const windows = new Map<string, { until: number; count: number }>();
  return {
    take(key) {
      const now = clock.now().getTime();
      let window = windows.get(key);
      if (!window || window.until <= now) {
        window = { until: now + windowMs, count: 0 };
        windows.delete(key);
        windows.set(key, window);
        if (windows.size > maxKeys) windows.delete(windows.keys().next().value!);
      }
      window.count++;
      return window.count <= limit;
    },
    reset: (key) => void windows.delete(key)
  };
}
