import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { ObtainOptions } from './build.ts';
import { pinnedVersion } from './version.ts';

const run = promisify(execFile);

/**
 * SHA-256 of the official archives, by file name, as seen by whoever pins a version. An archive without one
 * is only compared with the list its own release page carries (that catches a broken download, not a forged
 * release), and the log says so.
 */
const knownDigests: Readonly<Record<string, string>> = {};

const releases = 'https://github.com/livekit/livekit/releases/download';

/** The archive's name for a system, or null where LiveKit publishes none. */
export function archiveName(platform: NodeJS.Platform, arch: string): string | null {
  const architecture = { x64: 'amd64', arm64: 'arm64', arm: 'armv7' }[arch];
  if (!architecture) return null;
  if (platform === 'linux') return `livekit_${pinnedVersion}_linux_${architecture}.tar.gz`;
  if (platform === 'win32' && architecture !== 'armv7')
    return `livekit_${pinnedVersion}_windows_${architecture}.zip`;
  return null;
}

/** The digest `checksums.txt` names for `file`, or null. */
export function digestFrom(checksums: string, file: string): string | null {
  for (const line of checksums.split('\n')) {
    const [digest, name] = line.trim().split(/\s+\*?/);
    if (name === file && digest && /^[0-9a-f]{64}$/.test(digest)) return digest;
  }
  return null;
}

/** Fetches the official release archive and takes the binary out. @throws Error with one sentence */
export async function downloadRelease(
  options: ObtainOptions & { from?: string; digests?: Readonly<Record<string, string>> }
): Promise<void> {
  const file = archiveName(process.platform, process.arch);
  if (!file) throw new Error(`LiveKit publishes no archive for ${process.platform} ${process.arch}`);
  const base = `${options.from ?? releases}/v${pinnedVersion}`;
  const folder = await mkdtemp(join(dirname(options.target), 'download-'));
  try {
    let expected = (options.digests ?? knownDigests)[file] ?? null;
    if (!expected) {
      expected = digestFrom(await textOf(`${base}/checksums.txt`, options.signal), file);
      options.log.warn(
        { file },
        expected
          ? 'no digest of this archive is known here: it is only compared with the list beside it'
          : 'no digest of this archive is known at all: it is taken as it comes over TLS'
      );
    }
    const archive = join(folder, file);
    const digest = await fetchTo(`${base}/${file}`, archive, options);
    if (expected && digest !== expected) throw new Error(`${file} has SHA-256 ${digest}, not ${expected}`);
    // bsdtar and GNU tar both find out the compression; Windows' own tar also reads zip.
    await run('tar', ['-xf', archive, '-C', folder]);
    const inside = join(folder, process.platform === 'win32' ? 'livekit-server.exe' : 'livekit-server');
    await chmod(inside, 0o755);
    await rename(inside, options.target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function textOf(url: string, signal: AbortSignal | undefined): Promise<string> {
  const response = await get(url, signal);
  return response.text();
}

async function get(url: string, signal: AbortSignal | undefined): Promise<Response> {
  const limits = [AbortSignal.timeout(120_000), ...(signal ? [signal] : [])];
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.any(limits) });
  } catch (error) {
    throw new Error(`${new URL(url).host} cannot be reached`, { cause: error });
  }
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
  return response;
}

async function fetchTo(url: string, path: string, options: ObtainOptions): Promise<string> {
  const response = await get(url, options.signal);
  if (!response.body) throw new Error('the answer is empty');
  const total = Number(response.headers.get('content-length')) || null;
  let received = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      options.onProgress({
        message: 'Downloading the media server',
        fraction: total ? received / total : null
      });
      done(null, chunk);
    }
  });
  await pipeline(Readable.from(response.body), counting, createWriteStream(path));
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
