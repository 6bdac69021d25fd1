import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder, lockHolder } from './lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('refuses a second holder and names the first', async () => {
  const lock = await lockFolder(folder);
  await lock.describe('http://localhost:3000');
  await expect(lockFolder(folder)).rejects.toThrow(/already runs.*http:\/\/localhost:3000.*--data/);
  await lock.release();
  await (await lockFolder(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

it('takes over from a process that has ended', async () => {
  await writeFile(
    join(folder, 'consilium.lock'),
    JSON.stringify({ pid: 999_999_999, identity: 'x', text: '' })
  );
  await (await lockFolder(folder)).release();
});

it('takes over where the id now belongs to another process', async () => {
  await writeFile(
    join(folder, 'consilium.lock'),
    JSON.stringify({ pid: process.pid, identity: 'earlier', text: '' })
  );
  await (await lockFolder(folder)).release();
});

it('takes over a damaged lock', async () => {
  await writeFile(join(folder, 'consilium.lock'), '{"pid":');
  const lock = await lockFolder(folder);
  expect((await lockHolder(join(folder, 'consilium.lock')))?.pid).toBe(process.pid);
  await lock.release();
});

it('lets exactly one of many at once succeed', async () => {
  await writeFile(join(folder, 'consilium.lock'), 'stale');
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
  expect(tries.filter((t) => t.status === 'fulfilled')).toHaveLength(1);
});
