import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../config.ts';
import { explain } from './stop-error.ts';

const run = promisify(execFile);

/** As vite.config.ts has them compiled in development, but for one module a text: a page then holds only its own. */
const options = [
  ...['--project', './project.inlang', '--silent'],
  ...['--strategy', 'cookie', 'baseLocale'],
  ...['--is-server', "import.meta.env?.SSR ?? typeof window === 'undefined'"]
];

/** Compile the texts of messages/ to src/lib/paraglide where that is missing, older than they are, or development's. */
export async function ensureMessages(root: string): Promise<void> {
  try {
    const wanted = await hashOfTexts(root);
    const out = join('src', 'lib', 'paraglide');
    const stampFile = join(root, out, '.texts');
    const stamp = await readFile(stampFile, 'utf8').catch(() => null);
    const isDevelopments = await isThere(join(root, out, 'messages', 'en.js'));
    if (stamp === wanted && !isDevelopments && (await isThere(join(root, out, 'messages.js')))) return;
    const cli = join(root, 'node_modules', '@inlang', 'paraglide-js', 'bin', 'run.js');
    await run(process.execPath, [cli, 'compile', '--outdir', `./${out}`, ...options], { cwd: root });
    await writeFile(stampFile, wanted);
  } catch (error) {
    throw explain(error, 'The texts could not be compiled');
  }
}

async function hashOfTexts(root: string): Promise<string> {
  const hash = createHash('sha256');
  const locales = (await readdir(join(root, 'messages'))).sort();
  const files = ['project.inlang/settings.json', 'package-lock.json'];
  for (const locale of locales)
    for (const name of (await readdir(join(root, 'messages', locale))).sort())
      files.push(`messages/${locale}/${name}`);
  for (const file of files) hash.update(`${file}\0`).update(await readFile(join(root, file)));
  return hash.digest('hex');
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  );
}

if (import.meta.main) await ensureMessages(repositoryRoot);
