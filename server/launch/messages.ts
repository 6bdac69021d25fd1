import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { explain } from './stop-error.ts';

const run = promisify(execFile);

/** Compile the texts of messages/ to src/lib/paraglide where that is missing or older than they are. */
export async function ensureMessages(root: string): Promise<void> {
  try {
    const wanted = await hashOfTexts(root);
    const stampFile = join(root, 'node_modules', '.cache', 'consilium', 'messages');
    const out = join('src', 'lib', 'paraglide');
    const stamp = await readFile(stampFile, 'utf8').catch(() => null);
    if (stamp === wanted && (await isThere(join(root, out, 'messages.js')))) return;
    const cli = join(root, 'node_modules', '@inlang', 'paraglide-js', 'bin', 'run.js');
    const args = [cli, 'compile', '--project', './project.inlang', '--outdir', `./${out}`, '--silent'];
    await run(process.execPath, args, { cwd: root });
    await mkdir(dirname(stampFile), { recursive: true });
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
