import { m } from '#lib/paraglide/messages.js';
import { hrefOf, type NotificationKind } from './notification.ts';
import { rings, type PushMessage } from './push.ts';
import type { Locale } from './words.ts';

const titles: Partial<Record<NotificationKind, typeof m.notifications_push_patient>> = {
  'patient.waiting': m.notifications_push_patient,
  'room.called': m.notifications_push_called,
  'consult.requested': m.notifications_push_consult,
  'guest.invited': m.notifications_push_guest,
  'patient.asked': m.notifications_push_asked
};

export function pushMessage(kind: NotificationKind, consultId: string, locale: Locale): PushMessage {
  return {
    title: (titles[kind] ?? m.notifications_push_news)({}, { locale }),
    body: m.notifications_push_open({}, { locale }),
    path: hrefOf(kind, consultId) ?? '/',
    rings: rings(kind),
    tag: `${kind} ${consultId}`
  };
}

/** What a device is told when it was switched on, to see that it arrives. */
export function pushWelcome(locale: Locale): PushMessage {
  return {
    title: m.notifications_push_welcome({}, { locale }),
    body: m.notifications_push_welcome_text({}, { locale }),
    path: '/account',
    rings: false,
    tag: 'welcome'
  };
}
