import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../server/config.ts';
import { isAlive } from '../../server/launch/processes.ts';
import { resolveBinary } from '../../server/sfu/resolve.ts';
import { supervise } from '../../server/sfu/supervise.ts';
import { mintToken } from '../../server/sfu/tokens.ts';
import { NotStarted, startApp, type TestApp } from '../support/app.ts';
import { makeDataDir, removeDataDir } from '../support/data-folder.ts';
import { askDoor, grantFor, mediaDefaults } from '../support/media.ts';
import { lastingPort } from '../support/ports.ts';
import { silent } from '../support/silent.ts';

const quick = { args: ['--no-sfu', '--no-demo'] };
let dataDir: string;

/** Process of the app's database, from its own pid file. */
async function databasePid(app: TestApp): Promise<number> {
  const elsewhere = (await readFile(join(app.dataDir, 'postgres-location'), 'utf8').catch(() => '')).trim();
  const folder = elsewhere || join(app.dataDir, 'postgres');
  return Number((await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function refusal(options: Parameters<typeof startApp>[0]): Promise<NotStarted> {
  const error = await startApp(options).then(
    (app) => app.stop().then(() => null),
    (cause: unknown) => cause
  );
  if (!(error instanceof NotStarted)) throw new Error('it started', { cause: error });
  return error;
}

beforeAll(async () => {
  dataDir = await makeDataDir();
});
afterAll(() => removeDataDir(dataDir));

describe('starting again', { timeout: 300_000 }, () => {
  it('Ctrl-C, which every process of the terminal gets, leaves no process and no lock, and no complaint', async () => {
    const app = await startApp({ dataDir, args: ['--no-demo'], inside: ['setsid'] });
    const database = await databasePid(app);
    expect(await (await fetch(`${app.origin}/readyz`)).json()).toMatchObject({ parts: { media: 'ready' } });
    process.kill(-app.pid, 'SIGINT');
    expect(await app.exited).toBe(0);
    expect(await isAlive(app.pid)).toBe(false);
    expect(await isAlive(database)).toBe(false);
    await expect(readFile(join(dataDir, 'consilium.lock'))).rejects.toThrow();
    const [, after] = (await app.log()).split('"msg":"stopping"}');
    expect(after).not.toMatch(/"level":[456]0/);
  });

  it('a killed app does not keep the next one from starting', async () => {
    const killed = await startApp({ dataDir, ...quick });
    const orphan = await databasePid(killed);
    await killed.kill('SIGKILL');
    expect(await isAlive(orphan)).toBe(true);

    const next = await startApp({ dataDir, ...quick });
    try {
      expect(await isAlive(orphan)).toBe(false);
      expect((await fetch(`${next.origin}/readyz`)).status).toBe(200);
    } finally {
      await next.stop();
    }
  });

  it('the lock of a process that is another one by now is taken over', async () => {
    const lock = { pid: process.pid, identity: 'an earlier boot', text: 'http://localhost:1' };
    await writeFile(join(dataDir, 'consilium.lock'), JSON.stringify(lock));
    const app = await startApp({ dataDir, ...quick });
    await app.stop();
  });

  it('a second start on the same folder says where the first one runs', async () => {
    const first = await startApp({ dataDir, ...quick });
    try {
      const second = await refusal({ dataDir, ...quick });
      expect(second.exitCode).toBe(1);
      expect(second.output).toContain(first.origin);
      expect(second.output).toMatch(/already runs.*--data/);
      expect(second.output).not.toMatch(/\n\s+at /);
      expect((await fetch(`${first.origin}/healthz`)).status).toBe(200);
    } finally {
      await first.stop();
    }
  });

  it('a busy port is one sentence that says what to do, and leaves nothing behind', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => squatter.once('listening', done));
    const { port } = squatter.address() as { port: number };
    try {
      const error = await refusal({ dataDir, args: [...quick.args, '--port', String(port)] });
      expect(error.exitCode).toBe(1);
      expect(error.output.trim()).toBe(
        `Port ${port} is taken by another program: stop that one, or choose another with --port ${port + 1}.`
      );
    } finally {
      squatter.close();
    }
  });

  it('a data folder that cannot be used is one sentence', async () => {
    const file = join(dataDir, 'a-file');
    await writeFile(file, '');
    const error = await refusal({ dataDir: join(file, 'data'), ...quick });
    expect(error.output).toMatch(/cannot be made: a file is where a folder should be/);
  });

  it('[SFU-13] a TURN certificate that is not there is one sentence', async () => {
    const env = { TURN_DOMAIN: 'turn.example.org', TURN_CERT_FILE: '/none.pem', TURN_KEY_FILE: '/none.pem' };
    const { exitCode, output } = await refusal({ dataDir, args: ['--no-demo'], env, withinMs: 60_000 });
    expect(exitCode).toBe(1);
    expect(output.trim()).toMatch(/^TURN_CERT_FILE: the file cannot be read \(ENOENT[^\n]*$/);
  });

  it('a wrong setting is one sentence', async () => {
    const error = await refusal({ dataDir, ...quick, env: { ORIGIN: 'consult.example.org' } });
    expect(error.output.trim()).toMatch(/^ORIGIN is "consult.example.org": give scheme and host only/);
  });
});

describe('a LiveKit elsewhere', { timeout: 300_000 }, () => {
  it('[SFU-10] is found by LIVEKIT_URL and reached through the app', async () => {
    const [keys, port] = [{ apiKey: 'APIelsewhere', apiSecret: 'a'.repeat(32) }, await lastingPort()];
    const elsewhere = supervise({
      binary: await resolveBinary({ dataDir, log: silent, onProgress: () => undefined }),
      folder: join(dataDir, 'elsewhere'),
      config: { ...mediaDefaults, ports: { signal: port, udp: 0, tcp: 0 } },
      keys,
      appPort: () => 9,
      log: silent
    });
    await elsewhere.settled;
    const env = { LIVEKIT_URL: `ws://127.0.0.1:${port}`, LIVEKIT_API_KEY: keys.apiKey };
    const app = await startApp({
      dataDir,
      args: ['--no-demo'],
      env: { ...env, LIVEKIT_API_SECRET: keys.apiSecret }
    });
    try {
      expect(await (await fetch(`${app.origin}/readyz`)).json()).toMatchObject({ parts: { media: 'ready' } });
      const grant = grantFor('consult', 'm:1');
      expect(await askDoor(app, await mintToken(keys, grant))).toBe(200);
      expect(await askDoor(app, await mintToken({ ...keys, apiSecret: 'b'.repeat(32) }, grant))).toBe(401);
    } finally {
      await app.stop();
      await elsewhere.stop();
    }
  });
});

describe('bootstrap', { timeout: 60_000 }, () => {
  const bootstrap = (root: string, args: string[], env: Record<string, string> = {}) =>
    new Promise<{ code: number | null; output: string }>((done) => {
      const child = spawn(process.execPath, [join(root, 'server', 'bootstrap.mjs'), ...args], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe']
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.once('close', (code) => done({ code, output }));
    });

  /** A clone with nothing installed: just the files a start reads before it installs. */
  async function bareClone(): Promise<string> {
    const { cp } = await import('node:fs/promises');
    const root = await mkdtemp(join(tmpdir(), 'consilium-clone-'));
    await mkdir(join(root, 'server'));
    await cp(join(repositoryRoot, 'server', 'bootstrap.mjs'), join(root, 'server', 'bootstrap.mjs'));
    await cp(join(repositoryRoot, 'server', 'launch'), join(root, 'server', 'launch'), { recursive: true });
    for (const name of ['package.json', 'package-lock.json'])
      await cp(join(repositoryRoot, name), join(root, name));
    return root;
  }

  it('answers --help and refuses unknown options with nothing installed', async () => {
    const root = await bareClone();
    try {
      expect(await bootstrap(root, ['start', '--help'])).toMatchObject({ code: 0 });
      expect((await bootstrap(root, ['start', '--help'])).output).toContain('--no-demo');
      const unknown = await bootstrap(root, ['start', '--prot', '1']);
      expect(unknown).toMatchObject({ code: 1 });
      expect(unknown.output.trim()).toMatch(/^Unknown option '--prot'.*--help"\.$/);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  it('says what to do where there is no network', async () => {
    const root = await bareClone();
    try {
      const env = { npm_config_registry: 'http://127.0.0.1:1/', npm_config_cache: join(root, 'cache') };
      const { code, output } = await bootstrap(root, ['start'], env);
      expect(code).toBe(1);
      expect(output).toMatch(/could not be installed: no connection to the npm registry\. Check the network/);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
