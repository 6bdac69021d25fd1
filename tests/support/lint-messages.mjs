// Every text exists in both languages, with the same parameters; no text stands in the code itself.
//   node tests/support/lint-messages.mjs   one line a finding, exit code 1 where there is any
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const locales = ['zh-CN', 'en'];
/** @type {string[]} */
const findings = [];

/**
 * Where Chinese may stand in code: people and texts of the demo world, both names of the product, patterns
 * that recognise what somebody typed. Paths from the repository's root.
 */
const hanAllowed = [
  /(^|\/)demo[^/]*(\/|\.ts$|\.server\.ts$)/,
  /\.test\.ts$/,
  /-fixture(\.server)?\.ts$/,
  /^src\/lib\/paraglide\//,
  // Words a device or a person may have typed, recognised here.
  /^src\/lib\/features\/imaging\/dicom-kind\.ts$/,
  /^src\/lib\/features\/patients\/allergy-text\.ts$/,
  /^src\/lib\/features\/consults\/room\/call\/browser\.ts$/,
  // What was agreed to, word for word and version by version: not to be edited as messages are.
  /^src\/lib\/features\/consent\/texts\.ts$/,
  // A drawing.
  /^src\/lib\/ui\/shell\/BoardArt\.svelte$/,
  // The document's own words in the document's own language, not the reader's.
  /^src\/lib\/features\/consults\/opinion-document\.server\.ts$/
];

/** A language is named in its own tongue; the command palette finds its entries by words of both. */
const allowedText = /简体中文|keywords: '[^']*'/g;

checkFiles();
for (const room of roomsOf('zh-CN')) checkRoom(room);
checkErrorCodes();
checkCode('src');

for (const finding of findings) console.error(finding);
if (findings.length > 0) {
  console.error(`\n${findings.length} finding(s) in messages and texts`);
  process.exitCode = 1;
}

/** @param {string} locale */
function roomsOf(locale) {
  return readdirSync(join(root, 'messages', locale))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5))
    .sort();
}

/** Both languages have the same files, and the compiler is told of each. */
function checkFiles() {
  const settings = JSON.parse(readFileSync(join(root, 'project.inlang', 'settings.json'), 'utf8'));
  /** @type {string[]} */
  const patterns = settings['plugin.inlang.messageFormat'].pathPattern;
  for (const locale of locales) {
    const rooms = new Set(roomsOf(locale));
    for (const pattern of patterns) {
      const file = pattern.replace('{locale}', locale).replace(/^\.\//, '');
      if (!existsSync(join(root, file)))
        findings.push(`${file}: named in project.inlang/settings.json, not there`);
    }
    for (const room of rooms)
      if (!patterns.includes(`./messages/{locale}/${room}.json`))
        findings.push(
          `messages/${locale}/${room}.json: not named in project.inlang/settings.json, so never compiled`
        );
  }
}

/** @param {string} locale @param {string} room @returns {Record<string, unknown>} */
function read(locale, room) {
  const file = join(root, 'messages', locale, `${room}.json`);
  if (!existsSync(file)) return {};
  const text = readFileSync(file, 'utf8');
  // JSON.parse keeps the last of two equal keys without a word.
  const seen = new Set();
  for (const [, key] of text.matchAll(/^ {2}"([^"]+)":/gm)) {
    if (seen.has(key)) findings.push(`messages/${locale}/${room}.json: ${key} stands twice`);
    seen.add(key);
  }
  const { $schema: _, ...messages } = JSON.parse(text);
  return messages;
}

/** @param {string} room */
function checkRoom(room) {
  const byLocale = new Map(locales.map((locale) => [locale, read(locale, room)]));
  const keys = new Set([...byLocale.values()].flatMap((messages) => Object.keys(messages)));
  const prefix = room === 'errors' ? 'error_' : `${room}_`;
  for (const key of keys) {
    const where = (/** @type {string} */ locale) => `messages/${locale}/${room}.json: ${key}`;
    if (room !== 'common' && !key.startsWith(prefix))
      findings.push(`${where('zh-CN')} should begin with ${prefix}`);
    if (!/^[a-z][a-z0-9_]*$/.test(key)) findings.push(`${where('zh-CN')} is not snake_case`);
    /** @type {Map<string, string>} */
    const parameters = new Map();
    for (const [locale, messages] of byLocale) {
      if (!(key in messages)) {
        findings.push(`${where(locale)} is missing`);
        continue;
      }
      const texts = textsOf(messages[key]);
      if (texts.length === 0 || texts.some((text) => text.trim() === ''))
        findings.push(`${where(locale)} is empty`);
      parameters.set(locale, parametersOf(texts));
    }
    const [first, second] = [...parameters.values()];
    if (parameters.size === 2 && first !== second)
      findings.push(`${where('en')} has parameters {${second}}, zh-CN has {${first}}`);
  }
}

/** The texts of a message: one, or those of its variants. @param {unknown} message @returns {string[]} */
function textsOf(message) {
  if (typeof message === 'string') return [message];
  if (Array.isArray(message)) return message.flatMap(textsOf);
  if (message && typeof message === 'object' && 'match' in message)
    return Object.values(/** @type {object} */ (message.match)).flatMap(textsOf);
  return [];
}

/** @param {string[]} texts */
function parametersOf(texts) {
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/\{\s*(\w+)/g)].map((found) => found[1])))]
    .sort()
    .join(', ');
}

function checkErrorCodes() {
  const source = readFileSync(join(root, 'src/lib/kernel/errors.ts'), 'utf8');
  const table = source.slice(source.indexOf('statusOfCode = {'), source.indexOf('} as const'));
  const codes = new Set([...table.matchAll(/^ {2}(\w+): \d+/gm)].map((found) => found[1]));
  for (const locale of locales) {
    const messages = read(locale, 'errors');
    for (const code of codes)
      if (!(`error_${code}` in messages))
        findings.push(`messages/${locale}/errors.json: error_${code} is missing`);
  }
}

/** @param {string} folder */
function checkCode(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const shown = relative('.', path).split(sep).join('/');
    if (hanAllowed.some((pattern) => pattern.test(entry.isDirectory() ? `${shown}/` : shown))) continue;
    if (entry.isDirectory()) checkCode(path);
    else if (/\.(svelte|tsx?)$/.test(entry.name)) checkHan(path, shown);
  }
}

/** @param {string} path @param {string} shown */
function checkHan(path, shown) {
  const code = withoutComments(readFileSync(join(root, path), 'utf8'));
  code.split('\n').forEach((line, index) => {
    if (/\p{Script=Han}/u.test(line.replace(allowedText, '')))
      findings.push(`${shown}:${index + 1}: a text in the code: ${line.trim().slice(0, 80)}`);
  });
}

/** Comments blanked, line breaks kept. Rough: a comment sign within a string blanks too much, never too little of a text. @param {string} code */
function withoutComments(code) {
  const blank = (/** @type {string} */ comment) => comment.replace(/[^\n]/g, ' ');
  return code
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/(^|[\s;{}(,])\/\/[^\n]*/g, (comment) => blank(comment));
}
