import { appendFile, cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../server/config.ts';
import { isAlive } from '../../server/launch/processes.ts';
import { NotStarted, startApp } from '../support/app.ts';
import { makeDataDir, removeDataDir } from '../support/data-folder.ts';
import { withoutNetwork, withSmallDisk } from '../support/namespace.ts';
import { processesOf } from '../support/processes.ts';

let dataDir: string;
let empty: string;
beforeEach(async () => {
  dataDir = await makeDataDir();
  empty = await mkdtemp(join(tmpdir(), 'consilium-empty-'));
});
afterEach(async () => {
  await removeDataDir(dataDir);
  await rm(empty, { recursive: true, force: true });
});

const quick = ['--no-demo', '--no-sfu'];

describe('no space left', { timeout: 300_000 }, () => {
  /** What the start said at last, in sentences: no stack, no step's name. */
  const lastWords = (error: NotStarted) => error.output.trim().split('\n').at(-1);

  // kB. A cluster needs about 40 MB: the first ends in the middle of making it, the second when it is first used.
  it.each([4_000, 40_000])('a data folder of %i kB is one sentence, and nothing stays behind', async (kb) => {
    const error = await startApp({ dataDir, args: quick, inside: withSmallDisk(dataDir, kb) }).catch(
      (cause: unknown) => cause
    );
    expect(error).toBeInstanceOf(NotStarted);
    expect((error as NotStarted).exitCode).toBe(1);
    expect(lastWords(error as NotStarted)).toBe(
      'The database could not be started: the disk is full. Free some space, then start again.'
    );
    expect((error as NotStarted).output).not.toMatch(/\n\s+at /);
    expect((error as NotStarted).output.match(/disk is full/g)).toHaveLength(1);
    expect(await processesOf(dataDir)).toEqual([]);
  });

  it('while it runs: the app stays up, says so, and goes on once there is space', async () => {
    const app = await startApp({ dataDir, args: quick, inside: withSmallDisk(dataDir, 150_000) });
    const filler = join(`/proc/${app.pid}/root`, dataDir, 'filler');
    const page = async () => (await fetch(`${app.origin}/sign-in`)).status;
    try {
      expect(await page()).toBe(200);
      await expect(fill(filler)).rejects.toMatchObject({ code: 'ENOSPC' });
      for (let i = 0; i < 20; i++) expect(await page()).toBe(200);
      expect((await fetch(`${app.origin}/readyz`)).status).toBe(200);
      expect(await app.log()).toContain('app.log cannot be written (ENOSPC');

      await rm(filler);
      expect(await page()).toBe(200);
      expect(await isAlive(app.pid)).toBe(true);
    } finally {
      await app.stop();
    }
    expect(await processesOf(dataDir)).toEqual([]);
  });
});

/** Writes until there is no space. */
async function fill(file: string): Promise<void> {
  const block = Buffer.alloc(64 * 1024, 1);
  for (;;) await appendFile(file, block);
}

describe('no network', { timeout: 300_000 }, () => {
  /** The programs a start needs of the system, and no Go, no livekit-server. */
  async function pathWithoutGo(): Promise<string> {
    const folder = join(empty, 'bin');
    await mkdir(folder);
    for (const name of ['sh', 'id', 'tar', 'ps', 'ip', 'unshare', 'true', 'sudo']) {
      const found = await findOnPath(name);
      if (found) await symlink(found, join(folder, name));
    }
    return folder;
  }
  const elsewhere = () => ({ HOME: empty, XDG_CACHE_HOME: join(empty, 'cache') });

  /** Starts with neither media server nor network. @returns what it said until it was ready */
  async function startWithoutMedia(env: Record<string, string>): Promise<string> {
    const app = await startApp({ dataDir, args: ['--no-demo'], env, inside: withoutNetwork() });
    try {
      return await app.log();
    } finally {
      await app.stop();
    }
  }

  it('and no Go: the app starts without video and names the three ways out in one sentence', async () => {
    const said = await startWithoutMedia({ ...elsewhere(), PATH: await pathWithoutGo() });
    expect(said).toContain('"media":"unavailable"');
    expect(said).toMatch(
      /! No media server: install Go 1\.21 .*LIVEKIT_API_SECRET\. \(go build: Go is not on PATH; download: github\.com cannot be reached\)/
    );
    // On the terminal once, and in the log.
    expect(said.match(/[!✗] No media server: install Go/g)).toHaveLength(1);
    expect(await processesOf(dataDir)).toEqual([]);
  });

  it('and Go with nothing in its cache: says that its modules cannot be fetched', async () => {
    const go = dirname((await findOnPath('go')) ?? '/usr/local/go/bin/go');
    const env = {
      ...elsewhere(),
      PATH: [await pathWithoutGo(), go].join(delimiter),
      GOPATH: join(empty, 'go'),
      GOMODCACHE: join(empty, 'go', 'mod'),
      GOCACHE: join(empty, 'go', 'cache'),
      GOFLAGS: '-modcacherw'
    };
    const said = await startWithoutMedia(env);
    expect(said).toMatch(
      /\(go build: the Go module proxy cannot be reached; download: github\.com cannot be reached\)/
    );
  });

  it('for the packages: one sentence, and a later start is not misled by half an install', async () => {
    const root = await bareClone(empty);
    const env = { ...process.env, npm_config_cache: join(empty, 'npm') };
    for (let i = 0; i < 2; i++) {
      const { code, output } = await runToEnd(
        [...withoutNetwork(), process.execPath, join(root, 'server', 'bootstrap.mjs'), 'start'],
        env
      );
      expect(code).toBe(1);
      expect(output.trim().split('\n').at(-1)).toMatch(
        /could not be installed: no connection to the npm registry\. Check the network/
      );
    }
    expect(await readdir(join(root, 'node_modules')).catch(() => [])).not.toContain('.consilium-packages');
  });
});

async function findOnPath(name: string): Promise<string | null> {
  const { access, constants } = await import('node:fs/promises');
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const found = await access(join(folder, name), constants.X_OK).then(
      () => true,
      () => false
    );
    if (found) return join(folder, name);
  }
  return null;
}

/** A clone with nothing installed: just the files a start reads before it installs. */
async function bareClone(folder: string): Promise<string> {
  const root = join(folder, 'clone');
  await mkdir(join(root, 'server'), { recursive: true });
  for (const name of ['package.json', 'package-lock.json', 'server/bootstrap.mjs', 'server/launch'])
    await cp(join(repositoryRoot, name), join(root, name), { recursive: true });
  return root;
}

function runToEnd(
  [program = '', ...args]: string[],
  env: NodeJS.ProcessEnv
): Promise<{ code: number | null; output: string }> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((done) => child.once('close', (code) => done({ code, output })));
}
