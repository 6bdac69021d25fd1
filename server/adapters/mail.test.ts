import { describe, expect, it } from 'vitest';
import { checkMail, createMailer } from './mail.ts';

const mail = { to: 'li@example.org', subject: '会诊室', text: 'a\nb' };

describe('mail', () => {
  it('[NO-8] takes an ordinary mail', () => {
    expect(() => checkMail(mail)).not.toThrow();
  });
  for (const [what, over] of [
    ['a line break in the subject', { subject: 'Hello\r\nBcc: all@example.org' }],
    ['a line break in the recipient', { to: 'li@example.org\nBcc: all@example.org' }],
    ['two recipients', { to: 'li@example.org, all@example.org' }],
    ['a name with a recipient', { to: 'x <all@example.org>' }],
    ['no address', { to: 'li' }]
  ] as const)
    it(`[NO-8] refuses ${what}`, () => {
      expect(() => checkMail({ ...mail, ...over })).toThrow('invalid_input');
    });
  it('[NO-8] refuses a sender with a line break', () => {
    expect(() => createMailer({ mail: { url: 'smtp://localhost', from: 'a\nBcc: b@example.org' } })).toThrow(
      'invalid_input'
    );
  });
  it('[NO-6] without settings is not configured and sends nothing', async () => {
    const mailer = createMailer({ mail: null });
    expect(mailer.configured).toBe(false);
    await expect(mailer.send(mail)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
