// npm leaves packages for other systems out of package-lock.json where it could not see them when the lock
// was made; `npm ci` then refuses the lock everywhere. This puts them in, from what their parents say:
// exact version, system and processor by name, no checksum (npm takes that from the registry).
//   node tests/support/complete-lockfile.mjs          completes package-lock.json
//   node tests/support/complete-lockfile.mjs --check  fails where something is missing
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
/** @type {Record<string, { dev?: boolean, optionalDependencies?: Record<string, string> }>} */
const packages = lock.packages;

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32'
];
const processors = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64'
];

/** @param {string} from a path in the lock @param {string} name */
function isLocked(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[at ? `${at}/node_modules/${name}` : `node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}

/** @type {Record<string, object>} */
const missing = {};
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (path === '' || isLocked(path, name)) continue;
    const words = name.split(/[-/]/);
    const os = systems.filter(
      (word) => words.includes(word) || (word === 'win32' && words.includes('windows'))
    );
    const cpu = processors.filter((word) => words.includes(word));
    const libc = os.includes('linux')
      ? words.flatMap((word) => ({ musl: ['musl'], gnu: ['glibc'] })[word] ?? [])
      : [];
    if (words.some((word) => word.startsWith('arm') && word !== 'arm64' && word !== 'arm')) cpu.push('arm');
    if (!/^\d+\.\d+\.\d+/.test(version) || os.length + cpu.length === 0)
      throw new Error(`${name}@${version}: system and exact version cannot be told from its name`);
    missing[`node_modules/${name}`] = {
      version,
      ...(cpu.length ? { cpu } : {}),
      ...(entry.dev ? { dev: true } : {}),
      ...(libc.length ? { libc } : {}),
      optional: true,
      ...(os.length ? { os } : {})
    };
  }
}

const names = Object.keys(missing);
if (process.argv.includes('--check')) {
  if (names.length > 0) {
    console.error(
      `package-lock.json lacks ${names.length} packages: run "node tests/support/complete-lockfile.mjs".`
    );
    process.exitCode = 1;
  }
} else if (names.length > 0) {
  const sorted = Object.entries({ ...packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.log(`${names.length} packages added to package-lock.json`);
}
