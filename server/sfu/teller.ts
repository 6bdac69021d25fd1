import type { Logger } from '#lib/kernel/ports.ts';
import type { PresenceChange } from './presence.ts';
import type { RoomEvent } from './types.ts';

const firstPauseMs = 250;
const longestPauseMs = 5_000;
/** About a minute and a half: a database that was restarted is back by then. */
const mostTries = 22;

/**
 * Hands on who came and left, one after the other in the order of the news and each at a moment of its own: told side
 * by side, an older piece could be written down after a newer one. What was not taken is told again, for the media
 * server will not say it twice.
 */
export function createTeller(options: {
  take: (event: RoomEvent) => void | Promise<void>;
  log: Logger;
  now?: () => number;
}) {
  const { take, log, now = Date.now } = options;
  let telling = Promise.resolve();
  let lastAt = 0;
  let stopped = false;
  let wake: (() => void) | null = null;

  async function tellOne(event: RoomEvent): Promise<void> {
    let pauseMs = firstPauseMs;
    for (let tries = 1; !stopped; tries++) {
      try {
        return await take(event);
      } catch (error) {
        log.error({ err: error, kind: event.kind, tries }, 'room event not taken');
        if (tries === mostTries) return;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, pauseMs).unref();
      });
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
  }

  return {
    tell(changes: readonly PresenceChange[]): void {
      for (const change of changes) {
        lastAt = Math.max(now(), lastAt + 1);
        const event = { ...change, at: new Date(lastAt) };
        telling = telling.then(() => tellOne(event));
      }
    },
    /** What could not be told by now is left to the next start, which compares. */
    async stop(): Promise<void> {
      stopped = true;
      wake?.();
      await telling;
    }
  };
}
