import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { newId } from '#lib/kernel/ids.ts';
import { dayIn, reminderDue } from '#lib/features/identity/credential.ts';
import { members, practitionerCredentials } from '#lib/features/identity/tables.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import type { TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { notifications } from './tables.server.ts';

/** Once a day, in the morning of China. */
export const credentialReminderTask: TaskHandler = {
  task: 'credential-reminders',
  cron: '17 0 * * *',
  timeoutMs: 60_000,
  run: async (_, { services, now }) => {
    await remindOfCredentials(services, now);
  }
};

/**
 * [ID-22] Tell whom a credential belongs to, and the organisation's owners, that it ends, at each threshold once.
 * Resolves to how many credentials were told of.
 */
export async function remindOfCredentials(
  { systemDb }: Pick<Services, 'systemDb'>,
  now: Date
): Promise<number> {
  return systemDb.transaction(async (rows) => {
    const held = await rows
      .select({ credential: practitionerCredentials, member: members, timeZone: organisations.timeZone })
      .from(practitionerCredentials)
      .innerJoin(members, eq(members.id, practitionerCredentials.memberId))
      .innerJoin(organisations, eq(organisations.id, practitionerCredentials.organisationId))
      .where(and(isNull(practitionerCredentials.withdrawnAt), isNull(members.revokedAt)))
      .for('update', { of: practitionerCredentials, skipLocked: true });
    let told = 0;
    for (const { credential, member, timeZone } of held) {
      const due = reminderDue(credential, dayIn(timeZone, now));
      if (due === null) continue;
      const { organisationId } = credential;
      const people = await rows
        .select({ userId: members.userId, role: members.role })
        .from(members)
        .where(
          and(
            eq(members.organisationId, organisationId),
            isNull(members.revokedAt),
            or(eq(members.id, member.id), eq(members.role, 'owner'))
          )
        );
      for (const person of people) {
        const id = newId(now.getTime());
        await rows.insert(notifications).values({
          id,
          organisationId,
          createdAt: now,
          userId: person.userId,
          kind: 'credential.ending',
          data: {
            person: member.name,
            until: credential.validUntil,
            ...(person.role === 'owner' ? { path: '/organisation' } : {})
          },
          eventId: id
        });
        const event = { topic: `user:${person.userId}`, name: 'notification', data: { id } };
        await rows.execute(sql`select pg_notify('live', ${JSON.stringify(event)})`);
      }
      await rows
        .update(practitionerCredentials)
        .set({ remindedDays: due })
        .where(eq(practitionerCredentials.id, credential.id));
      told++;
    }
    return told;
  });
}
