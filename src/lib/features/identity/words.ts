import { m } from '#lib/paraglide/messages.js';

type Locale = 'zh-CN' | 'en';
interface Letter {
  subject: string;
  text: string;
}

export function resetMail({ url, locale }: { url: string; locale: Locale }): Letter {
  const in_ = { locale };
  return {
    subject: m.identity_mail_reset_subject({}, in_),
    text: `${m.identity_mail_reset_text({}, in_)}\n\n${url}\n\n${m.identity_mail_reset_not_you({}, in_)}\n`
  };
}

/** Whoever is invited has not chosen a language yet: the letter speaks both. */
export function invitationMail(input: { url: string; organisation: string; days: number }): Letter {
  const { url, days } = input;
  // A name with a line break would reach into the letter's head.
  const organisation = input.organisation.replace(/\s+/gu, ' ').slice(0, 80);
  const both = (say: (in_: { locale: Locale }) => string, between: string) =>
    [say({ locale: 'zh-CN' }), say({ locale: 'en' })].join(between);
  const text = both((in_) => m.identity_mail_invitation_text({ organisation, days }, in_), '\n');
  const once = both((in_) => m.identity_mail_invitation_once({}, in_), '\n');
  return {
    subject: both((in_) => m.identity_mail_invitation_subject({ organisation }, in_), ' · '),
    text: `${text}\n\n${url}\n\n${once}\n`
  };
}
