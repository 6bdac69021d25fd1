import { and, count, desc, eq, inArray, isNull } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { hrefOf, type NotificationView, type OutgoingMailView } from './notification.ts';
import { mayReadNotifications, mayReadOutgoingMail } from './policy.server.ts';
import { notifications, outgoingMails } from './tables.server.ts';
import { notificationWords, type Locale } from './words.ts';

type Row = typeof notifications.$inferSelect;

const shownAtMost = 50;

/** The reader's own news, newest first, in `locale`. @throws AppError `forbidden` */
export async function listNotifications(call: Call, locale: Locale): Promise<NotificationView[]> {
  const { actor } = call;
  if (!mayReadNotifications(actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select()
      .from(notifications)
      .where(
        and(eq(notifications.organisationId, actor.organisationId), eq(notifications.userId, actor.userId))
      )
      .orderBy(desc(notifications.createdAt), desc(notifications.id))
      .limit(shownAtMost);
    return rows.map((row) => viewOf(row, locale));
  });
}

/** One piece of the reader's own news. @throws AppError `not_found`, `forbidden` */
export async function readNotification(call: Call, id: string, locale: Locale): Promise<NotificationView> {
  const { actor } = call;
  if (!mayReadNotifications(actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const [row] = await tx.rows
      .select()
      .from(notifications)
      .where(
        and(
          eq(notifications.organisationId, actor.organisationId),
          eq(notifications.userId, actor.userId),
          eq(notifications.id, id)
        )
      );
    if (!row) throw fail('not_found');
    return viewOf(row, locale);
  });
}

export async function countUnread(call: Call): Promise<number> {
  const { actor } = call;
  if (!mayReadNotifications(actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const [row] = await tx.rows
      .select({ unread: count() })
      .from(notifications)
      .where(
        and(
          eq(notifications.organisationId, actor.organisationId),
          eq(notifications.userId, actor.userId),
          isNull(notifications.readAt)
        )
      );
    return row?.unread ?? 0;
  });
}

/** Mark the reader's own news as read; ids of others' change nothing. Other tabs of the reader hear of it. */
export async function markRead(call: Call, ids: readonly string[]): Promise<void> {
  const { actor } = call;
  if (!mayReadNotifications(actor)) throw fail('forbidden');
  if (ids.length === 0) return;
  await inTransaction(call, async (tx) => {
    await tx.rows
      .update(notifications)
      .set({ readAt: tx.now })
      .where(
        and(
          eq(notifications.organisationId, actor.organisationId),
          eq(notifications.userId, actor.userId),
          inArray(notifications.id, [...ids]),
          isNull(notifications.readAt)
        )
      );
    await tx.live({ topic: `user:${actor.userId}`, name: 'notifications.read' });
  });
}

/** The latest mails of the organisation, for the outbox page. @throws AppError `forbidden` */
export async function listOutgoingMail(
  call: Call<'mail'>
): Promise<{ configured: boolean; mails: OutgoingMailView[] }> {
  const { actor } = call;
  if (!mayReadOutgoingMail(actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select()
      .from(outgoingMails)
      .where(eq(outgoingMails.organisationId, actor.organisationId))
      .orderBy(desc(outgoingMails.createdAt))
      .limit(200);
    await tx.audit({ action: 'mail.list', subject: { type: 'organisation', id: actor.organisationId } });
    return {
      configured: call.mail.configured,
      mails: rows.map(({ id, createdAt, recipient, subject, text, status, sentAt }) => ({
        id,
        at: createdAt.toISOString(),
        recipient,
        subject,
        text,
        status,
        sentAt: sentAt?.toISOString() ?? null
      }))
    };
  });
}

function viewOf(row: Row, locale: Locale): NotificationView {
  return {
    id: row.id,
    kind: row.kind,
    ...notificationWords(row.kind, row.data, locale),
    href: row.data.path ?? hrefOf(row.kind, row.consultId),
    at: row.createdAt.toISOString(),
    read: row.readAt !== null
  };
}
