import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureBuild, isFresh } from '../../server/launch/build.ts';
import { repositoryRoot } from '../../server/config.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

/** In the place of Vite: begins a build, and ends it once there is a file `go`. */
const builder = `
  const { existsSync, mkdirSync, writeFileSync } = require('node:fs');
  const out = process.env.CONSILIUM_BUILD_OUT;
  mkdirSync(out, { recursive: true });
  writeFileSync(out + '/half.js', '');
  // As Vite does: it speaks, and so ends when nobody listens any more.
  setInterval(() => {
    console.log('transforming');
    if (!existsSync('go')) return;
    writeFileSync(out + '/handler.js', 'built');
    process.exit(0);
  }, 20);`;
let root: string;
let cache: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'consilium-build-'));
  cache = join(root, 'node_modules', '.cache', 'consilium');
  await mkdir(join(root, 'src'));
  await mkdir(join(root, 'node_modules', 'vite', 'bin'), { recursive: true });
  await writeFile(join(root, 'src', 'app.html'), 'one');
  await writeFile(join(root, 'package-lock.json'), '{}');
  await writeFile(join(root, 'node_modules', 'vite', 'bin', 'vite.js'), builder);
});
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));

const halves = async () => (await readdir(cache)).filter((name) => name.startsWith('build-'));

/** A start in a process of its own that has got as far as building. */
async function startToBuild() {
  const script = `const { ensureBuild } = await import(${JSON.stringify(join(repositoryRoot, 'server', 'launch', 'build.ts'))});
    await ensureBuild({ root: ${JSON.stringify(root)} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  await until(async () => (await halves().catch(() => [])).length > 0, { what: 'the build' });
  return child;
}

it('a start killed while it builds leaves no build; the next one builds a whole one and clears up', async () => {
  const killed = await startToBuild();
  const ended = new Promise((done) => killed.once('exit', done));
  killed.kill('SIGKILL');
  await ended;
  expect(await isFresh(root)).toBe(false);
  await until(async () => (await processesOf(root)).length === 0, { what: 'the end of the orphan' });

  await writeFile(join(root, 'go'), '');
  const target = await ensureBuild({ root });
  expect(await readFile(join(target, 'handler.js'), 'utf8')).toBe('built');
  expect(await isFresh(root)).toBe(true);
  expect(await halves()).toEqual([]);
  await expect(readFile(join(cache, 'build.lock'))).rejects.toThrow();
});

it('an old build is used until its sources change; killed while building anew, the old one is not taken for new', async () => {
  await writeFile(join(root, 'go'), '');
  await ensureBuild({ root });
  await rm(join(root, 'go'));
  await writeFile(join(root, 'src', 'app.html'), 'two');

  const killed = await startToBuild();
  killed.kill('SIGKILL');
  await until(async () => (await processesOf(root)).length === 0, { what: 'the end of the orphan' });
  expect(await readFile(join(root, 'build', 'handler.js'), 'utf8')).toBe('built');
  expect(await isFresh(root)).toBe(false);
});

it('a second start waits for the first one building, and builds nothing itself', async () => {
  const first = await startToBuild();
  let said = '';
  const second = ensureBuild({ root, onProgress: (detail) => (said = detail) });
  await until(() => said === 'another start is building');
  await writeFile(join(root, 'go'), '');
  await second;
  await until(() => first.exitCode !== null);
  expect(first.exitCode).toBe(0);
  expect(await isFresh(root)).toBe(true);
});
