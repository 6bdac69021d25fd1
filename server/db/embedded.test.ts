import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, waitForExit } from '../launch/processes.ts';
import { startPostgres, type EmbeddedPostgres } from './embedded.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
let dataDir: string;
let running: EmbeddedPostgres | null = null;

const start = async () => (running = await startPostgres({ dataDir, log, durable: false }));
const one = async (url: string, query: string) => {
  const sql = postgres(url, { max: 1 });
  try {
    return Object.values((await sql.unsafe(query))[0] ?? {})[0];
  } finally {
    await sql.end();
  }
};

beforeEach(async () => {
  // 0700 on purpose: the database's own user cannot pass through it when we are root.
  dataDir = await mkdtemp(join(tmpdir(), 'consilium-embedded-'));
});
afterEach(async () => {
  await running?.stop();
  if (running && !running.folder.startsWith(dataDir)) await rm(running.folder, { recursive: true });
  await rm(dataDir, { recursive: true, force: true });
  running = null;
});

describe('embedded Postgres', { timeout: 60_000 }, () => {
  it('keeps its data, port and password over a stop', async () => {
    const first = await start();
    expect(await one(first.ownerUrl, 'show server_encoding')).toBe('UTF8');
    expect(await one(first.ownerUrl, "select upper('é') || lower('Ä')")).toBe('Éä');
    await one(first.ownerUrl, 'create table kept as select 7 as n');
    await first.stop();
    expect(await isAlive(first.pid)).toBe(false);

    const second = await start();
    expect(second.ownerUrl).toBe(first.ownerUrl);
    expect(await one(second.ownerUrl, 'select n from kept')).toBe(7);
  });

  it('listens on loopback only, with passwords required and the password file closed to others', async () => {
    const { ownerUrl, folder } = await start();
    expect(await one(ownerUrl, 'show listen_addresses')).toBe('127.0.0.1');
    expect(await one(ownerUrl, 'show unix_socket_directories')).toBe('');
    expect((await stat(join(folder, 'access.json'))).mode & 0o077).toBe(0);
    const wrong = new URL(ownerUrl);
    wrong.password = 'wrong';
    await expect(one(wrong.href, 'select 1')).rejects.toThrow(/password/);
  });

  it('replaces a server that outlived its parent', async () => {
    const first = await start();
    await one(first.ownerUrl, 'create table kept as select 7 as n');
    // The same folder once more without a stop, as after a kill -9 of the app.
    const second = await start();
    expect(second.pid).not.toBe(first.pid);
    expect(await waitForExit(first.pid, 1_000)).toBe(true);
    expect(await one(second.ownerUrl, 'select n from kept')).toBe(7);
  });

  it('recovers after the server itself was killed', async () => {
    const first = await start();
    await one(first.ownerUrl, 'create table kept as select 7 as n');
    process.kill(first.pid, 'SIGKILL');
    await waitForExit(first.pid, 5_000);
    const second = await start();
    expect(await one(second.ownerUrl, 'select n from kept')).toBe(7);
  });

  it('leaves a stranger alone whose process id stands in a stale pid file', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(first.folder, 'cluster', 'postmaster.pid'), `${process.pid}\n${first.folder}\n0\n`);
    await start();
    expect(await readFile(join(first.folder, 'cluster', 'postmaster.pid'), 'utf8')).toContain('ready');
  });

  it('begins anew after half an initdb', async () => {
    const first = await start();
    await first.stop();
    const { cp, rename } = await import('node:fs/promises');
    await rename(join(first.folder, 'cluster'), join(first.folder, 'cluster.new'));
    await cp(join(first.folder, 'cluster.new', 'global'), join(first.folder, 'cluster.new', 'half'), {
      recursive: true
    });
    await rm(join(first.folder, 'access.json'));
    const second = await start();
    expect(await one(second.ownerUrl, 'select 1')).toBe(1);
  });

  it('takes another port when its own is taken', async () => {
    const { createServer } = await import('node:net');
    const first = await start();
    await first.stop();
    const squatter = createServer().listen(first.port, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    try {
      const second = await start();
      expect(second.port).not.toBe(first.port);
      expect(await one(second.ownerUrl, 'select 1')).toBe(1);
    } finally {
      squatter.close();
    }
  });

  it('takes another port when two begin at once with the same one', async () => {
    const first = await start();
    await first.stop();
    const copy = await mkdtemp(join(tmpdir(), 'consilium-embedded-'));
    await promisify(execFile)('cp', ['-a', `${first.folder}/.`, join(copy, 'postgres')]);
    await chmod(copy, 0o755);
    const both = await Promise.allSettled([start(), startPostgres({ dataDir: copy, log, durable: false })]);
    try {
      const servers = both.map((one) => (one.status === 'fulfilled' ? one.value : null));
      expect(new Set(servers.map((server) => server?.port)).size).toBe(2);
      for (const server of servers) expect(await one(server!.ownerUrl, 'select 1')).toBe(1);
    } finally {
      for (const one of both) if (one.status === 'fulfilled') await one.value.stop();
      await rm(copy, { recursive: true, force: true });
    }
  });
});
