import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Logger } from '#lib/kernel/ports.ts';
import { archiveName, downloadRelease } from '../../server/sfu/download.ts';
import { resolveBinary } from '../../server/sfu/resolve.ts';

const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined
};
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-sfu-binary-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function portOf(listening: Server): number {
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return address.port;
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
    const options = { dataDir, log: quiet, onProgress: () => undefined, env };
    expect(await resolveBinary(options)).toMatchObject({ source: 'data folder', version: '1.10.2' });
    await fake(join(folder, 'old-path', 'livekit-server'), '1.13.4');
    expect(await resolveBinary(options)).toMatchObject({ source: 'path', version: '1.13.4' });
  });

  it('[SFU-1] names the three ways out when none is open', async () => {
    const dataDir = join(folder, 'none');
    const looking = resolveBinary({
      dataDir,
      log: quiet,
      onProgress: () => undefined,
      env: nothing(),
      mayObtain: false
    });
    await expect(looking).rejects.toThrow(/Go 1\.21.*livekit-server.*LIVEKIT_URL/s);
  });

  it('[SFU-1] checks a downloaded archive against its digest', async () => {
    const name = archiveName(process.platform, process.arch);
    if (!name) return;
    const packed = join(folder, 'packed');
    await mkdir(packed, { recursive: true });
    await writeFile(join(packed, 'livekit-server'), '#!/bin/sh\necho livekit-server version 1.13.4\n', {
      mode: 0o755
    });
    await promisify(execFile)('tar', ['-czf', join(packed, name), '-C', packed, 'livekit-server']);
    const archive = await readFile(join(packed, name));
    const digest = createHash('sha256').update(archive).digest('hex');
    const releases = createServer((request, response) => {
      if (request.url?.endsWith('checksums.txt')) response.end(`${digest}  ${name}\n`);
      else response.end(archive);
    });
    releases.listen(0, '127.0.0.1');
    await once(releases, 'listening');
    const warned: string[] = [];
    const options = {
      target: join(folder, 'fetched'),
      env: process.env,
      log: { ...quiet, warn: (_: object, message: string) => void warned.push(message) },
      onProgress: () => undefined,
      from: `http://127.0.0.1:${portOf(releases)}`
    };
    try {
      await expect(downloadRelease({ ...options, digests: { [name]: '0'.repeat(64) } })).rejects.toThrow(
        /SHA-256/
      );
      await expect(access(options.target)).rejects.toThrow();
      await downloadRelease({ ...options, digests: { [name]: digest } });
      expect(warned).toEqual([]);
      await downloadRelease({ ...options, digests: {} });
      expect(warned[0]).toMatch(/no digest of this archive is known/);
      await access(options.target);
    } finally {
      releases.close();
    }
  });
});
