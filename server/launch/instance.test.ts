import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isDemo, masterKey } from './instance.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-instance-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('makes a master key once, closed to others', async () => {
  const first = await masterKey(folder, null);
  expect(first).toHaveLength(32);
  expect(await masterKey(folder, null)).toEqual(first);
  expect((await stat(join(folder, 'master.key'))).mode & 0o077).toBe(0);
});

it('refuses a damaged key instead of making another', async () => {
  await writeFile(join(folder, 'master.key'), 'abc');
  await expect(masterKey(folder, null)).rejects.toThrow(/damaged.*backup/);
});

it('never turns a real data folder into a demo', async () => {
  expect(await isDemo(folder, false)).toBe(false);
  expect(await isDemo(folder, true)).toBe(false);
});

it('keeps a demo, and hides it where asked', async () => {
  expect(await isDemo(folder, true)).toBe(true);
  expect(await isDemo(folder, false)).toBe(false);
  expect(await isDemo(folder, true)).toBe(true);
});
