import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryRoot } from '../../server/config.ts';
import { endProcess, waitForExit } from '../../server/launch/processes.ts';
import { makeDataDir, makeDemoDataDir, removeDataDir } from './data-folder.ts';

export interface StartAppOptions {
  /** Default: a new one, removed by `stop()`. Given: kept, so that the app can be started on it again. */
  dataDir?: string;
  env?: Record<string, string>;
  /** More options of the command line, e.g. `--no-demo`. */
  args?: string[];
  /** How long until ready. The first start in a clone may build. */
  withinMs?: number;
  /** A command that runs the app as its last arguments, e.g. in a namespace (see namespace.ts). */
  inside?: readonly string[];
  /** Kill -9 as soon as this is true, in the middle of the start: `startApp` then rejects. */
  killWhen?: (dataDir: string) => Promise<boolean>;
}

export interface TestApp {
  origin: string;
  pid: number;
  dataDir: string;
  /** Start to ready, in ms. */
  startedInMs: number;
  /** What it printed and logged so far. */
  log(): Promise<string>;
  /** Its exit code, once it has ended; null after a signal. */
  exited: Promise<number | null>;
  /** Send a signal and wait until the process is gone; its children may live on after SIGKILL. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** An orderly end, then everything it left is removed. Safe to call twice, and after `kill`. */
  stop(): Promise<void>;
}

/** Not started: what it said, and with which exit code it ended. */
export class NotStarted extends Error {
  readonly exitCode: number | null;
  readonly output: string;
  constructor(exitCode: number | null, output: string) {
    super(`the app ended with code ${exitCode} before it was ready:\n${output}`);
    this.exitCode = exitCode;
    this.output = output;
  }
}

/** The real app, as `npm start` runs it, on a free port and a data folder of its own. */
export async function startApp(options: StartAppOptions = {}): Promise<TestApp> {
  const ownFolder = options.dataDir === undefined;
  const empty = options.args?.includes('--no-demo');
  const dataDir = options.dataDir ?? (await (empty ? makeDataDir() : makeDemoDataDir()));
  const began = performance.now();
  const [program = process.execPath, ...before] = [...(options.inside ?? []), process.execPath];
  const child = spawn(
    program,
    [
      ...before,
      join(repositoryRoot, 'server', 'main.ts'),
      '--ready-json',
      '--data',
      dataDir,
      ...(options.args?.includes('--port') ? [] : ['--port', '0']),
      ...(options.args ?? [])
    ],
    { env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] }
  );
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  let over = false;
  void exited.then(() => (over = true));
  const watch = async (killWhen: (dataDir: string) => Promise<boolean>) => {
    while (!over && !(await killWhen(dataDir))) await sleep(5);
    child.kill('SIGKILL');
  };
  if (options.killWhen) void watch(options.killWhen);
  const ready = await new Promise<{ origin: string }>((done, failed) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      failed(new NotStarted(null, `${output}\n(not ready in time)`));
    }, options.withinMs ?? 240_000);
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const line = /^\{"ready":true.*$/m.exec(output)?.[0];
      if (line) {
        clearTimeout(timer);
        done(JSON.parse(line) as { origin: string });
      }
    });
    void exited.then((code) => {
      clearTimeout(timer);
      // The last words may come after the end.
      setImmediate(() => failed(new NotStarted(code, output)));
    });
  });
  const startedInMs = performance.now() - began;
  const pid = child.pid ?? 0;

  async function kill(signal: NodeJS.Signals): Promise<void> {
    child.kill(signal);
    await exited;
    await waitForExit(pid, 1_000);
  }
  return {
    origin: ready.origin,
    pid,
    dataDir,
    startedInMs,
    exited,
    kill,
    log: async () => `${output}\n${await readFile(join(dataDir, 'logs', 'app.log'), 'utf8').catch(() => '')}`,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        await endProcess(pid, [
          { signal: 'SIGTERM', waitMs: 30_000 },
          { signal: 'SIGKILL', waitMs: 5_000 }
        ]);
        await exited;
      }
      if (ownFolder) await removeDataDir(dataDir);
    }
  };
}
