/** What a new password must be. Length and what attackers try first count; signs and digits are not asked for. */
export const passwordMinLength = 10;
export const passwordMaxLength = 256;

export type PasswordFault = 'password_too_short' | 'password_too_common' | 'password_personal';

export interface PasswordContext {
  /** Passwords many people use, in lower case. */
  common: ReadonlySet<string>;
  /** What belongs to the person: e-mail address, name, organisation. */
  own: readonly string[];
}

/** Why `password` cannot be taken, or null where it can. */
export function passwordFault(password: string, { common, own }: PasswordContext): PasswordFault | null {
  const text = password.normalize('NFKC');
  if ([...text].length < passwordMinLength) return 'password_too_short';
  const lower = text.toLowerCase();
  if (isPersonal(lower, own)) return 'password_personal';
  return isCommon(lower, common) ? 'password_too_common' : null;
}

/** A listed word stays one with a year after it, a sign before it or letters swapped for digits. */
function isCommon(lower: string, common: ReadonlySet<string>): boolean {
  if (common.has(lower) || common.has(plainLetters(lower))) return true;
  // Birthdays, telephone numbers: digits alone are tried in full.
  if (/^\d+$/.test(lower) && lower.length < 16) return true;
  if (new Set(lower).size < 4 || isRun(lower) || isRepeat(lower)) return true;
  const core = lower.replace(/^[\d\p{P}\p{S}\s]+|[\d\p{P}\p{S}\s]+$/gu, '');
  return core.length > 0 && (common.has(core) || common.has(plainLetters(core)));
}

const swapped: Record<string, string> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's'
};
const plainLetters = (text: string) => text.replace(/[013457@$]/g, (sign) => swapped[sign] ?? sign);

/** `abcdefghij`, `0987654321`. */
function isRun(text: string): boolean {
  const codes = [...text].map((sign) => sign.codePointAt(0) ?? 0);
  const step = (codes[1] ?? 0) - (codes[0] ?? 0);
  return Math.abs(step) === 1 && codes.every((code, i) => i === 0 || code - (codes[i - 1] ?? 0) === step);
}

/** One short piece again and again. */
const isRepeat = (text: string) => /^(.{1,4})\1{2,}$/u.test(text);

/** Made of the person's own names, whatever digits and signs stand around and between. */
function isPersonal(lower: string, own: readonly string[]): boolean {
  const letters = (text: string) =>
    text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^\p{L}]/gu, '');
  const words = own
    .flatMap((text) => [text, ...text.split(/[@.\s_\-+·]+/)])
    .map(letters)
    .filter((word) => word.length >= (/\p{Script=Han}/u.test(word) ? 2 : 3))
    .sort((a, b) => b.length - a.length);
  let left = letters(lower);
  if (left.length === 0) return false;
  for (const word of words) left = left.replaceAll(word, '');
  // A name inside a long sentence is no harm; a name with three letters beside it is.
  return left.length < 4 && left.length < letters(lower).length;
}
