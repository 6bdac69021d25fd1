import { expect, it } from 'vitest';
import { invitationMail, resetMail } from './words.ts';

const url = 'https://consult.example.org/invitation/x';

it('[ID-13] a name with a line break stays in its line of the letter’s head', () => {
  const { subject } = invitationMail({ url, organisation: '清河\r\nBcc: a@b.cn\u2028镇', days: 7 });
  expect(subject).not.toMatch(/[\r\n\u2028]/);
  expect(subject).toContain('清河 Bcc: a@b.cn 镇');
});

it('[ID-14] letters hold the link on a line of its own, in the language asked for', () => {
  for (const locale of ['zh-CN', 'en'] as const)
    expect(resetMail({ url, locale }).text).toContain(`\n${url}\n`);
  expect(resetMail({ url, locale: 'en' }).subject).toMatch(/password/);
});
