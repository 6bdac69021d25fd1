import { sql } from 'drizzle-orm';
import { newId } from '#lib/kernel/ids.ts';
import type { JobContext } from '#lib/features/tenancy/jobs.ts';
import { notifications } from './tables.server.ts';

/** One person's news: a row, once an event, and a word to their open browsers. Told before: null. */
export async function writeNews(
  { rows, now }: Pick<JobContext, 'rows' | 'now'>,
  news: Omit<typeof notifications.$inferInsert, 'id' | 'createdAt'>
): Promise<string | null> {
  const id = newId(now.getTime());
  const [made] = await rows
    .insert(notifications)
    .values({ id, createdAt: now, ...news })
    .onConflictDoNothing()
    .returning({ id: notifications.id });
  if (!made) return null;
  const event = { topic: `user:${news.userId}`, name: 'notification', data: { id } };
  await rows.execute(sql`select pg_notify('live', ${JSON.stringify(event)})`);
  return id;
}
