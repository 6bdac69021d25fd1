import { createTransport } from 'nodemailer';
import { fail } from '#lib/kernel/errors.ts';
import type { Mail, Mailer } from '#lib/kernel/ports.ts';

export interface MailSettings {
  /** `smtp://user:password@host:587` or `smtps://host:465`. */
  url: string;
  /** Sender, e.g. `会诊室 <consult@example.org>`. */
  from: string;
}

const timeoutMs = 20_000;

/**
 * Mail by SMTP; with `mail: null` nothing is configured and nothing is sent. Credentials go only over TLS
 * where the server offers it (STARTTLS), certificates are checked.
 */
export function createMailer({ mail }: { mail: MailSettings | null }): Mailer {
  if (!mail) {
    return {
      configured: false,
      send: () => Promise.reject(fail('unavailable'))
    };
  }
  oneLine(mail.from);
  const transport = createTransport(mail.url, {
    from: mail.from,
    disableFileAccess: true,
    disableUrlAccess: true
  });
  return {
    configured: true,
    async send(letter) {
      checkMail(letter);
      const controller = withTimeout();
      try {
        await Promise.race([
          transport.sendMail({
            to: { name: '', address: letter.to },
            subject: letter.subject,
            text: letter.text,
            headers: { 'Auto-Submitted': 'auto-generated' }
          }),
          controller.late
        ]);
      } finally {
        controller.clear();
      }
    }
  };
}

/** One recipient, no line breaks where a header goes ([NO-8]). @throws AppError `invalid_input` */
export function checkMail({ to, subject }: Mail): void {
  oneLine(to);
  oneLine(subject);
  // Exactly one address: a comma or a second @ would address others.
  if (!/^[^\s@,;<>()"\\]+@[^\s@,;<>()"\\]+$/.test(to)) throw fail('invalid_input', { field: 'to' });
}

function oneLine(text: string): void {
  if (/[\r\n\u0000\u2028\u2029]/.test(text)) throw fail('invalid_input', { field: 'header' });
}

function withTimeout(): { late: Promise<never>; clear: () => void } {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(fail('unavailable')), timeoutMs);
  return { late, clear: () => clearTimeout(timer) };
}
