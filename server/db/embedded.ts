import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { Logger } from '#lib/kernel/ports.ts';
import { freePort, isPortFree } from '../launch/ports.ts';
import { commandLine, endProcess, isAlive } from '../launch/processes.ts';
import { canReach, postgresUser, reachableFolder, uniqueName, type RunAs } from '../launch/service-user.ts';
import { explain, StopError } from '../launch/stop-error.ts';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';

export interface EmbeddedPostgres {
  /** Superuser of this cluster, database `consilium`. For migrations only; the app gets lesser roles. */
  ownerUrl: string;
  port: number;
  pid: number;
  /** Where the cluster lies: `<dataDir>/postgres`, or elsewhere when its user cannot reach that. */
  folder: string;
  /** Fast shutdown; resolves once the process is gone. Safe to call twice. */
  stop(): Promise<void>;
}

export interface StartPostgresOptions {
  dataDir: string;
  log: Logger;
  /** False for tests: no fsync, so a power cut (not a killed process) may lose the cluster. */
  durable?: boolean;
  /** Told when the server ends without being asked to. */
  onExit?: (code: number | null) => void;
}

/** Port and password, kept beside the cluster, readable by us alone. */
interface Access {
  port: number;
  password: string;
}

const superuser = 'postgres';
const database = 'consilium';
const startWithinMs = 30_000;

/**
 * A real Postgres of our own in the data folder: made on the first start, found again on the next. The
 * caller holds the lock of the data folder, so a server that still runs there was orphaned by a kill -9
 * and is stopped first.
 *
 * @throws StopError with one sentence a person can act on
 */
export async function startPostgres(options: StartPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    const user = await postgresUser();
    const binaries = await postgresBinaries(user);
    const folder = await placeFor(resolve(options.dataDir), user, options.log);
    const cluster = join(folder, 'cluster');
    await stopOrphan(cluster, options.log);
    let access = await ensureCluster({ folder, cluster, user, binaries, durable: options.durable ?? true });
    for (let left = portTries; ; left--)
      try {
        return await launch({ ...options, folder, cluster, user, binaries, access });
      } catch (error) {
        if (!(error instanceof PortTaken) || left === 0) throw error;
        access = await moveToFreePort(folder, access);
      }
  } catch (error) {
    throw explain(error, 'The database could not be started');
  }
}

/** Where the cluster of this data folder lies, whether it is there yet or not. */
export async function postgresFolder(dataDir: string): Promise<string> {
  const elsewhere = await readFile(join(dataDir, 'postgres-location'), 'utf8').catch(() => '');
  return elsewhere.trim() || join(dataDir, 'postgres');
}

/** `<dataDir>/postgres` where the user can reach it; else a folder elsewhere that the data folder remembers. */
async function placeFor(dataDir: string, user: RunAs, log: Logger): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const own = join(dataDir, 'postgres');
  const pointer = join(dataDir, 'postgres-location');
  const remembered = (await readFile(pointer, 'utf8').catch(() => '')).trim();
  if (remembered && (await canReach(user, remembered))) return remembered;
  if (await canReach(user, dataDir)) {
    await mkdir(own, { recursive: true, mode: 0o711 });
    return own;
  }
  const elsewhere = join(await reachableFolder(user), uniqueName('data'));
  await mkdir(elsewhere, { mode: 0o711 });
  await writeFile(join(elsewhere, 'belongs-to'), `${dataDir}\n`, { mode: 0o600 });
  await writeFile(`${pointer}.new`, `${elsewhere}\n`);
  await rename(`${pointer}.new`, pointer);
  log.warn(
    { folder: elsewhere },
    `its user cannot reach the data folder, so the database lies in ${elsewhere}`
  );
  return elsewhere;
}

/** End a server left by a killed parent; drop a pid file that speaks of nobody, or of somebody else. */
async function stopOrphan(cluster: string, log: Logger): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  if ((await isAlive(pid)) && (await isServerOf(pid, cluster))) {
    log.warn({ pid }, 'stopping a database left by an earlier run');
    const ended = await endProcess(pid, [
      { signal: 'SIGINT', waitMs: 10_000 },
      { signal: 'SIGQUIT', waitMs: 5_000 },
      { signal: 'SIGKILL', waitMs: 2_000 }
    ]);
    if (!ended)
      throw new StopError(`An earlier database still runs as process ${pid} and does not end: end it first.`);
  }
  // Postgres trusts any living process of its user with that id; after a reboot that may be a stranger.
  await rm(pidFile, { force: true });
}

async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  const command = await commandLine(pid);
  return command.includes('postgres') && command.includes(cluster);
}

interface ClusterPlan {
  folder: string;
  cluster: string;
  user: RunAs;
  binaries: PostgresBinaries;
  durable: boolean;
}

/** Somebody took the port after it was seen to be free. */
class PortTaken extends StopError {}
const portTries = 5;

async function moveToFreePort(folder: string, access: Access): Promise<Access> {
  const moved = { ...access, port: await freePort() };
  await writeAccess(join(folder, 'access.json'), moved);
  return moved;
}

/** Make the cluster if there is none. It is built under another name, so half a build never counts. */
async function ensureCluster(plan: ClusterPlan): Promise<Access> {
  const { folder, cluster, user } = plan;
  const accessFile = join(folder, 'access.json');
  const clusterThere = await stat(join(cluster, 'PG_VERSION')).then(
    () => true,
    () => false
  );
  const access = await readAccess(accessFile);
  if (clusterThere && access) {
    return (await isPortFree(access.port)) ? access : moveToFreePort(folder, access);
  }
  if (clusterThere)
    throw new StopError(
      `The database in ${cluster} is there but its password file ${accessFile} is not: put it back from the backup, or move the cluster away to begin anew.`
    );

  await dropHalves(folder);
  const building = join(folder, uniqueName(halfName));
  await mkdir(building, { mode: 0o700 });
  const fresh = { port: await freePort(), password: randomBytes(24).toString('base64url') };
  const passwordFile = join(folder, 'password.new');
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, `${fresh.password}\n`, { mode: 0o600 });
  if ('uid' in user) {
    await chmod(folder, 0o711);
    await chown(building, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  try {
    await initdb(plan, building, passwordFile);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeAccess(accessFile, fresh);
  await rename(building, cluster);
  return fresh;
}

const halfName = 'cluster.new';
/** What a killed start left. Its initdb may still be writing there: hence a name of its own each time. */
async function dropHalves(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith(halfName))
      await rm(join(folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

async function initdb(plan: ClusterPlan, target: string, passwordFile: string): Promise<void> {
  const child = spawn(
    plan.binaries.initdb,
    [
      `--pgdata=${target}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      // Case and classes of all of Unicode, the same on every machine; sorting stays by code point.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(plan.durable ? [] : ['--no-sync'])
    ],
    { ...plan.user, cwd: '/', env: childEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] }
  );
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  if (code === 0) return;
  if (/No space left/i.test(said)) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  throw new StopError(`The database could not be made: ${lastLine(said)}`);
}

type LaunchPlan = StartPostgresOptions & ClusterPlanWithAccess;
interface ClusterPlanWithAccess extends Omit<ClusterPlan, 'durable'> {
  access: Access;
}

async function launch(plan: LaunchPlan): Promise<EmbeddedPostgres> {
  const { cluster, folder, access } = plan;
  const logFile = join(folder, 'postgres.log');
  await dropLargeLog(logFile);
  const logHandle = await open(logFile, 'a', 0o600);
  const logStart = (await logHandle.stat()).size;
  const child = spawn(
    plan.binaries.postgres,
    ['-D', cluster, '-p', String(access.port), ...settings(plan.durable)],
    {
      ...plan.user,
      cwd: '/',
      env: childEnvironment(),
      // Its own process group: a Ctrl-C in the terminal must reach the app first, which then stops it.
      detached: true,
      stdio: ['ignore', logHandle.fd, logHandle.fd]
    }
  );
  await logHandle.close();
  const exited = new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('exit', done);
  });
  let stopping = false;
  const stop = async () => {
    stopping = true;
    if (child.exitCode !== null || child.signalCode !== null || !child.pid) return;
    // SIGINT is Postgres' fast shutdown: open transactions roll back, everything is written.
    const ended = await endProcess(child.pid, [
      { signal: 'SIGINT', waitMs: 15_000 },
      { signal: 'SIGQUIT', waitMs: 5_000 }
    ]);
    if (ended !== 'SIGINT') plan.log.warn({ ended }, 'the database did not stop in time');
  };
  await untilReady({ child, exited, cluster, logFile, logStart });
  void exited.then((code) => {
    if (stopping) return;
    plan.log.error({ code }, 'the database ended');
    plan.onExit?.(code);
  });
  child.unref();

  const ownerUrl = `postgres://${superuser}:${access.password}@127.0.0.1:${access.port}/${database}`;
  try {
    await ensureDatabase(ownerUrl);
  } catch (error) {
    // Nobody else knows of it yet.
    await stop();
    throw error;
  }
  plan.log.info({ port: access.port, pid: child.pid }, 'database ready');
  return {
    ownerUrl,
    port: access.port,
    pid: child.pid ?? 0,
    folder,
    stop
  };
}

/** For a clinic's PC: modest memory, and no row's content in the server's log. */
function settings(durable: boolean | undefined): string[] {
  const values: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '60',
    shared_buffers: '64MB',
    effective_cache_size: '512MB',
    work_mem: '8MB',
    maintenance_work_mem: '64MB',
    max_wal_size: '512MB',
    min_wal_size: '80MB',
    wal_compression: 'on',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    idle_in_transaction_session_timeout: '60s',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_line_prefix: '%m [%p] ',
    ...(durable === false ? { fsync: 'off', full_page_writes: 'off' } : {})
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

interface Starting {
  child: ChildProcess;
  exited: Promise<number | null>;
  cluster: string;
  logFile: string;
  logStart: number;
}

/** Ready as pg_ctl sees it: the last line of our server's own pid file says so. */
async function untilReady({ child, exited, cluster, logFile, logStart }: Starting): Promise<void> {
  let ended = false;
  exited.then(
    () => (ended = true),
    () => (ended = true)
  );
  const giveUp = Date.now() + startWithinMs;
  while (Date.now() < giveUp) {
    const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return;
    if (ended) {
      await exited;
      const said = (await readFile(logFile, 'utf8')).slice(logStart);
      if (/No space left/i.test(said)) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      const fatal = /FATAL:\s+(.*)/.exec(said)?.[1];
      const sentence = `The database did not start: ${fatal ?? lastLine(said)} (see ${logFile}).`;
      throw /could not bind .*Address already in use/.test(said)
        ? new PortTaken(sentence)
        : new StopError(sentence);
    }
    await sleep(15);
  }
  child.kill('SIGQUIT');
  throw new StopError(`The database was not ready after ${startWithinMs / 1000} s: see ${logFile}.`);
}

async function ensureDatabase(ownerUrl: string): Promise<void> {
  const maintenance = new URL(ownerUrl);
  maintenance.pathname = '/postgres';
  const sql = postgres(maintenance.href, { max: 1, onnotice: () => {} });
  try {
    const found = await sql`select 1 from pg_database where datname = ${database}`;
    if (found.length === 0) await sql`create database ${sql(database)}`;
  } finally {
    await sql.end();
  }
}

async function readAccess(file: string): Promise<Access | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const value: unknown = JSON.parse(text);
  if (!value || typeof value !== 'object' || !('port' in value) || !('password' in value)) return null;
  return typeof value.port === 'number' && typeof value.password === 'string'
    ? { port: value.port, password: value.password }
    : null;
}

async function writeAccess(file: string, access: Access): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(access), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Nothing of our own environment: it may hold keys, and PG* variables would change the server. */
function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

const largeLogBytes = 10 * 1024 * 1024;
async function dropLargeLog(file: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0
  );
  if (size > largeLogBytes) await rename(file, `${file}.1`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() || 'no reason given';
}
