import { and, eq, isNull } from 'drizzle-orm';
import * as v from 'valibot';
import { breakGlassAccesses, consults } from '#lib/features/consults/tables.server.ts';
import { members } from '#lib/features/identity/tables.server.ts';
import type { JobHandler } from '#lib/features/tenancy/jobs.ts';
import { writeNews } from './write.server.ts';

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
      const by = `${found.access.userName} (${found.access.userOrganisationName})`;
      await writeNews(
        { rows, now },
        {
          ...{ organisationId, userId, kind: 'record.glass-broken', consultId, eventId: event.id },
          data: { by, number: found.number, path: '/organisation/break-glass' }
        }
      );
    }
  }
};
