import { sql } from 'drizzle-orm';
import type { Services } from '#lib/features/tenancy/call.ts';
import { keepLooking } from './keep-looking.server.ts';

/** A grant that ends sooner than this is told of by the database when it is set; the look-up is for all else. */
const longestSleepMs = 30_000;
/** A timer may fire a little early, and the database says when. */
const marginMs = 5;
const retryMs = 1_000;

/**
 * [CN-20] Ends what a grant had opened at the moment it ends by time: tells `access` (sockets, streams, seats) and
 * the consult's pages. Sleeps until the next end, by the database's clock, at most half a minute; every grant that
 * is made or given another end wakes it. What ended in the last minute is looked at again each time, so that
 * neither a transaction that commits late nor a clock that jumps loses an end. One in each process that owns
 * sockets; news of several change nothing.
 * @returns stop
 */
export function watchGrants({
  systemDb,
  live,
  log
}: Pick<Services, 'systemDb' | 'live' | 'log'>): () => void {
  let told = new Set<string>();

  /** @returns how long to sleep, in milliseconds */
  async function look(): Promise<number> {
    const { rows } = await systemDb.execute<{ consult_id: string; ends_at: string; wait_ms: number }>(sql`
      select consult_id, ends_at::text as ends_at, extract(epoch from ends_at - now())::float8 * 1000 as wait_ms
        from consult_grant_item
       where revoked_at is null and ends_at > now() - interval '1 minute'
         and ends_at <= now() + ${longestSleepMs} * interval '1 millisecond'
       group by consult_id, ends_at order by ends_at`);
    const ended = rows.filter((row) => row.wait_ms <= 0);
    const keyOf = (row: { consult_id: string; ends_at: string }) => `${row.consult_id} ${row.ends_at}`;
    for (const row of ended) {
      if (told.has(keyOf(row))) continue;
      const data = { consultId: row.consult_id };
      await live.publish({ topic: 'access', name: 'grant.ended', data });
      await live.publish({ topic: `consult:${row.consult_id}`, name: 'grant.ended' });
      told.add(keyOf(row));
    }
    told = new Set(ended.map(keyOf));
    const next = rows.find((row) => row.wait_ms > 0);
    return next ? Math.min(next.wait_ms + marginMs, longestSleepMs) : longestSleepMs;
  }

  const lookout = keepLooking(look, (error) => {
    log.warn({ name: error instanceof Error ? error.name : 'unknown' }, 'ends of grants not looked up');
    return retryMs;
  });
  const unsubscribe = live.subscribe('grants', lookout.wake);
  lookout.wake();
  return () => {
    unsubscribe();
    lookout.stop();
  };
}
