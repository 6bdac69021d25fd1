import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addMasterKey, isDemo, masterKeys } from './instance.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-instance-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('makes a master key once, closed to others', async () => {
  const first = await masterKeys({ dataDir: folder, masterKey: null });
  expect(first.map((key) => key.length)).toEqual([32]);
  expect(await masterKeys({ dataDir: folder, masterKey: null })).toEqual(first);
  expect((await stat(join(folder, 'master.key'))).mode & 0o077).toBe(0);
});

it('adds a master key after the others, closed to others', async () => {
  const [first] = await masterKeys({ dataDir: folder, masterKey: null });
  await addMasterKey(folder);
  const kept = await masterKeys({ dataDir: folder, masterKey: null });
  expect(kept[0]).toEqual(first);
  expect(kept[1]).toHaveLength(32);
  expect(kept[1]).not.toEqual(first);
  expect((await stat(join(folder, 'master.key'))).mode & 0o077).toBe(0);
});

it('refuses a damaged key instead of making another', async () => {
  await writeFile(join(folder, 'master.key'), 'abc');
  await expect(masterKeys({ dataDir: folder, masterKey: null })).rejects.toThrow(/damaged.*backup/);
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
