import postgres from 'postgres';
import type { LiveEvent, LiveFeed, LiveTopic, Logger } from '#lib/kernel/ports.ts';

/** The name of the event every listener gets when news may have been missed: read everything again. */
export const resync = 'resync';

const channel = 'live';
/** How long the times of a consult's news are kept: longer than a page takes from its reading to its first line. */
const keptMs = 120_000;
/** Postgres refuses a NOTIFY of 8,000 bytes. Ids only, so this is far away. */
const longestBytes = 7_900;

/**
 * Live news over Postgres LISTEN/NOTIFY: what any process publishes, in a transaction through `tx.live` or
 * here, reaches every process's listeners once committed. After a lost connection it listens again by itself
 * and tells everyone to `resync`.
 */
export async function createLiveFeed({
  url,
  log
}: {
  /** Any role may listen; the system's connection is used. */
  url: string;
  log: Logger;
}): Promise<LiveFeed & { close(): Promise<void> }> {
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'consilium-live' },
    // Seconds. Quick at first, then calm: a restart of the database takes a second or two.
    backoff: (attempt) => Math.min(0.1 * 2 ** attempt, 5)
  });
  const listeners = new Map<LiveTopic, Set<(event: LiveEvent) => void>>();
  let listening = false;
  /** When which news of a consult came last. */
  const told = new Map<string, Map<string, number>>();
  /** Since when nothing was missed here. */
  let completeFrom = Infinity;
  let sweptAt = 0;

  const remember = ({ topic, name }: LiveEvent) => {
    if (!topic.startsWith('consult:')) return;
    const now = Date.now();
    if (now - sweptAt > keptMs) {
      sweptAt = now;
      for (const [old, names] of told) if (Math.max(...names.values()) < now - keptMs) told.delete(old);
    }
    told.set(topic, (told.get(topic) ?? new Map<string, number>()).set(name, now));
  };

  const deliver = (event: LiveEvent) => {
    for (const listener of [...(listeners.get(event.topic) ?? [])]) {
      try {
        listener(event);
      } catch (error) {
        // One broken listener must not keep the news from the others.
        log.error(
          { name: event.name, error: error instanceof Error ? error.name : typeof error },
          'live listener failed'
        );
      }
    }
  };

  await sql.listen(
    channel,
    (payload) => {
      const event = parseEvent(payload);
      if (event) {
        remember(event);
        deliver(event);
      } else log.warn({ length: payload.length }, 'live news not understood');
    },
    () => {
      completeFrom = Date.now();
      if (listening) {
        log.warn({}, 'live news were interrupted');
        for (const topic of [...listeners.keys()]) deliver({ topic, name: resync });
      }
      listening = true;
    }
  );

  return {
    async publish(event) {
      const payload = JSON.stringify(event);
      if (Buffer.byteLength(payload) > longestBytes) throw new Error(`live news ${event.name} is too long`);
      await sql.notify(channel, payload);
    },
    subscribe(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(topic) === set) listeners.delete(topic);
      };
    },
    toldSince(topic, at, counts) {
      const since = at.getTime();
      if (since < Math.max(completeFrom, Date.now() - keptMs)) return true;
      return [...(told.get(topic) ?? [])].some(([name, when]) => when >= since && counts(name));
    },
    async close() {
      listeners.clear();
      await sql.end({ timeout: 5 });
    }
  };
}

function parseEvent(payload: string): LiveEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    // Something else uses the channel's name; the caller says so in the log.
    return null;
  }
  if (typeof value !== 'object' || value === null || !('topic' in value) || !('name' in value)) return null;
  return typeof value.topic === 'string' && typeof value.name === 'string' ? (value as LiveEvent) : null;
}
