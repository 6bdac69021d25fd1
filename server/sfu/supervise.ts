import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from '#lib/kernel/ports.ts';
import { commandLine, endProcess, processIdentity } from '../launch/processes.ts';
import { choosePorts } from './free-ports.ts';
import { writePrivately, type loadOrCreateKeys } from './keys.ts';
import type { MediaConfig, MediaHealth, MediaPorts } from './types.ts';
import { renderYaml } from './yaml.ts';

const readyWithinMs = 10_000;
const firstPauseMs = 250;
const longestPauseMs = 10_000;
/**
 * Having answered for this long, the next end counts as the first again: a call is back within ten seconds of one
 * however often that happens, and what cannot live waits longer each time.
 */
const steadyMs = 3_000;
/** Starts that have failed until whoever waits for the first one is told. */
const failuresToTell = 3;
/** LiveKit drains on SIGTERM until everyone left: that is not waited for. */
const graceMs = 1_000;

export interface SupervisedServer {
  /** Set while it answers. */
  ports(): MediaPorts | null;
  health(): MediaHealth;
  /**
   * Resolves at the first "ready", or once three starts have failed (`health` says why; it is tried on); rejects when
   * stopped before.
   */
  settled: Promise<void>;
  stop(): Promise<void>;
}

/** Starts livekit-server and keeps it running until `stop`. */
export function supervise(options: {
  binary: { path: string; version: string };
  folder: string;
  config: MediaConfig;
  keys: Awaited<ReturnType<typeof loadOrCreateKeys>>;
  appPort: () => number;
  log: Logger;
}): SupervisedServer {
  const { binary, folder, config, keys, log } = options;
  const yamlPath = join(folder, 'livekit.yaml');
  const pidPath = join(folder, 'livekit.pid');

  let health: MediaHealth = { state: 'starting', detail: 'starting the media server' };
  let ports: MediaPorts | null = null;
  let child: ChildProcess | null = null;
  let stopping = false;
  let wake: (() => void) | null = null;
  const settled = Promise.withResolvers<void>();
  // Whoever does not wait for the first start must not see an unhandled rejection.
  settled.promise.catch(() => undefined);

  let answersSince = Number.POSITIVE_INFINITY;
  let failures = 0;
  const loop = run();

  async function run(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await endOrphan(pidPath, yamlPath, log);
    let wanted = config.ports;
    let pauseMs = firstPauseMs;
    while (!stopping) {
      answersSince = Number.POSITIVE_INFINITY;
      const taken = await choosePorts(wanted);
      tellMoved(wanted, taken);
      const why = await oneLife(taken);
      ports = null;
      child = null;
      await rm(pidPath, { force: true });
      if (stopping) break;
      // The same ports again where they can be had: clients that reconnect look there.
      wanted = taken;
      if (performance.now() - answersSince > steadyMs) pauseMs = firstPauseMs;
      health = { state: 'restarting', detail: why };
      log.error({ why, pauseMs }, 'media server ended, starting it again');
      if (++failures >= failuresToTell) settled.resolve();
      await pause(pauseMs);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
    health = { state: 'stopped', detail: 'stopped' };
    settled.reject(new Error('stopped'));
  }

  /** From start to end of one process. Resolves to why it ended. */
  async function oneLife(taken: MediaPorts): Promise<string> {
    await writePrivately(
      yamlPath,
      renderYaml({
        config,
        version: binary.version,
        ports: taken,
        keys,
        appPort: options.appPort()
      })
    );
    const own = spawn(binary.path, ['--config', yamlPath], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
      // Its own process group: a Ctrl-C in the terminal must reach the app first, which then stops it.
      detached: true
    });
    child = own;
    const ended = Promise.withResolvers<string>();
    own.once('error', (error) => ended.resolve(error.message));
    own.once('exit', (code, signal) =>
      ended.resolve(signal ? `ended by ${signal}` : `ended with code ${code}`)
    );
    const lastLine = relayLog(own, log);
    if (own.pid !== undefined) {
      const identity = await processIdentity(own.pid);
      await writePrivately(pidPath, JSON.stringify({ pid: own.pid, identity }));
    }
    if (stopping) own.kill('SIGKILL');

    const outcome = await Promise.race([ended.promise, answers(taken.signal)]);
    if (outcome !== true) {
      if (outcome === false) {
        own.kill('SIGKILL');
        await ended.promise;
        return `no answer within ${readyWithinMs} ms`;
      }
      return lastLine() ? `${outcome}: ${lastLine()}` : outcome;
    }
    ports = taken;
    answersSince = performance.now();
    health = { state: 'ready', detail: `livekit-server on port ${taken.signal}`, ports: taken };
    log.info({ ports: taken, pid: own.pid }, 'media server ready');
    settled.resolve();
    return ended.promise;
  }

  function tellMoved(wanted: MediaPorts, taken: MediaPorts): void {
    for (const name of ['signal', 'udp', 'tcp'] as const)
      if (wanted[name] !== 0 && wanted[name] !== taken[name])
        log.warn(
          { port: name, wanted: wanted[name], taken: taken[name] },
          config.nodeIp && name !== 'signal'
            ? 'media port busy, another taken: the firewall must let it through'
            : 'media port busy, another taken'
        );
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    ports: () => ports,
    health: () => health,
    settled: settled.promise,
    async stop() {
      if (!stopping) {
        stopping = true;
        wake?.();
        const own = child;
        if (own?.pid !== undefined && own.exitCode === null)
          await endProcess(own.pid, [
            { signal: 'SIGTERM', waitMs: graceMs },
            { signal: 'SIGKILL', waitMs: 2_000 }
          ]);
      }
      await loop;
    }
  };
}

/** True once the signal port answers, false when it does not in time. */
async function answers(port: number): Promise<boolean> {
  const end = performance.now() + readyWithinMs;
  while (performance.now() < end) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) });
      await response.arrayBuffer();
      if (response.ok) return true;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** LiveKit's own warnings go into our log; returns the last line for when it ends. */
function relayLog(child: ChildProcess, log: Logger): () => string {
  let last = '';
  for (const stream of [child.stdout, child.stderr])
    if (stream)
      createInterface({ input: stream }).on('line', (line) => {
        last = line.slice(0, 300);
        // Its fields may hold names from tokens: only what kind of thing happened is kept.
        log.debug({ livekit: /"msg":"([^"]{0,200})"/.exec(line)?.[1] ?? 'line' }, 'media server says');
      });
  return () => last;
}

/** A copy left by a killed app still holds the ports: ended, once it is sure that it is ours. */
async function endOrphan(pidPath: string, yamlPath: string, log: Logger): Promise<void> {
  const text = await readFile(pidPath, 'utf8').catch(() => null);
  if (text === null) return;
  const orphan = parsePidFile(text);
  if (orphan && (await processIdentity(orphan.pid)) === orphan.identity) {
    const command = await commandLine(orphan.pid);
    if (command.includes(yamlPath)) {
      log.warn({ pid: orphan.pid }, 'ending a media server left by an earlier run');
      await endProcess(orphan.pid, [{ signal: 'SIGKILL', waitMs: 2_000 }]);
    }
  }
  await rm(pidPath, { force: true });
}

function parsePidFile(text: string): { pid: number; identity: string } | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('identity' in value))
      return null;
    const { pid, identity } = value;
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : null;
  } catch {
    return null;
  }
}
