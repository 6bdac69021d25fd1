import { and, eq, isNull, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { fail } from '#lib/kernel/errors.ts';
import { members } from '#lib/features/identity/tables.server.ts';
import type { JobContext, TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { notificationKinds } from './notification.ts';
import { isPushed, pushLifeSeconds } from './push.ts';
import { ring } from './push.server.ts';
import { pushMessage } from './push-words.ts';
import { notifications, pushSubscriptions } from './tables.server.ts';

const pushTaskInput = v.object({ notificationId: v.string() });

/** Have the devices of whom this news is for called, behind the transaction that wrote it. */
export async function pushSoon({ rows }: Pick<JobContext, 'rows'>, notificationId: string): Promise<void> {
  await rows.execute(
    sql`select graphile_worker.add_job('push', json_build_object('notificationId', ${notificationId}::text), max_attempts => 3)`
  );
}

/** [NO-20] [NO-23] Calls every device of one person. Not where the news was read meanwhile, or they have left. */
export const pushTask: TaskHandler = {
  task: 'push',
  timeoutMs: 60_000,
  async run(payload, { services, now, lastTry }) {
    const { notificationId } = v.parse(pushTaskInput, payload);
    const { systemDb } = services;
    const [news] = await systemDb
      .select({ news: notifications })
      .from(notifications)
      .innerJoin(
        members,
        and(
          eq(members.userId, notifications.userId),
          eq(members.organisationId, notifications.organisationId),
          isNull(members.revokedAt)
        )
      )
      .where(and(eq(notifications.id, notificationId), isNull(notifications.readAt)));
    if (!news) return;
    const { kind, consultId, userId, createdAt } = news.news;
    const known = notificationKinds.find((one) => one === kind);
    if (!known || !isPushed(known) || !consultId) return;
    const life = pushLifeSeconds(known) - Math.floor((now.getTime() - createdAt.getTime()) / 1_000);
    if (life <= 0) return;
    const devices = await systemDb
      .select()
      .from(pushSubscriptions)
      .where(eq(pushSubscriptions.userId, userId));
    const answers = await Promise.all(
      devices.map((device) => ring(services, device, pushMessage(known, consultId, device.locale), life))
    );
    // Tried again for all: the same topic and tag take the place of what has arrived.
    if (answers.includes('again') && !lastTry) throw fail('push_unreachable');
  }
};
