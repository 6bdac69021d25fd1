import type { Logger } from '#lib/kernel/ports.ts';

/** What must be ended, last begun first ended. */
export interface Closers {
  add(name: string, close: () => void | Promise<void>): void;
  /** Ends everything once; a part that fails or hangs does not keep the others from it. */
  closeAll(log: Logger | null): Promise<void>;
}

/** Longest a part may take to end before the next is ended all the same. Postgres comes last and may need it. */
const patienceMs = 20_000;

export function createClosers(): Closers {
  const stack: { name: string; close: () => void | Promise<void> }[] = [];
  let closing: Promise<void> | null = null;

  async function unwind(log: Logger | null): Promise<void> {
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { name, close } = next;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((done) => (timer = setTimeout(() => done('late'), patienceMs)));
      try {
        const outcome = await Promise.race([close(), late]);
        if (outcome === 'late') log?.warn({ part: name }, 'a part did not end in time');
      } catch (error) {
        log?.error({ part: name, err: error }, 'a part did not end well');
      } finally {
        clearTimeout(timer);
      }
    }
  }
  return {
    add: (name, close) => void stack.push({ name, close }),
    closeAll: (log) => (closing ??= unwind(log))
  };
}

/**
 * Await several beginnings at once. Where one fails the others are still awaited, so that what they began
 * is known and can be ended; then the first failure rises.
 */
export async function together<T extends readonly unknown[]>(
  ...tasks: {
    [K in keyof T]: Promise<T[K]>;
  }
): Promise<T> {
  const results = await Promise.allSettled(tasks);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) =>
    result.status === 'fulfilled' ? (result.value as unknown) : undefined
  ) as unknown as T;
}
