import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashOfInputs, isFresh } from './build.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'consilium-build-'));
  await mkdir(join(root, 'src', 'lib', 'paraglide'), { recursive: true });
  await writeFile(join(root, 'src', 'app.html'), 'one');
  await writeFile(join(root, 'package-lock.json'), '{}');
});
afterEach(() => rm(root, { recursive: true, force: true }));

it('a build is fresh only with the stamp of the sources as they are now', async () => {
  expect(await isFresh(root)).toBe(false);
  await mkdir(join(root, 'build'));
  // Half a build: files, but no stamp yet.
  await writeFile(join(root, 'build', 'handler.js'), '');
  expect(await isFresh(root)).toBe(false);
  await writeFile(join(root, 'build', '.consilium-build'), await hashOfInputs(root));
  expect(await isFresh(root)).toBe(true);
  await writeFile(join(root, 'src', 'app.html'), 'two');
  expect(await isFresh(root)).toBe(false);
});

it('tests, specifications and generated messages do not make a build stale; a renamed file does', async () => {
  const before = await hashOfInputs(root);
  await writeFile(join(root, 'src', 'x.test.ts'), '');
  await writeFile(join(root, 'src', 'SPEC.md'), '');
  await writeFile(join(root, 'src', 'lib', 'paraglide', 'messages.js'), '');
  expect(await hashOfInputs(root)).toBe(before);
  await writeFile(join(root, 'src', 'app2.html'), 'one');
  const two = await hashOfInputs(root);
  await rm(join(root, 'src', 'app2.html'));
  await writeFile(join(root, 'src', 'app3.html'), 'one');
  expect(await hashOfInputs(root)).not.toBe(two);
});
