import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { lockFolder } from './lock.ts';
import { isAlive } from './processes.ts';
import { uniqueName } from './service-user.ts';
import { explain, StopError } from './stop-error.ts';

/** What the build is made from: a change to any of it makes the build stale. */
const inputs = [
  'src',
  'messages',
  'static',
  'project.inlang/settings.json',
  'svelte.config.js',
  'vite.config.ts',
  'package-lock.json'
];
/** Generated during the build, or not part of it. */
const isIgnored = (path: string) =>
  path === join('src', 'lib', 'paraglide') || path.endsWith('.test.ts') || path.endsWith('.md');

const stampName = '.consilium-build';

export interface BuildOptions {
  root: string;
  onProgress?: (detail: string) => void;
}

/** The folder of a production build of these very sources, making one where there is none. */
export async function ensureBuild(options: BuildOptions): Promise<string> {
  const { root } = options;
  const target = join(root, 'build');
  if (await isFresh(root)) return target;
  const cache = join(root, 'node_modules', '.cache', 'consilium');
  const lock = await lockBuild(cache, options.onProgress);
  try {
    // Another start may have built it while this one waited.
    if (!(await isFresh(root))) await build({ ...options, target, cache });
    return target;
  } catch (error) {
    throw explain(error, 'The app could not be built');
  } finally {
    await lock.release();
  }
}

/** True where `build/` is whole and was made from the sources as they are now. */
export async function isFresh(root: string): Promise<boolean> {
  const stamp = await readFile(join(root, 'build', stampName), 'utf8').catch(() => null);
  return stamp !== null && stamp === (await hashOfInputs(root));
}

/** SHA-256 over names and contents of all inputs, hex. */
export async function hashOfInputs(root: string): Promise<string> {
  const files: string[] = [];
  for (const input of inputs) await collect(root, input, files);
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const content = createHash('sha256').update(await readFile(join(root, file)));
    hash.update(`${file}\0${content.digest('hex')}\n`);
  }
  return hash.digest('hex');
}

async function collect(root: string, path: string, files: string[]): Promise<void> {
  if (isIgnored(path)) return;
  let entries;
  try {
    entries = await readdir(join(root, path), { withFileTypes: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ENOTDIR') files.push(path);
    else if (error.code !== 'ENOENT') throw error;
    return;
  }
  for (const entry of entries) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await collect(root, child, files);
    else if (!isIgnored(child)) files.push(child);
  }
}

/** One build at a time in a clone; a second start waits for the first one's. */
async function lockBuild(cache: string, onProgress: BuildOptions['onProgress']) {
  for (;;) {
    try {
      return await lockFolder(cache, 'build.lock');
    } catch (error) {
      if (!(error instanceof StopError) || !error.message.includes('already runs')) throw error;
      onProgress?.('another start is building');
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}

async function build({ root, target, cache, onProgress }: BuildOptions & { target: string; cache: string }) {
  await mkdir(cache, { recursive: true });
  await dropLeftovers(cache);
  const hash = await hashOfInputs(root);
  const half = join(cache, `${uniqueName('build')}-${process.pid}`);
  const logFile = join(cache, 'build.log');
  try {
    await runVite(root, half, logFile, onProgress);
    await access(join(half, 'handler.js'));
    await writeFile(join(half, stampName), hash);
    const old = join(cache, `${uniqueName('old')}-${process.pid}`);
    await rename(target, old).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    });
    await rename(half, target);
    await rm(old, { recursive: true, force: true });
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

/** Halves of builds whose process was killed. */
async function dropLeftovers(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /^(?:build|old)-[0-9a-f]+-(\d+)$/.exec(name)?.[1];
    if (pid && !(await isAlive(Number(pid)))) await rm(join(cache, name), { recursive: true, force: true });
  }
}

async function runVite(root: string, out: string, logFile: string, onProgress: BuildOptions['onProgress']) {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const child = spawn(process.execPath, [vite, 'build'], {
    cwd: root,
    // svelte.config.js hands this to the adapter.
    env: { ...process.env, CONSILIUM_BUILD_OUT: relative(root, out), NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe']
  });
  const end = () => void child.kill('SIGTERM');
  process.once('exit', end);
  const log = createWriteStream(logFile);
  let said = '';
  const take = (chunk: Buffer) => {
    const text = chunk.toString();
    log.write(text);
    said = (said + text).slice(-20_000);
    const modules = /(\d+) modules transformed/.exec(text)?.[1];
    if (modules) onProgress?.(`${modules} modules`);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done, failed) => {
    child.once('error', failed);
    child.once('close', (...outcome) => done(outcome));
  });
  process.off('exit', end);
  log.end();
  await finished(log);
  if (code === 0) return;
  if (/ENOSPC/.test(said)) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  if (signal === 'SIGKILL' || /heap out of memory/.test(said))
    throw new StopError(
      `The app could not be built: memory ran out. It needs about 2 GB free (see ${logFile}).`
    );
  const reason =
    said.split('\n').find((line) => /error/i.test(line)) ?? `vite ended with ${signal ?? `code ${code}`}`;
  throw new StopError(`The app could not be built: ${reason.trim()} (see ${logFile}).`);
}
