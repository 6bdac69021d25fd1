import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a state, looking again every `everyMs`. @throws Error where it did not come within `withinMs` */
export async function until(
  state: () => Promise<boolean> | boolean,
  { withinMs = 30_000, everyMs = 25, what = 'the state' } = {}
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await state())) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${withinMs} ms`);
    await sleep(everyMs);
  }
}
