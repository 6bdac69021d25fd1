import { execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Logger } from '#lib/kernel/ports.ts';
import type { MediaProgress, ReleaseSource } from './types.ts';

const run = promisify(execFile);

export interface ObtainOptions {
  /** File to write; not the final place. */
  target: string;
  env: NodeJS.ProcessEnv;
  /** For the download. */
  release?: ReleaseSource | null | undefined;
  log: Logger;
  onProgress: (progress: MediaProgress) => void;
  signal?: AbortSignal | undefined;
}

const packageName = 'github.com/livekit/livekit-server/cmd/server';
/** Packages the build compiles, for the progress bar only (`go list -deps | wc -l`). */
const packagesToBuild = 780;
const oldestGoMinor = 21;

/**
 * Builds livekit-server from this folder's go.mod and go.sum: pinned and checksummed. Two to three minutes
 * on two cores the first time. @throws Error with one sentence
 */
export async function buildWithGo(options: ObtainOptions): Promise<void> {
  const go = await goVersion(options.env);
  if (go === null) throw new Error('Go is not on PATH');
  if (go.major === 1 && go.minor < oldestGoMinor) throw new Error(`Go ${go.text} is too old`);
  options.onProgress({ message: 'Building the media server (livekit-server), once', fraction: 0 });

  const child = spawn(
    'go',
    ['build', '-v', '-trimpath', '-ldflags=-s -w', '-o', options.target, packageName],
    {
      cwd: import.meta.dirname,
      // Static: a cached binary must also run where the C library is another.
      env: { CGO_ENABLED: '0', ...options.env, GOFLAGS: flags(options.env.GOFLAGS) },
      stdio: ['ignore', 'ignore', 'pipe'],
      signal: options.signal
    }
  );
  const tail: string[] = [];
  let compiled = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('go: downloading')) {
      options.onProgress({ message: `Media server: ${line.slice(4)}`, fraction: null });
      return;
    }
    if (/^[\w.-]+(\/[\w.-]+)*$/.test(line)) {
      compiled++;
      options.onProgress({
        message: 'Building the media server (livekit-server), once',
        fraction: Math.min(0.99, compiled / packagesToBuild)
      });
      return;
    }
    tail.push(line);
    if (tail.length > 20) tail.shift();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  await rm(options.target, { force: true });
  options.log.warn({ code, output: tail }, 'go build failed');
  if (tail.some((line) => /dial tcp|lookup |i\/o timeout|connection refused|no such host/.test(line)))
    throw new Error('the Go module proxy cannot be reached');
  throw new Error(tail.find((line) => line.includes(':')) ?? `go build ended with ${code}`);
}

/** `-mod=readonly` whatever the user's habit: go.sum decides what is built. */
function flags(users: string | undefined): string {
  return [
    ...(users ?? '').split(' ').filter((flag) => flag && !flag.startsWith('-mod=')),
    '-mod=readonly'
  ].join(' ');
}

async function goVersion(
  env: NodeJS.ProcessEnv
): Promise<{ major: number; minor: number; text: string } | null> {
  try {
    // Outside the module: an old Go would fail on a go.mod it cannot read before saying its version.
    const { stdout } = await run('go', ['env', 'GOVERSION'], { env, cwd: '/', timeout: 20_000 });
    const match = /go(\d+)\.(\d+)/.exec(stdout);
    return match ? { major: Number(match[1]), minor: Number(match[2]), text: stdout.trim().slice(2) } : null;
  } catch {
    return null;
  }
}
