import { createHmac } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { signInTries } from '#lib/features/identity/tables.server.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { TryCounter } from '#lib/kernel/ports.ts';
import { dayMs, hourMs, minuteMs, type Clock } from '#lib/kernel/clock.ts';

/** Failures without a pause, then pauses that double, up to a longest one; forgotten after a quiet time. */
interface Patience {
  free: number;
  firstPauseMs: number;
  longestPauseMs: number;
  forgetMs: number;
}

/** One person who mistypes is not stopped; a program that guesses gets about 30 tries a day. */
const account: Patience = {
  free: 5,
  firstPauseMs: minuteMs,
  longestPauseMs: hourMs,
  forgetMs: dayMs
};
/** A whole clinic may stand behind one address. */
const address: Patience = {
  free: 40,
  firstPauseMs: minuteMs,
  longestPauseMs: 15 * minuteMs,
  forgetMs: hourMs
};
const patience = { account, address };
/** Not the present: of two who come at once, the later to be counted may have looked at the clock first. */
const noPause = new Date(0);
type Door = keyof typeof patience;

/** How long to wait after the n-th failure in a row, in ms. */
export function pauseAfter(door: Door, failures: number): number {
  const { free, firstPauseMs, longestPauseMs } = patience[door];
  if (failures < free) return 0;
  return Math.min(firstPauseMs * 2 ** Math.min(failures - free, 20), longestPauseMs);
}

/** Tries counted in the database: shared by all nodes, kept over a restart. */
export function createThrottle(options: { systemDb: Database; clock: Clock; key: Buffer }): TryCounter {
  const { systemDb, clock, key } = options;
  // Hashed: what is typed as a name is sometimes a password.
  const keyOf = (door: Door, name: string) =>
    `${door}:${createHmac('sha256', key).update(`${door}\n${name}`).digest('hex')}`;

  return {
    async begin(door, name) {
      const now = clock.now();
      const { free, firstPauseMs, longestPauseMs, forgetMs } = patience[door];
      const counted = sql<number>`case when ${signInTries.lastAt} < ${new Date(now.getTime() - forgetMs).toISOString()}::timestamptz
        then 1 else ${signInTries.failures} + 1 end`;
      const pauseMs = sql`least(${firstPauseMs} * power(2, least(${counted} - ${free}, 20)), ${longestPauseMs})`;
      const id = keyOf(door, name);
      const taken = await systemDb
        .insert(signInTries)
        .values({ key: id, failures: 1, blockedUntil: noPause, lastAt: now })
        .onConflictDoUpdate({
          target: signInTries.key,
          set: {
            failures: counted,
            blockedUntil: sql`case when ${counted} < ${free} then ${noPause.toISOString()}::timestamptz
              else ${now.toISOString()}::timestamptz + ${pauseMs} * interval '1 millisecond' end`,
            lastAt: now
          },
          setWhere: sql`${signInTries.blockedUntil} <= ${now.toISOString()}::timestamptz`
        })
        .returning({ failures: signInTries.failures });
      if (taken.length > 0) return;
      const [row] = await systemDb
        .select({ until: signInTries.blockedUntil })
        .from(signInTries)
        .where(eq(signInTries.key, id));
      const leftMs = (row?.until.getTime() ?? now.getTime()) - now.getTime();
      throw fail('too_many_tries', { minutes: Math.max(1, Math.ceil(leftMs / minuteMs)) });
    },
    async good(door, name) {
      const row = eq(signInTries.key, keyOf(door, name));
      if (door === 'account') await systemDb.delete(signInTries).where(row);
      else
        await systemDb
          .update(signInTries)
          .set({ failures: sql`greatest(${signInTries.failures} - 1, 0)`, blockedUntil: noPause })
          .where(row);
    },
    async unlock(door, name) {
      await systemDb.delete(signInTries).where(eq(signInTries.key, keyOf(door, name)));
    },
    async pausedUntil(door, name) {
      const [row] = await systemDb
        .select({ until: signInTries.blockedUntil })
        .from(signInTries)
        .where(eq(signInTries.key, keyOf(door, name)));
      return row && row.until > clock.now() ? row.until : null;
    }
  };
}
