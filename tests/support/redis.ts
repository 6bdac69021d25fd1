import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { installPackages, isExecutable, onPath } from './packages.ts';
import { freePort } from './ports.ts';

const names = ['redis-server', 'valkey-server'];

/** A Redis server of this machine: REDIS_SERVER, else on PATH. Null: none. */
export function findRedis(env: NodeJS.ProcessEnv = process.env): string | null {
  const given = env['REDIS_SERVER'];
  if (!given) return onPath(names, env);
  if (isExecutable(given)) return given;
  throw new Error(`REDIS_SERVER is ${given}: no program is there.`);
}

/** A Redis server, got from the system's packages (as root) where it is missing. @throws with what to do */
export async function ensureRedis(say: (line: string) => void): Promise<string> {
  const there = findRedis();
  if (there) return there;
  say("no redis-server found: trying the system's package");
  await installPackages(['redis-server'], say);
  const path = findRedis();
  if (!path) throw new Error('No Redis for the tests: install redis-server, or set REDIS_SERVER to one.');
  return path;
}

/** A real Redis on a port of its own, to be stopped, started again and held still. */
export class TestRedis {
  readonly port: number;
  readonly #folder: string;
  #child: ChildProcess | null = null;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), await mkdtemp(join(tmpdir(), 'consilium-redis-')));
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Does nothing where it runs. */
  async start(): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) return;
    const program = findRedis();
    if (!program) throw new Error('No redis-server: run npm test, which gets one, or set REDIS_SERVER.');
    const settings = { port: this.port, bind: '127.0.0.1', dir: this.#folder, save: '', appendonly: 'no' };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#child = spawn(program, args, { stdio: 'ignore' });
    while (!(await this.#answers())) {
      if (this.#child.exitCode !== null) throw new Error(`redis-server ended with ${this.#child.exitCode}`);
      await wait(20);
    }
  }

  /** As a crash: no goodbye. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** The process stands still, its connections stay: as a host that hangs. */
  hold(): void {
    this.#child?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.write('PING\r\n'));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString().startsWith('+PONG'));
      });
    });
  }
}
