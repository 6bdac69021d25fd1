// `npm run licences`: the licence of every package that ships, from package-lock.json; part of `npm run lint`.
// Ends with 1 where one is neither permissive nor allowed below, or where docs/licences.md says otherwise;
// `--write` brings docs/licences.md up to date, `--all` prints every package.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot as root } from '../../server/config.ts';

const permissive = new Set(
  'MIT MIT-0 ISC Apache-2.0 BSD-2-Clause BSD-3-Clause 0BSD CC0-1.0 Unlicense Python-2.0 BlueOak-1.0.0 PostgreSQL'.split(
    ' '
  )
);

/** Packages under a licence that asks for more, and why they may ship all the same. */
const allowed: { name: RegExp; shown: string; licence: RegExp; reason: string }[] = [
  {
    name: /^(tldraw|@tldraw\/(editor|utils|validate|assets))$/,
    shown: 'tldraw, @tldraw/*',
    licence: /^SEE LICENSE IN LICENSE\.md$/,
    reason: 'tldraw’s own licence: commercial use with the watermark in view, see above'
  },
  {
    name: /^@img\/sharp-(libvips-|win32-|wasm32)/,
    shown: '@img/sharp-libvips-*, -win32-*, -wasm32',
    licence: /LGPL-3\.0-or-later/,
    reason: 'libvips as a shared library beside sharp, unchanged and replaceable'
  },
  {
    name: /^lightningcss/,
    shown: 'lightningcss',
    licence: /^MPL-2\.0$/,
    reason: 'a tool of the build, unchanged; nothing of it is in what is served'
  },
  {
    name: /^@expo-google-fonts\//,
    shown: '@expo-google-fonts/noto-sans-sc',
    licence: /^MIT AND OFL-1\.1$/,
    reason: 'a typeface, embedded in PDF files, which the SIL Open Font License allows'
  }
];

interface LockedPackage {
  version?: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
  link?: boolean;
  optionalDependencies?: Record<string, string>;
}
interface Shipped {
  name: string;
  version: string;
  licence: string;
}

const packages = (
  JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  }
).packages;
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

const shipped = Object.entries(packages)
  .filter(([path, { dev, link }]) => path !== '' && !dev && !link)
  .map(([path, found]): Shipped => ({
    name: nameOf(path),
    version: found.version ?? '',
    licence: found.license ?? licenceInFolder(path) ?? licenceOfFamily(nameOf(path)) ?? 'none stated'
  }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** What the installed package says, in package.json or by the first line of its licence. */
function licenceInFolder(path: string): string | null {
  const stated = read(join(path, 'package.json'));
  const licence = stated === null ? undefined : (JSON.parse(stated) as { license?: unknown }).license;
  if (typeof licence === 'string') return licence;
  const text = read(join(path, 'LICENSE')) ?? read(join(path, 'LICENSE.md'));
  return text !== null && /^\s*(The )?MIT License/i.test(text) ? 'MIT' : null;
}

/** Builds for other systems, which are not installed here, are under the licence of what asks for them. */
function licenceOfFamily(name: string): string | null {
  const parent = Object.values(packages).find(
    (one) => one.license && name in (one.optionalDependencies ?? {})
  );
  return parent?.license ?? null;
}

function read(path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** An SPDX expression without nesting beyond one pair of brackets. */
function isPermissive(expression: string): boolean {
  const plain = expression.replace(/[()]/g, '');
  return plain
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => permissive.has(licence.trim())));
}

const reasonFor = ({ name, licence }: Shipped) =>
  allowed.find((one) => one.name.test(name) && one.licence.test(licence)) ?? null;
const others = shipped.filter(({ licence }) => !isPermissive(licence));
const refused = others.filter((one) => reasonFor(one) === null);

function generated(): string {
  const kinds = [...new Set(shipped.filter((one) => isPermissive(one.licence)).map((one) => one.licence))];
  const rows = allowed
    .filter((rule) => others.some((one) => reasonFor(one) === rule))
    .map((rule) => {
      const [example] = others.filter((one) => reasonFor(one) === rule);
      return `| ${rule.shown} | ${example!.licence} | ${rule.reason} |`;
    });
  return [
    `Permissive licences of the packages that ship: ${kinds.sort().join(', ')}. Others:`,
    '',
    '| package | licence | why it may ship |',
    '| --- | --- | --- |',
    ...rows
  ].join('\n');
}

const document = 'docs/licences.md';
const marked = /(<!-- npm run licences -- --write -->\n)[\s\S]*?(\n<!-- end -->)/;
const before = readFileSync(join(root, document), 'utf8');
const after = before.replace(marked, (_, head: string, tail: string) => `${head}\n${generated()}\n${tail}`);
const faults = refused.map(({ name, version, licence }) => `${name} ${version}: ${licence} is not allowed`);
if (!marked.test(before)) faults.push(`${document} has no place for the list`);
if (process.argv.includes('--write')) writeFileSync(join(root, document), after);
else if (after !== before) faults.push(`${document} is not up to date: npm run licences -- --write`);

if (process.argv.includes('--all'))
  for (const { name, version, licence } of shipped) console.log(`${licence.padEnd(34)} ${name} ${version}`);
for (const fault of faults) console.error(fault);
if (faults.length === 0)
  console.log(
    `${shipped.length} packages ship; ${others.length} of them under a licence with a reason written down`
  );
process.exitCode = faults.length === 0 ? 0 : 1;
