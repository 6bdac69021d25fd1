/** Forms under which contact data are compared: what people type differs, whom it reaches does not. */

/** Digits of a phone number; a leading +86 or 0086 is the country everyone here is in. */
export function normalPhone(text: string): string {
  return text.replace(/[^0-9+]/g, '').replace(/^(?:\+|00)86(?=\d{11}$)/, '');
}

/** Letters upper-case, nothing between the characters. */
export function normalNationalId(text: string): string {
  return text.replace(/[\s-]/g, '').toUpperCase();
}

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/**
 * False for a slip in a Chinese citizen's number of 18 characters (GB 11643-1999; its last character checks the
 * others, ISO 7064 MOD 11-2). Passports and other papers, 5 to 20 letters and digits, cannot be checked.
 */
export function isNationalId(text: string): boolean {
  const number = normalNationalId(text);
  if (!/^\d{17}[\dX]$/.test(number)) return /^[A-Z0-9]{5,20}$/.test(number) && number.length !== 18;
  const sum = weights.reduce((total, weight, i) => total + weight * Number(number[i]), 0);
  return '10X98765432'[sum % 11] === number[17];
}
