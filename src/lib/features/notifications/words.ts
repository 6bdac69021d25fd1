import { m } from '#lib/paraglide/messages.js';
import {
  isNotificationKind,
  type NotificationData,
  type NotificationKind,
  type OrganisationKind
} from './notification.ts';

export type Locale = 'zh-CN' | 'en';

/** What a notification says, in `locale`. An unknown kind (written by a newer version) says that much. */
export function notificationWords(
  kind: string,
  data: NotificationData,
  locale: Locale
): { title: string; body: string } {
  const known: NotificationKind | OrganisationKind | null = isNotificationKind(kind) ? kind : null;
  const in_ = { locale };
  const number = data.number ?? '';
  const asker = [data.requesterOrganisation, data.requester].filter(Boolean).join(' · ');
  const expert = data.expert ?? '';
  switch (known) {
    case 'consult.requested':
      return {
        title: m.notifications_consult_requested_title({}, in_),
        body: m.notifications_consult_requested_body({ asker, number }, in_)
      };
    case 'consult.accepted':
      return {
        title: m.notifications_consult_accepted_title({ expert }, in_),
        body: m.notifications_consult_accepted_body({ number }, in_)
      };
    case 'consult.declined':
      return {
        title: m.notifications_consult_declined_title({}, in_),
        body: m.notifications_consult_declined_body({ number }, in_)
      };
    case 'consult.cancelled':
      return {
        title: m.notifications_consult_cancelled_title({}, in_),
        body: m.notifications_consult_cancelled_body({ asker, number }, in_)
      };
    case 'consult.more-asked':
      return {
        title: m.notifications_consult_more_asked_title({}, in_),
        body: m.notifications_consult_more_asked_body({ number }, in_)
      };
    case 'consult.answered':
      return {
        title: m.notifications_consult_answered_title({ asker: data.requester ?? '' }, in_),
        body: m.notifications_consult_answered_body({ number }, in_)
      };
    case 'consult.signed':
      return {
        title: m.notifications_consult_signed_title({ expert }, in_),
        body: m.notifications_consult_signed_body({ number }, in_)
      };
    case 'consult.closed':
      return {
        title: m.notifications_consult_closed_title({}, in_),
        body: m.notifications_consult_closed_body({ asker, number }, in_)
      };
    case 'patient.waiting':
      return {
        title: m.notifications_patient_waiting_title({}, in_),
        body: m.notifications_patient_waiting_body({ number }, in_)
      };
    case 'patient.asked':
      return {
        title: m.notifications_patient_asked_title({}, in_),
        body: m.notifications_patient_asked_body({ number }, in_)
      };
    case 'visit.moved':
      return {
        title: m.notifications_visit_moved_title({}, in_),
        body: m.notifications_visit_moved_body({ number }, in_)
      };
    case 'proposal.made':
      return {
        title: m.notifications_proposal_made_title({ expert }, in_),
        body: m.notifications_proposal_made_body({ number }, in_)
      };
    case 'room.called':
      return {
        title: m.notifications_room_called_title({ by: data.by ?? '' }, in_),
        body: m.notifications_room_called_body({ number }, in_)
      };
    case 'comment.mentioned':
      return {
        title: m.notifications_comment_mentioned_title({ by: data.by ?? '' }, in_),
        body: m.notifications_comment_mentioned_body({ number }, in_)
      };
    case 'grant.changed':
      return {
        title: m.notifications_grant_changed_title({}, in_),
        body: m.notifications_grant_changed_body({ asker, number }, in_)
      };
    case 'grant.ended':
      return {
        title: m.notifications_grant_ended_title({}, in_),
        body: m.notifications_grant_ended_body({ asker, number }, in_)
      };
    case 'guest.invited':
      return {
        title: m.notifications_guest_invited_title({ by: data.by ?? '' }, in_),
        body: m.notifications_guest_invited_body({ asker, number }, in_)
      };
    case 'guest.ended':
      return {
        title: m.notifications_guest_ended_title({}, in_),
        body: m.notifications_guest_ended_body({ asker, number }, in_)
      };
    case 'guest.left':
      return {
        title: m.notifications_guest_left_title({ by: data.by ?? '' }, in_),
        body: m.notifications_guest_left_body({ number }, in_)
      };
    case 'credential.ending':
      return {
        title: m.notifications_credential_ending_title({ person: data.person ?? '' }, in_),
        body: m.notifications_credential_ending_body({ until: data.until ?? '' }, in_)
      };
    case 'record.glass-broken':
      return {
        title: m.notifications_glass_broken_title({ by: data.by ?? '' }, in_),
        body: m.notifications_glass_broken_body({ number }, in_)
      };
    case 'correction.asked':
      return {
        title: m.notifications_correction_asked_title({}, in_),
        body: m.notifications_correction_asked_body({ by: data.by ?? '' }, in_)
      };
    case 'correction.accepted':
      return {
        title: m.notifications_correction_accepted_title({}, in_),
        body: m.notifications_correction_decided_body({ by: data.by ?? '' }, in_)
      };
    case 'correction.refused':
      return {
        title: m.notifications_correction_refused_title({}, in_),
        body: m.notifications_correction_decided_body({ by: data.by ?? '' }, in_)
      };
    case 'erasure.asked':
      return {
        title: m.notifications_erasure_asked_title({}, in_),
        body: m.notifications_erasure_asked_body({ by: data.by ?? '' }, in_)
      };
    case null:
      return { title: m.notifications_other_title({}, in_), body: '' };
  }
}

/**
 * The mail that goes with it: that something waits and where, in both languages, for the reader's is not known
 * to the job. Neither patient nor clinical content: mail is not a safe place.
 */
export function mailWords(kind: string, link: string): { subject: string; text: string } {
  const waiting = kind === 'patient.waiting';
  const line = (locale: Locale) =>
    waiting
      ? m.notifications_mail_patient_waiting({}, { locale })
      : m.notifications_mail_consult({}, { locale });
  const both = (part: (locale: Locale) => string) => [part('zh-CN'), part('en')];
  return {
    subject: both((locale) => m.notifications_mail_subject({}, { locale })).join(' / '),
    text: [...both(line), '', link, '', ...both((locale) => m.notifications_mail_why({}, { locale }))].join(
      '\n'
    )
  };
}
