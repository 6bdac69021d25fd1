import { index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, sealedText, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { outgoingMailStatuses, type NotificationData } from './notification.ts';

/** News for one person. Its words are made when it is read, in the reader's language. */
export const notifications = pgTable(
  'notification',
  {
    ...tenantColumns(),
    userId: uuid('user_id').notNull(),
    kind: text('kind').notNull(),
    consultId: uuid('consult_id'),
    /** What the words need; names of staff and places, never of a patient. */
    data: jsonb('data').$type<NotificationData>().notNull().default({}),
    readAt: instant('read_at'),
    /** The outbox event it came from: one notification a person and event, however often the job runs. */
    eventId: uuid('event_id').notNull()
  },
  (t) => [
    unique('notification_tenant').on(t.organisationId, t.id),
    unique('notification_once').on(t.organisationId, t.userId, t.eventId),
    index('notification_user').on(t.organisationId, t.userId, t.createdAt)
  ]
);

/** Every mail this site meant to send, and what became of it. No personal health data inside. */
export const outgoingMails = pgTable(
  'outgoing_mail',
  {
    ...tenantColumns(),
    userId: uuid('user_id').notNull(),
    notificationId: uuid('notification_id').notNull(),
    recipient: text('recipient').notNull(),
    subject: text('subject').notNull(),
    text: text('text').notNull(),
    /** `kept`: no mail server is configured, so it waits on the outbox page. `dropped`: no longer needed. */
    status: text('status', { enum: outgoingMailStatuses }).notNull(),
    tries: integer('tries').notNull().default(0),
    sentAt: instant('sent_at')
  },
  (t) => [
    unique('outgoing_mail_tenant').on(t.organisationId, t.id),
    index('outgoing_mail_created').on(t.organisationId, t.createdAt)
  ]
);

/** [NO-20] A device on which somebody wants to be called, also while no page is open. */
export const pushSubscriptions = pgTable(
  'push_subscription',
  {
    ...tenantColumns(),
    userId: uuid('user_id').notNull(),
    /** The session it was confirmed in last: signing out there ends it. */
    sessionId: uuid('session_id').notNull(),
    /** SHA-256 of the endpoint, hex: a browser has one. */
    endpointHash: text('endpoint_hash').notNull().unique(),
    /** Endpoint and keys, JSON: whoever has them could ring. */
    target: sealedText('target').notNull(),
    locale: text('locale', { enum: ['zh-CN', 'en'] }).notNull(),
    /** The push service could not be reached last time, since. */
    failedAt: instant('failed_at')
  },
  (t) => [index('push_subscription_user').on(t.userId)]
);
