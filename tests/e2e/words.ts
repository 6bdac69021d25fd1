import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../server/config.ts';

export type Locale = 'zh-CN' | 'en';

/** All texts of one language as the app shows them, so that a rewording breaks no test. */
function load(locale: Locale): Record<string, string> {
  const folder = join(repositoryRoot, 'messages', locale);
  return Object.assign(
    {},
    ...readdirSync(folder).map(
      (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, string>
    )
  ) as Record<string, string>;
}
const texts: Record<Locale, Record<string, string>> = { 'zh-CN': load('zh-CN'), en: load('en') };

/** What the app says under `key`. @throws where there is no such text */
export function say(
  key: string,
  given: Record<string, string | number> = {},
  locale: Locale = 'zh-CN'
): string {
  const text = texts[locale][key];
  if (text === undefined) throw new Error(`no text ${key} in ${locale}`);
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(given[name] ?? ''));
}

/** The same as a pattern in which every `{parameter}` not given may be anything. */
export function saying(
  key: string,
  given: Record<string, string | number> = {},
  locale: Locale = 'zh-CN'
): RegExp {
  const text = texts[locale][key];
  if (text === undefined) throw new Error(`no text ${key} in ${locale}`);
  const parts = text.split(/\{(\w+)\}/);
  return new RegExp(
    parts
      .map((part, i) => (i % 2 === 0 ? escaped(part) : part in given ? escaped(String(given[part])) : '.*'))
      .join('')
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
