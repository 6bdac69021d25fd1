const windowMs = 5_000;
const share = 0.4;
const windows = 3;

/** Whether the page cannot keep up: `busyMs` of long tasks in each of the last windows. */
export function struggles(busyMs: readonly number[]): boolean {
  return busyMs.length >= windows && busyMs.slice(-windows).every((busy) => busy > windowMs * share);
}

/** [CALL-35] Calls back when long tasks fill the page's time. Silent where the browser does not measure them. @returns stop */
export function watchStruggle(ontrouble: () => void): () => void {
  if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return () => undefined;
  let busy = 0;
  let past: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) busy += duration;
  });
  observer.observe({ entryTypes: ['longtask'] });
  const timer = setInterval(() => {
    past = [...past.slice(1 - windows), busy];
    busy = 0;
    if (struggles(past)) ontrouble();
  }, windowMs);
  return () => {
    observer.disconnect();
    clearInterval(timer);
  };
}
