import { createHash } from 'node:crypto';
import { canonicalJson } from '#lib/kernel/canonical-json.ts';
import type { ConsentLocale, ConsentText } from './texts.ts';

/** SHA-256, hex, of the canonical JSON (RFC 8785) of exactly what was shown: purpose, version, language, words. */
export function textHash({ purpose, version, words }: ConsentText, locale: ConsentLocale): string {
  const shown = { purpose, version, locale, ...words[locale] };
  return createHash('sha256').update(canonicalJson(shown)).digest('hex');
}
