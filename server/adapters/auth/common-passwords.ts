import { dictionary } from '@zxcvbn-ts/language-common';

let listed: ReadonlySet<string> | null = null;

/** Some 49,000 passwords seen most in breaches, in lower case. Nothing is asked of any outside service. */
export function commonPasswords(): ReadonlySet<string> {
  listed ??= new Set(dictionary['passwords-common'].map((word) => String(word).toLowerCase()));
  return listed;
}
