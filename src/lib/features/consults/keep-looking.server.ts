export interface Lookout {
  /** Look at once; where a look is under way, again behind it. */
  wake(): void;
  /** Look in so many milliseconds, whatever was planned. */
  sleep(ms: number): void;
  stop(): void;
}

/**
 * Looks at something again and again, never twice at once, until stopped: after as long as each look says, and when
 * woken. It does not begin by itself.
 * @param look returns how long to sleep, in milliseconds; where it throws, `failed` hears of it and says so instead
 */
export function keepLooking(look: () => Promise<number>, failed: (error: unknown) => number): Lookout {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let looking = false;
  let again = false;

  const sleep = (ms: number) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(wake, ms).unref();
  };
  const wake = () => {
    clearTimeout(timer);
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    void look()
      .catch(failed)
      .then((ms) => {
        looking = false;
        sleep(again ? 0 : ms);
        again = false;
      });
  };
  const stop = () => {
    stopped = true;
    clearTimeout(timer);
  };
  return { wake, sleep, stop };
}
