import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { request as overHttp, type IncomingMessage } from 'node:http';
import { request as overTls } from 'node:https';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { ObtainOptions } from './build.ts';
import { pinnedVersion } from './version.ts';

const run = promisify(execFile);

/** SHA-256 of the official archives, by file name: what `checksums.txt` of that release lists. */
const knownDigests: Readonly<Record<string, string>> = {
  [`livekit_${pinnedVersion}_linux_amd64.tar.gz`]:
    '549bcbe07a92685e45dfd98d8e7cbafd0e1c91d3502fd417079162e1a3f18d17',
  [`livekit_${pinnedVersion}_linux_arm64.tar.gz`]:
    '691d34c0d0095a3d5c6dfb9d7e9353a0600a3423d498136037001626d281ad64',
  [`livekit_${pinnedVersion}_linux_armv7.tar.gz`]:
    'a81b785b3951780f4f7e3fd62c02cefac827c40a4763513834e5ebff7b9d8a39',
  [`livekit_${pinnedVersion}_windows_amd64.zip`]:
    'a326e025de516e93dfb3719bcd28e5a4ac16f21bcf1ef562499403ca98cc65fe',
  [`livekit_${pinnedVersion}_windows_arm64.zip`]:
    'fa9e4174915f8635ee98124459b42630b063ef5680ee054a0cc10209bc60df17'
};

const releases = 'https://github.com/livekit/livekit/releases/download';

/** The archive's name for a system, or null where LiveKit publishes none. */
export function archiveName(platform: NodeJS.Platform, arch: string): string | null {
  const architecture = { x64: 'amd64', arm64: 'arm64', arm: 'armv7' }[arch];
  const [system, ending] = platform === 'win32' ? ['windows', 'zip'] : [platform, 'tar.gz'];
  const name = `livekit_${pinnedVersion}_${system}_${architecture}.${ending}`;
  return name in knownDigests ? name : null;
}

/**
 * Fetches the official release archive, from LiveKit or a mirror, and takes the binary out once its SHA-256 is right.
 * @throws Error with one sentence
 */
export async function downloadRelease(options: ObtainOptions): Promise<void> {
  const file = archiveName(process.platform, process.arch);
  if (!file) throw new Error(`LiveKit publishes no archive for ${process.platform} ${process.arch}`);
  const base = `${options.release?.url ?? releases}/v${pinnedVersion}`;
  const expected = options.release?.sha256 ?? knownDigests[file];
  const folder = await mkdtemp(join(dirname(options.target), 'download-'));
  try {
    const archive = join(folder, file);
    const digest = await fetchTo(`${base}/${file}`, archive, options);
    if (digest !== expected) throw new Error(`${file} has SHA-256 ${digest}, not ${expected}`);
    // bsdtar and GNU tar both find out the compression; Windows' own tar also reads zip.
    await run('tar', ['-xf', archive, '-C', folder]);
    const inside = join(folder, process.platform === 'win32' ? 'livekit-server.exe' : 'livekit-server');
    await chmod(inside, 0o755);
    await rename(inside, options.target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * By Node's own client: `fetch` of Node 24 brings the process down where a server hangs up while the disk is behind.
 * @throws Error with one sentence
 */
async function get(url: string, signal: AbortSignal | undefined, redirects = 5): Promise<IncomingMessage> {
  const { host, protocol } = new URL(url);
  const limits = [AbortSignal.timeout(120_000), ...(signal ? [signal] : [])];
  const asked = (protocol === 'https:' ? overTls : overHttp)(url, { signal: AbortSignal.any(limits) });
  const answer = await new Promise<IncomingMessage>((done, failed) => {
    asked.on('error', failed).once('response', done).end();
  }).catch((error: unknown) => {
    throw new Error(`${host} cannot be reached`, { cause: error });
  });
  const { statusCode = 0, headers } = answer;
  if (statusCode === 200) return answer;
  answer.resume();
  const elsewhere = statusCode >= 300 && statusCode < 400 ? headers.location : undefined;
  if (elsewhere && redirects > 0) return get(new URL(elsewhere, url).href, signal, redirects - 1);
  throw new Error(`${host} answered ${statusCode}`);
}

async function fetchTo(url: string, path: string, options: ObtainOptions): Promise<string> {
  const answer = await get(url, options.signal);
  const total = Number(answer.headers['content-length']) || null;
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
  await pipeline(answer, counting, createWriteStream(path));
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
