import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveName } from '../../server/sfu/download.ts';
import { loadOrCreateKeys } from '../../server/sfu/keys.ts';
import { resolveBinary } from '../../server/sfu/resolve.ts';
import { supervise } from '../../server/sfu/supervise.ts';
import type { ReleaseSource } from '../../server/sfu/types.ts';
import { pinnedVersion } from '../../server/sfu/version.ts';
import { mediaDefaults } from '../support/media.ts';
import { silent } from '../support/silent.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-sfu-binary-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Names of all files below, wherever they lie. */
async function filesIn(root: string): Promise<string[]> {
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('finding a binary', () => {
  const nothing = () => ({
    PATH: '',
    HOME: join(folder, 'nobody'),
    XDG_CACHE_HOME: join(folder, 'empty-cache')
  });

  it('[SFU-1] takes the one in the data folder, and not one that is no media server', async () => {
    const dataDir = join(folder, 'found');
    await mkdir(join(dataDir, 'bin'), { recursive: true });
    const fake = async (path: string, version: string) => {
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, `#!/bin/sh\necho livekit-server version ${version}\n`, { mode: 0o755 });
    };
    await fake(join(dataDir, 'bin', 'livekit-server'), '1.10.2');
    const env = { ...nothing(), PATH: join(folder, 'old-path') };
    await fake(join(folder, 'old-path', 'livekit-server'), '0.15.1');
    const options = { dataDir, log: silent, onProgress: () => undefined, env };
    expect(await resolveBinary(options)).toMatchObject({ source: 'data folder', version: '1.10.2' });
    await fake(join(folder, 'old-path', 'livekit-server'), '1.13.4');
    expect(await resolveBinary(options)).toMatchObject({ source: 'path', version: '1.13.4' });
  });

  it('[SFU-1] names the three ways out when none is open', async () => {
    const dataDir = join(folder, 'none');
    const looking = resolveBinary({
      dataDir,
      log: silent,
      onProgress: () => undefined,
      env: nothing(),
      mayObtain: false
    });
    await expect(looking).rejects.toThrow(/Go 1\.21.*livekit-server.*LIVEKIT_URL/s);
  });

  it('[SFU-1] takes the archive of a mirror once its digest is right, and it runs', async () => {
    const name = archiveName(process.platform, process.arch);
    if (!name) return;
    const options = { log: silent, onProgress: () => undefined };
    const here = await resolveBinary({ ...options, dataDir: join(folder, 'here') });
    const archive = join(folder, name);
    await run('tar', ['-cf', `${archive}.raw`, '-C', dirname(here.path), basename(here.path)]);
    await pipeline(createReadStream(`${archive}.raw`), createGzip({ level: 1 }), createWriteStream(archive));
    const sha256 = createHash('sha256')
      .update(await readFile(archive))
      .digest('hex');
    const releases = createServer((request, response) => {
      const path = `/v${pinnedVersion}/${name}`;
      // Hangs up after it, as simple servers do.
      response.setHeader('connection', 'close');
      if (request.url === `/livekit${path}`) createReadStream(archive).pipe(response);
      // As GitHub does.
      else if (request.url === `/moved${path}`)
        response.writeHead(302, { location: `/livekit${path}` }).end();
      else response.writeHead(404).end();
    });
    releases.listen(0, '127.0.0.1');
    await once(releases, 'listening');
    const host = `http://127.0.0.1:${(releases.address() as AddressInfo).port}`;
    const url = `${host}/livekit`;
    try {
      const dataDir = join(folder, 'fetched');
      const env = nothing();
      const fetched = (release: ReleaseSource) => resolveBinary({ ...options, dataDir, env, release });
      // Built here, so it cannot be LiveKit's own.
      await expect(fetched({ url, sha256: null })).rejects.toThrow(
        new RegExp(`Go is not on PATH.*${name} has SHA-256 ${sha256}, not [0-9a-f]{64}`)
      );
      expect(await filesIn(env.XDG_CACHE_HOME)).toEqual([]);
      await expect(fetched({ url: `${url}/none`, sha256 })).rejects.toThrow(/127\.0\.0\.1:\d+ answered 404/);
      const binary = await fetched({ url: `${host}/moved`, sha256 });
      expect(binary).toMatchObject({ source: 'downloaded', version: here.version });
      const server = supervise({
        binary,
        folder: join(folder, 'run'),
        config: mediaDefaults,
        keys: await loadOrCreateKeys(folder),
        appPort: () => 9,
        log: silent
      });
      await server.settled;
      expect(server.health()).toMatchObject({ state: 'ready' });
      await server.stop();
    } finally {
      releases.close();
    }
  });
});
