import { describe, expect, it } from 'vitest';
import { commonPasswords } from './common-passwords.ts';
import { passwordFault } from '#lib/features/identity/password-rules.ts';

const own = ['li.ming@qinghe-dental.example', '李明 Li Ming', '清河镇口腔门诊', 'Qinghe Dental'];
const fault = (password: string) => passwordFault(password, { common: commonPasswords(), own });

describe('passwordFault', () => {
  it.each([
    ['short', 'password_too_short'],
    ['九个字的密码不够长', 'password_too_short'],
    ['qwertyuiop', 'password_too_common'],
    ['Password123', 'password_too_common'],
    ['P@ssw0rd2024!', 'password_too_common'],
    ['!!dragon!!2025', 'password_too_common'],
    ['13800001234', 'password_too_common'],
    ['aaaaaaaaaaaa', 'password_too_common'],
    ['abcdefghijkl', 'password_too_common'],
    ['wxyzwxyzwxyz', 'password_too_common'],
    ['liming19800302', 'password_personal'],
    ['LiMing@Qinghe1', 'password_personal'],
    ['qinghedental2026', 'password_personal'],
    ['清河镇口腔门诊2026', 'password_personal']
  ])('[ID-6] refuses %s: %s', (password, expected) => expect(fault(password)).toBe(expected));

  it.each([
    'correct horse battery',
    '春眠不觉晓处处闻啼鸟',
    'zebra-Tuna-9-lantern',
    'liming eats seven green plums',
    'kX3-vv9Qz_t'
  ])('[ID-6] takes %s', (password) => expect(fault(password)).toBeNull());
});
