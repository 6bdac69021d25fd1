import { and, eq, isNull, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { newId } from '#lib/kernel/ids.ts';
import { breakGlassAccesses, consults } from '#lib/features/consults/tables.server.ts';
import { members } from '#lib/features/identity/tables.server.ts';
import type { JobHandler } from '#lib/features/tenancy/jobs.ts';
import { notifications } from './tables.server.ts';

const payload = v.object({ accessId: v.string() });

/** [CN-21] Every owner of the record's organisation hears of it at once; each of them once. */
export const glassHandler: JobHandler = {
  topic: 'record.glass-broken',
  async handle(event, { rows, now }) {
    const { accessId } = v.parse(payload, event.payload);
    const [found] = await rows
      .select({ access: breakGlassAccesses, number: consults.number })
      .from(breakGlassAccesses)
      .innerJoin(consults, eq(consults.id, breakGlassAccesses.consultId))
      .where(eq(breakGlassAccesses.id, accessId));
    if (!found) return;
    const { organisationId, consultId } = found.access;
    const owners = await rows
      .select({ userId: members.userId })
      .from(members)
      .where(
        and(eq(members.organisationId, organisationId), eq(members.role, 'owner'), isNull(members.revokedAt))
      );
    for (const { userId } of owners) {
      const id = newId(now.getTime());
      const by = `${found.access.userName} (${found.access.userOrganisationName})`;
      const [made] = await rows
        .insert(notifications)
        .values({
          id,
          organisationId,
          createdAt: now,
          userId,
          kind: 'record.glass-broken',
          consultId,
          data: { by, number: found.number, path: '/organisation/break-glass' },
          eventId: event.id
        })
        .onConflictDoNothing()
        .returning({ id: notifications.id });
      if (!made) continue;
      const news = { topic: `user:${userId}`, name: 'notification', data: { id } };
      await rows.execute(sql`select pg_notify('live', ${JSON.stringify(news)})`);
    }
  }
};
