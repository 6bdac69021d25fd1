import { and, eq, exists, inArray, isNull, or, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { newId } from '#lib/kernel/ids.ts';
import { consultGuests } from '#lib/features/consults/guest-tables.server.ts';
import { consults } from '#lib/features/consults/tables.server.ts';
import { members, users } from '#lib/features/identity/tables.server.ts';
import type { JobContext, JobHandler, OutboxEvent, TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { hrefOf, isMailed, notificationKinds, type NotificationKind } from './notification.ts';
import { isPushed } from './push.ts';
import { pushSoon } from './push-jobs.server.ts';
import { consultNews } from './schema.ts';
import { notifications, outgoingMails } from './tables.server.ts';
import { mailWords } from './words.ts';
import { writeNews } from './write.server.ts';

/** One handler a kind of news. */
export const notificationHandlers: readonly JobHandler[] = notificationKinds.map((kind) => ({
  topic: kind,
  handle: (event, context) => tell(kind, event, context)
}));

/**
 * Tell the people named in the event, as far as they still belong to one of the consult's two organisations, or to the
 * one they were invited from: a row, news to their open browsers, and a mail where the kind asks for one. A consult that is gone, or a
 * person who left meanwhile, is told nothing.
 */
async function tell(kind: NotificationKind, event: OutboxEvent, context: JobContext): Promise<void> {
  const { rows, services } = context;
  const news = v.parse(consultNews, event.payload);
  const [consult] = await rows.select().from(consults).where(eq(consults.id, news.consultId));
  if (!consult || news.userIds.length === 0) return;

  const people = await rows
    .selectDistinctOn([members.userId], {
      userId: members.userId,
      organisationId: members.organisationId,
      email: users.email
    })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(
      and(
        inArray(members.userId, news.userIds),
        or(
          inArray(members.organisationId, [consult.organisationId, consult.expertOrganisationId]),
          exists(
            rows
              .select({ id: consultGuests.id })
              .from(consultGuests)
              .where(
                and(
                  eq(consultGuests.consultId, consult.id),
                  eq(consultGuests.userId, members.userId),
                  eq(consultGuests.guestOrganisationId, members.organisationId)
                )
              )
          )
        ),
        isNull(members.revokedAt)
      )
    )
    .orderBy(members.userId, members.createdAt);

  for (const person of people) {
    const id = await writeNews(context, {
      ...{ organisationId: person.organisationId, userId: person.userId, kind, consultId: consult.id },
      data: {
        number: consult.number,
        requester: consult.requesterName,
        requesterOrganisation: consult.requesterOrganisationName,
        urgency: consult.urgency,
        ...(consult.expertName ? { expert: consult.expertName } : {}),
        ...(news.by === undefined ? {} : { by: news.by })
      },
      eventId: event.id
    });
    if (!id) continue;
    if (services.push.publicKey !== null && isPushed(kind)) await pushSoon(context, id);
    if (isMailed(kind))
      await mail(context, person, {
        notificationId: id,
        ...mailWords(kind, `${services.settings.origin}${hrefOf(kind, consult.id)}`)
      });
  }
}

async function mail(
  { rows, now }: JobContext,
  person: { userId: string; organisationId: string; email: string },
  letter: { notificationId: string; subject: string; text: string }
): Promise<void> {
  const id = newId(now.getTime());
  await rows.insert(outgoingMails).values({
    id,
    organisationId: person.organisationId,
    createdAt: now,
    userId: person.userId,
    notificationId: letter.notificationId,
    recipient: person.email,
    subject: letter.subject,
    text: letter.text,
    status: 'waiting'
  });
  await rows.execute(
    sql`select graphile_worker.add_job('mail', json_build_object('id', ${id}::text), max_attempts => 8)`
  );
}

const mailTask = v.object({ id: v.string() });

/**
 * Hand one mail to the mail server. Sent at most once as far as the server's answer reached us; a crash in
 * between may send it twice. Dropped when the person has read the news in the app or has left.
 */
export const sendMailTask: TaskHandler = {
  task: 'mail',
  timeoutMs: 60_000,
  async run(payload, { services, now, lastTry }) {
    const { id } = v.parse(mailTask, payload);
    const { systemDb, mail } = services;
    const [letter] = await systemDb
      .select({ mail: outgoingMails, readAt: notifications.readAt })
      .from(outgoingMails)
      .innerJoin(notifications, eq(notifications.id, outgoingMails.notificationId))
      .where(and(eq(outgoingMails.id, id), eq(outgoingMails.status, 'waiting')));
    if (!letter) return;
    const end = (change: Partial<typeof outgoingMails.$inferInsert>) =>
      systemDb
        .update(outgoingMails)
        .set({ ...change, tries: letter.mail.tries + 1 })
        .where(eq(outgoingMails.id, id));

    const [member] = await systemDb
      .select({ id: members.id })
      .from(members)
      .where(
        and(
          eq(members.userId, letter.mail.userId),
          eq(members.organisationId, letter.mail.organisationId),
          isNull(members.revokedAt)
        )
      );
    if (letter.readAt !== null || !member) {
      await end({ status: 'dropped' });
      return;
    }
    if (!mail.configured) {
      await end({ status: 'kept' });
      return;
    }
    const { recipient: to, subject, text } = letter.mail;
    try {
      await mail.send({ to, subject, text });
    } catch (error) {
      await end({ status: lastTry ? 'failed' : 'waiting' });
      throw error;
    }
    await end({ status: 'sent', sentAt: now });
  }
};
