/** Text, names and dates of DICOM (PS3.5 6.1 and 6.2), in the character sets that dental devices here write. */

const charsets: Readonly<Record<string, string>> = {
  ISO_IR_192: 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gb18030',
  ISO_2022_IR_58: 'gb18030',
  ISO_IR_100: 'windows-1252',
  ISO_2022_IR_100: 'windows-1252',
  ISO_IR_101: 'iso-8859-2',
  ISO_IR_144: 'iso-8859-5',
  ISO_IR_13: 'shift_jis',
  ISO_2022_IR_87: 'iso-2022-jp',
  ISO_2022_IR_149: 'euc-kr'
};

/**
 * Decode a text value. A file that names no character set but holds bytes beyond ASCII is common in China:
 * then UTF-8 where it is valid, else GB18030.
 * @param characterSet value of (0008,0005), `\`-separated
 */
export function decodeText(bytes: Uint8Array, characterSet: string | null): string {
  const named = (characterSet ?? '')
    .split('\\')
    .map((name) => charsets[name.trim().replaceAll(' ', '_')])
    .filter((name) => name !== undefined);
  const label = named.find((name) => name !== 'windows-1252') ?? named[0] ?? guess(bytes);
  // Escape sequences of ISO 2022 only announce the set that is decoded anyway.
  return new TextDecoder(label)
    .decode(bytes)
    .replace(/\u001b[$()-/]{1,3}[A-Za-z]?/g, '')
    .replace(/\0+$/, '')
    .trim();
}

function guess(bytes: Uint8Array): string {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return 'utf-8';
  } catch {
    return 'gb18030'; // not UTF-8, which is all this asks
  }
}

/** The component groups of a person name that are not empty: alphabetic, ideographic, phonetic. */
export function personNames(bytes: Uint8Array | null, characterSet: string | null): string[] {
  if (!bytes) return [];
  return decodeText(bytes, characterSet)
    .split('=')
    .map((group) => group.trim())
    .filter((group) => group.replaceAll('^', '') !== '');
}

/** `20260214` → `2026-02-14`; null where it is no real date. */
export function dateOf(value: string | null): string | null {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(value ?? '');
  if (!match) return null;
  const iso = `${match[1]}-${match[2]}-${match[3]}`;
  const parsed = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== iso ? null : iso;
}

/** Date and time values joined; the date alone where the time is missing or odd. */
export function dateTimeOf(date: string | null, time: string | null): string | null {
  const day = dateOf(date);
  const match = /^([01]\d|2[0-3]):?([0-5]\d):?([0-5]\d)?/.exec(time ?? '');
  if (!day || !match) return day;
  return `${day}T${match[1]}:${match[2]}:${match[3] ?? '00'}`;
}
