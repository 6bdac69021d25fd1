import { access, constants, copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Logger } from '#lib/kernel/ports.ts';
import { buildWithGo } from './build.ts';
import { downloadRelease } from './download.ts';
import type { MediaProgress, ReleaseSource } from './types.ts';
import { isUsable, pinnedVersion, versionOf } from './version.ts';

export interface ResolvedBinary {
  path: string;
  version: string;
  /** Where it came from, in words, for the log and `doctor`. */
  source: 'path' | 'data folder' | 'cache' | 'built' | 'downloaded';
}

export interface ResolveOptions {
  dataDir: string;
  cacheDir?: string | undefined;
  /** A mirror of LiveKit's releases. */
  release?: ReleaseSource | null | undefined;
  log: Logger;
  onProgress: (progress: MediaProgress) => void;
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
  /** False: only look, get nothing (for `doctor`). */
  mayObtain?: boolean;
}

/** What to do when no media server can be had; one message, three ways. */
export const waysOut =
  'No media server: install Go 1.21 or newer and start again (it is built once), or put a livekit-server 1.9 or newer on PATH, or set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET.';

/** No way led to a media server. `message` is for a person, `cause` tells what each way said. */
export class NoMediaServerError extends Error {
  constructor(reasons: readonly string[]) {
    super(reasons.length > 0 ? `${waysOut} (${reasons.join('; ')})` : waysOut);
    this.name = 'NoMediaServerError';
  }
}

const executable = process.platform === 'win32' ? 'livekit-server.exe' : 'livekit-server';

/** The first usable binary in the order of SPEC.md [SFU-1]. @throws NoMediaServerError */
export async function resolveBinary(options: ResolveOptions): Promise<ResolvedBinary> {
  const env = options.env ?? process.env;
  const cached = join(cacheFolder(options.cacheDir, env), `livekit-server-${pinnedVersion}`, executable);
  const ours = join(options.dataDir, 'bin', executable);

  const candidates: { path: string; source: ResolvedBinary['source'] }[] = [
    ...onPath(env).map((path) => ({ path, source: 'path' as const })),
    { path: ours, source: 'data folder' },
    { path: cached, source: 'cache' }
  ];
  for (const { path, source } of candidates) {
    if (!(await isExecutable(path))) continue;
    const version = await versionOf(path);
    if (version !== null && isUsable(version)) return { path, version, source };
    options.log.warn({ path, version }, 'livekit-server not usable, looking further');
  }
  if (options.mayObtain === false) throw new NoMediaServerError([]);

  const target = (await canWriteTo(dirname(cached))) ? cached : ours;
  await mkdir(dirname(target), { recursive: true });
  const reasons: string[] = [];
  for (const [source, obtain] of [
    ['built', buildWithGo],
    ['downloaded', downloadRelease]
  ] as const) {
    options.signal?.throwIfAborted();
    const fresh = `${target}.${process.pid}.new`;
    try {
      await obtain({
        target: fresh,
        env,
        release: options.release,
        log: options.log,
        onProgress: options.onProgress,
        signal: options.signal
      });
      const version = await versionOf(fresh);
      if (version === null) throw new Error('what came out does not run here');
      // Whole or not at all: a start that is killed midway leaves no half binary behind.
      await rename(fresh, target);
      await alsoInto(ours, target);
      return { path: target, version, source };
    } catch (error) {
      options.signal?.throwIfAborted();
      reasons.push(`${source === 'built' ? 'go build' : 'download'}: ${sentenceOf(error)}`);
      options.log.warn({ source, err: error }, 'livekit-server not obtained this way');
    } finally {
      await rm(fresh, { force: true });
    }
  }
  throw new NoMediaServerError(reasons);
}

function onPath(env: NodeJS.ProcessEnv): string[] {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, executable));
}

/** One cache for all data folders, so that a second folder (a test, a new clinic) does not build again. */
function cacheFolder(given: string | undefined, env: NodeJS.ProcessEnv): string {
  return given ?? join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'consilium');
}

async function canWriteTo(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return true;
  } catch {
    // A service user without a home: the data folder serves.
    return false;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The data folder keeps its own, so that it still starts when the cache is cleared. */
async function alsoInto(ours: string, target: string): Promise<void> {
  if (ours === target) return;
  const fresh = `${ours}.${process.pid}.new`;
  await mkdir(dirname(ours), { recursive: true });
  await link(target, fresh).catch(() => copyFile(target, fresh));
  await rename(fresh, ours);
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
