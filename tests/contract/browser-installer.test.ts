import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { downloadZip } from 'client-zip';
import { chromium } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../server/config.ts';
import { findBrowser } from '../support/browser.ts';
import { installPackages } from '../support/packages.ts';
import { findRedis } from '../support/redis.ts';

/**
 * What `npm test` does for a browser, for Chinese glyphs and for Redis, on a machine whose PATH is `bin`. Playwright's own
 * installer runs for real, against a server that is not there; apt is a script that does what it would do.
 */
let folder: string;
let bin: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-browser-'));
  bin = join(folder, 'bin');
  await mkdir(bin);
  for (const name of ['sh', 'cat', 'chmod', 'touch']) await symlink(`/bin/${name}`, join(bin, name));
  await program('fc-list', 'echo /usr/share/fonts/NotoSansCJK.ttc');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<string> {
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, name), 0o755);
  return join(bin, name);
}

interface Outcome {
  path?: string;
  error?: string;
  said: string[];
}

/** `ensureBrowser` in a process of its own: where Playwright keeps browsers is read once a process. */
const ensure = (env: Record<string, string> = {}): Promise<Outcome> =>
  inProcess('browser.ts', `ensureBrowser(${JSON.stringify(repositoryRoot)}, say)`, env);

function inProcess(file: string, call: string, env: Record<string, string>): Promise<Outcome> {
  const script = `
    const { ensureBrowser, ensureRedis } = await import(${JSON.stringify(join(repositoryRoot, 'tests', 'support', file))});
    const said = [];
    const say = (line) => said.push(line);
    const outcome = await ${call}.then(
      (path) => ({ path }), (error) => ({ error: error.message }));
    console.log(JSON.stringify({ ...outcome, said }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {
      PATH: bin,
      HOME: folder,
      PLAYWRIGHT_BROWSERS_PATH: join(folder, 'playwright'),
      PLAYWRIGHT_DOWNLOAD_HOST: 'http://127.0.0.1:1',
      ...env
    },
    stdio: ['ignore', 'pipe', 'inherit']
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((done) => child.once('close', () => done(JSON.parse(output) as Outcome)));
}

const calls = async () => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).trim().split('\n');
const download = "no Chrome or Chromium found: trying Playwright's download";
const mayInstall = process.platform === 'linux' && process.getuid?.() === 0;

describe('a browser that is there', () => {
  it('is taken as it is: CHROME_PATH first, then the PATH in the order of what people use', async () => {
    const chromium = await program('chromium', '');
    expect(await ensure()).toEqual({ path: chromium, said: [] });
    const chrome = await program('google-chrome', '');
    expect(await ensure()).toEqual({ path: chrome, said: [] });
    expect(await ensure({ CHROME_PATH: chromium })).toEqual({ path: chromium, said: [] });
  });

  it('a CHROME_PATH that leads nowhere is said, never replaced', async () => {
    expect(() => findBrowser({ PATH: bin, CHROME_PATH: '/nowhere/chrome' })).toThrow(
      'CHROME_PATH is /nowhere/chrome: no program is there.'
    );
  });

  it('what is on the PATH and cannot be run is no browser', async () => {
    await chmod(await program('google-chrome', ''), 0o644);
    const chromium = await program('chromium', '');
    expect(findBrowser({ PATH: bin })).toBe(chromium);
  });
});

describe('no browser', { timeout: 120_000 }, () => {
  it("Playwright's download is tried, then the system's package; old lists of packages are fetched anew", async () => {
    await program(
      'apt-get',
      `echo "$@" >> ${folder}/calls
       if [ "$1" = update ]; then touch ${folder}/lists; exit 0; fi
       [ -e ${folder}/lists ] || { echo 'E: Unable to locate package chromium' >&2; exit 100; }
       echo '#!/bin/sh' > ${bin}/chromium; chmod 755 ${bin}/chromium`
    );
    const outcome = await ensure();
    expect(outcome.said[0]).toBe(download);
    // Playwright's real installer, and what it said of the server that is not there.
    expect(outcome.said[1]).toMatch(/ended with code 1/);
    expect(outcome.said[2]).toBe("trying the system's package");
    if (mayInstall) {
      expect(outcome.path).toBe(join(bin, 'chromium'));
      const install = 'install -y -qq --no-install-recommends chromium fonts-noto-cjk';
      expect(await calls()).toEqual([install, 'update -qq', install]);
    } else {
      expect(outcome.error).toMatch(/^No browser for the tests: install Chrome or Chromium/);
      expect(await calls()).toEqual(['']);
    }
  });

  it('and no way to one: a sentence that says what to do, after what each way said', async () => {
    await program('apt-get', "echo 'E: Unable to locate package chromium' >&2; exit 100");
    const { error, said } = await ensure();
    expect(error).toBe('No browser for the tests: install Chrome or Chromium, or set CHROME_PATH to one.');
    if (mayInstall) expect(said.at(-1)).toContain('E: Unable to locate package chromium');
  });
});

describe("Playwright's download", { timeout: 120_000 }, () => {
  const inFolder = /chromium-\d+[\\/](.+)$/.exec(chromium.executablePath())?.[1] ?? '';
  const version = 'Google Chrome for Testing 1.2.3.4';

  /** A mirror of Playwright's downloads: its archives hold `browser`, laid out as Playwright wants it. */
  async function mirror(browser: string, use: (host: string) => Promise<void>): Promise<string[]> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const file = request.url?.split('/').at(-1) ?? '';
      asked.push(file);
      const name = file.startsWith('chrome') ? inFolder.replaceAll('\\', '/') : file.replace('.zip', '');
      void downloadZip([{ name, input: browser }])
        .arrayBuffer()
        .then((archive) => response.end(Buffer.from(archive)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await use(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
    } finally {
      server.close();
    }
    return asked;
  }

  it('of a mirror is unpacked and runs', async () => {
    const asked = await mirror(`#!/bin/sh\necho ${version}\n`, async (host) => {
      const { path, said } = await ensure({ PLAYWRIGHT_DOWNLOAD_HOST: host });
      expect(said).toEqual([download]);
      expect(path?.endsWith(inFolder)).toBe(true);
      expect((await promisify(execFile)(path!, ['--version'])).stdout).toBe(`${version}\n`);
    });
    // The browser people use and the recorder of films; no other.
    expect(asked.map((file) => file.split('-')[0]).sort()).toEqual(['chrome', 'ffmpeg']);
  });

  it("that does not run for want of libraries gives way to the system's package", async () => {
    await program('apt-get', `echo '#!/bin/sh' > ${bin}/chromium; chmod 755 ${bin}/chromium`);
    const complaint = 'error while loading shared libraries: libnss3.so';
    await mirror(`#!/bin/sh\necho ${complaint} >&2\nexit 127\n`, async (host) => {
      const { path, error, said } = await ensure({ PLAYWRIGHT_DOWNLOAD_HOST: host });
      expect(said[1]).toContain(complaint);
      if (mayInstall) expect(path).toBe(join(bin, 'chromium'));
      else expect(error).toMatch(/^No browser for the tests/);
    });
  });
});

describe('Chinese glyphs', () => {
  it('are installed where there are none', async () => {
    await program('chromium', '');
    await program('fc-list', `[ -e ${folder}/font ] && echo /a-font.ttc; exit 0`);
    await program('apt-get', `echo "$@" >> ${folder}/calls; touch ${folder}/font`);
    const outcome = await ensure();
    expect(outcome.said).toEqual(['no font with Chinese glyphs found: installing fonts-noto-cjk']);
    if (mayInstall) expect(outcome.path).toBe(join(bin, 'chromium'));
    else expect(outcome.error).toBe('No font with Chinese glyphs: install fonts-noto-cjk.');
  });

  it('that cannot be had are a sentence', async () => {
    await program('chromium', '');
    await program('fc-list', 'exit 0');
    await program('apt-get', 'exit 100');
    expect((await ensure()).error).toBe('No font with Chinese glyphs: install fonts-noto-cjk.');
  });
});

describe('Redis', () => {
  const ensureRedis = (env: Record<string, string> = {}) => inProcess('redis.ts', 'ensureRedis(say)', env);

  it('that is there is taken as it is; a REDIS_SERVER that leads nowhere is said', async () => {
    const redis = await program('redis-server', '');
    expect(await ensureRedis()).toEqual({ path: redis, said: [] });
    const other = await program('other', '');
    expect(await ensureRedis({ REDIS_SERVER: other })).toEqual({ path: other, said: [] });
    expect(() => findRedis({ PATH: bin, REDIS_SERVER: '/nowhere' })).toThrow('REDIS_SERVER is /nowhere');
  });

  it("is got from the system's packages, or a sentence says what to do", async () => {
    await program('apt-get', "echo 'E: Unable to locate package redis-server' >&2; exit 100");
    const failed = await ensureRedis();
    expect(failed.error).toBe('No Redis for the tests: install redis-server, or set REDIS_SERVER to one.');
    await program(
      'apt-get',
      `echo "$@" >> ${folder}/calls; echo '#!/bin/sh' > ${bin}/redis-server; chmod 755 ${bin}/redis-server`
    );
    const { path, said } = await ensureRedis();
    expect(said).toEqual(["no redis-server found: trying the system's package"]);
    if (!mayInstall) return expect(path).toBeUndefined();
    expect(path).toBe(join(bin, 'redis-server'));
    expect(await calls()).toEqual(['install -y -qq --no-install-recommends redis-server']);
  });
});

it('the real apt leaves what is installed as it is, and says nothing', { timeout: 120_000 }, async () => {
  const said: string[] = [];
  await installPackages(['coreutils'], (line) => said.push(line));
  // Where there is no apt, or no right to use it, it is left alone; any complaint names the program.
  expect(said.filter((line) => !line.startsWith('apt-get: spawn'))).toEqual([]);
});
