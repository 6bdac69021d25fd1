// `npm run doctor`: looks at this machine and at the app, running or stopped, and says what to do.
import { createSocket } from 'node:dgram';
import { mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { clamdVersion, composeKeyWrapper, redisVersion } from './compose-keys.ts';
import { publicOrigin, readConfig, type Config } from './config.ts';
import { postgresFolder, startPostgres } from './db/embedded.ts';
import { bad, good, none, reasonOf, type Outcome } from './doctor-outcome.ts';
import { recording } from './doctor-recording.ts';
import { isFresh } from './launch/build.ts';
import { lockFolder, lockHolder } from './launch/lock.ts';
import { StopError } from './launch/stop-error.ts';
import { packagesComplete } from './launch/toolchain.mjs';
import { ownFolder } from './models/own.ts';
import { ensureModels } from './models/prepare.ts';
import { refusalBy } from './sfu/livekit.ts';
import { resolveBinary, waysOut } from './sfu/resolve.ts';
import { browsersTurnPort, refusalOfTurnTls, turnAnswersUdp } from './sfu/turn-reach.ts';

/** Free space below which uploads will soon fail. */
const littleSpaceBytes = 2 * 1024 ** 3;
/** Beyond this, tokens of the media server and one-time codes begin to fail. */
const largeSkewMs = 5_000;
const answerWithinMs = 3_000;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

interface Check {
  name: string;
  look(): Promise<Outcome | Outcome[]>;
}

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env);
  const holder = await lockHolder(join(config.dataDir, 'consilium.lock'));
  console.log(
    `\n  Consilium doctor · ${holder ? `running at ${holder.text || 'process ' + holder.pid}` : 'not running'}\n`
  );
  let failed = 0;
  for (const check of checksFor(config, holder ? holder.text || 'starting' : null)) {
    let outcomes: Outcome[];
    try {
      outcomes = [await check.look()].flat();
    } catch (error) {
      outcomes = [bad(reasonOf(error), error instanceof StopError ? '' : 'see the log in the data folder')];
    }
    for (const { mark, text, remedy } of outcomes) {
      if (mark === '✗') failed += 1;
      console.log(`  ${mark} ${check.name.padEnd(10)} ${text}`);
      if (remedy) console.log(`    ${''.padEnd(10)} → ${remedy}`);
    }
  }
  console.log(failed === 0 ? '\n  All well.\n' : `\n  ${failed} to mend.\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function checksFor(config: Config, address: string | null): Check[] {
  return [
    { name: 'Node', look: async () => node() },
    { name: 'Packages', look: async () => packages(config) },
    { name: 'Build', look: () => build(config) },
    { name: 'Database', look: () => database(config, address !== null) },
    { name: 'Nodes', look: () => nodes(config) },
    { name: 'Storage', look: () => storage(config) },
    { name: 'Keys', look: () => keys(config) },
    { name: 'App', look: () => app(config, address) },
    { name: 'Video', look: () => video(config, address !== null) },
    { name: 'Recording', look: async () => recording(config, address ? await portsOfRunning(config) : null) },
    { name: 'TURN', look: () => turn(config, address !== null) },
    { name: 'Viruses', look: () => viruses(config) },
    { name: 'Mail', look: () => mail(config) },
    { name: 'Models', look: () => models(config) }
  ];
}

function node(): Outcome {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= 24
    ? good(`${process.version} on ${process.platform} ${process.arch}`)
    : bad(`${process.version} is too old`, 'start with npm, which fetches the right one');
}

function packages(config: Config): Outcome {
  return packagesComplete(config.root)
    ? good('as package-lock.json says')
    : bad('node_modules does not match package-lock.json', 'run npm start, or npm ci');
}

async function build(config: Config): Promise<Outcome> {
  return (await isFresh(config.root))
    ? good('made from these sources')
    : none('none of these sources yet; made by the next start');
}

/** Connects as the app does. A database of ours that is at rest is started for the look, and stopped again. */
async function database(config: Config, running: boolean): Promise<Outcome[]> {
  if (config.databaseUrl) return lookInto(config.databaseUrl, 'the one of DATABASE_URL');
  if (running) return lookInto(await urlOfRunning(config), 'our own, running');
  if (!(await hasCluster(config))) return [none('none yet; the first start makes one')];
  const lock = await lockFolder(config.dataDir);
  try {
    const server = await startPostgres({ dataDir: config.dataDir, log: silent });
    try {
      return await lookInto(server.ownerUrl, `our own, in ${server.folder}`);
    } finally {
      await server.stop();
    }
  } finally {
    await lock.release();
  }
}

const accessFile = async (config: Config) => join(await postgresFolder(config.dataDir), 'access.json');

async function hasCluster(config: Config): Promise<boolean> {
  return isThere(await accessFile(config));
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false
  );
}

async function urlOfRunning(config: Config): Promise<string> {
  const access = JSON.parse(await readFile(await accessFile(config), 'utf8')) as {
    port: number;
    password: string;
  };
  return `postgres://postgres:${access.password}@127.0.0.1:${access.port}/consilium`;
}

async function lookInto(url: string, what: string): Promise<Outcome[]> {
  const sql = postgres(url, { max: 1, connect_timeout: answerWithinMs / 1000, onnotice: () => {} });
  try {
    const [row] = await sql<{ version: string; now: Date; migrated: string | null }[]>`
      select current_setting('server_version') as version, clock_timestamp() as now, to_regclass('drizzle.applied')::text as migrated`;
    const skewMs = Math.abs(Date.now() - (row?.now.getTime() ?? 0));
    const clock =
      skewMs < largeSkewMs
        ? good(`clock as here (${skewMs} ms apart)`)
        : bad(`its clock is ${Math.round(skewMs / 1000)} s off`, 'set both machines’ clocks by NTP');
    const tables = row?.migrated ? good('tables there') : none('no tables yet; made by the next start');
    return [good(`Postgres ${row?.version ?? ''}, ${what}`), tables, clock];
  } catch (error) {
    return [
      bad(`cannot be reached: ${reasonOf(error)}`, 'check DATABASE_URL, or start the app and look again')
    ];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** What carries boards between the nodes of a site. */
async function nodes({ redisUrl, masterKey, vault }: Config): Promise<Outcome[]> {
  if (!redisUrl) return [none('no REDIS_URL: this is the only node that serves boards')];
  const { host } = new URL(redisUrl);
  try {
    return [
      good(`${await redisVersion(redisUrl)} at ${host} carries boards between nodes`),
      masterKey
        ? good('MASTER_KEY is set; it must be the same on all nodes')
        : bad(
            `the key is in this data folder alone, so other nodes ${vault ? 'seal boards with another' : 'can neither read files nor be heard'}`,
            'set the same MASTER_KEY on all nodes'
          )
    ];
  } catch (error) {
    return [bad(`Redis at ${host}: ${reasonOf(error)}`, 'start it, or check REDIS_URL')];
  }
}

async function storage(config: Config): Promise<Outcome[]> {
  const folder = join(config.dataDir, 'files');
  const probe = join(folder, `.doctor-${process.pid}`);
  const content = Buffer.alloc(64 * 1024, 7);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, content, { flush: true });
    if (!(await readFile(probe)).equals(content))
      return [bad(`${folder} gives back other bytes`, 'check the disk')];
  } catch (error) {
    return [
      bad(`${folder}: ${reasonOf(error)}`, 'let the app’s user write there, or choose another with --data')
    ];
  } finally {
    await rm(probe, { force: true });
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const gigabytes = `${(free / 1024 ** 3).toFixed(1)} GB free`;
  return [
    good(`written and read in ${folder}`),
    free > littleSpaceBytes ? good(gigabytes) : bad(gigabytes, 'free some space: uploads need it')
  ];
}

/** Where the master key is, and that it answers; makes none. */
async function keys(config: Config): Promise<Outcome[]> {
  const vault = config.vault
    ? []
    : [none('no VAULT_ADDR: the master key is kept here, not in a key management system')];
  const file = join(config.dataDir, 'master.key');
  if (!config.vault && !config.masterKey && !(await isThere(file)))
    return [none('no master key yet; made by the first start'), ...vault];
  try {
    const wrapper = composeKeyWrapper(config);
    const place = { file, environment: 'MASTER_KEY', vault: config.vault?.address ?? '' }[wrapper.kind];
    return [good(`master key ${await wrapper.current()} in ${place}`), ...vault];
  } catch (error) {
    return [bad(reasonOf(error), 'see "Keys" in docs/deploy/deploy.md')];
  }
}

async function app(config: Config, address: string | null): Promise<Outcome> {
  if (address === 'starting') return none('just starting');
  if (!address) return none(`not running; npm start brings it to ${publicOrigin(config, config.port)}`);
  try {
    const response = await fetch(new URL('/readyz', address), {
      signal: AbortSignal.timeout(answerWithinMs)
    });
    const text = (await response.text()).trim();
    return response.ok
      ? good(`answers at ${address} ${text}`)
      : bad(`not ready: ${text}`, 'see logs/app.log in the data folder');
  } catch (error) {
    return bad(
      `no answer at ${address}: ${reasonOf(error)}`,
      'check ORIGIN and the proxy in front, or start again'
    );
  }
}

/** Signal over HTTP, media over UDP and TCP: as far as can be told from this very machine. */
async function video(config: Config, running: boolean): Promise<Outcome[]> {
  const { media } = config;
  if (!media) return [none('switched off')];
  if (media.outside) {
    const { host } = new URL(media.outside.url);
    const refusal = await refusalBy(media.outside);
    return [
      refusal === null
        ? good(`LiveKit at ${host} answers and takes our key`)
        : bad(`LiveKit at ${host}: ${refusal}`, 'check LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET')
    ];
  }
  const outcomes: Outcome[] = [];
  try {
    const found = await resolveBinary({
      dataDir: config.dataDir,
      log: silent,
      onProgress() {},
      mayObtain: false
    });
    outcomes.push(good(`livekit-server ${found.version} (${found.source})`));
  } catch {
    outcomes.push(none('no livekit-server yet; the next start gets one'), ...(await goThere()));
  }
  const ports = running ? await portsOfRunning(config) : null;
  if (!ports) return [...outcomes, none('not running, so signal, UDP and TCP were not tried')];
  outcomes.push(await answers(`http://127.0.0.1:${ports.signal}`, `signal on ${ports.signal}`));
  outcomes.push(
    (await udpIsOpen(ports.udp))
      ? good(`UDP ${ports.udp} open on this machine`)
      : bad(`UDP ${ports.udp} is closed`, 'set SFU_UDP_PORT to a free port')
  );
  outcomes.push(
    (await tcpAnswers('127.0.0.1', ports.tcp))
      ? good(`TCP ${ports.tcp} open on this machine`)
      : bad(`TCP ${ports.tcp} is closed`, 'set SFU_TCP_PORT to a free port')
  );
  if (!media.nodeIp)
    outcomes.push(
      none('video reaches this machine only; set SFU_NODE_IP for others (docs/deploy/deploy.md)')
    );
  return outcomes;
}

async function goThere(): Promise<Outcome[]> {
  const version = await commandOutput('go', ['version']);
  return version ? [good(`it can be built: ${version.trim()}`)] : [none(waysOut)];
}

async function commandOutput(file: string, args: string[]): Promise<string | null> {
  const { execFile } = await import('node:child_process');
  return new Promise((done) => {
    execFile(file, args, { timeout: answerWithinMs }, (error, stdout) => done(error ? null : stdout));
  });
}

/** Read from the yaml the running server was started with. */
async function portsOfRunning(config: Config): Promise<{ signal: number; udp: number; tcp: number } | null> {
  const yaml = await readFile(join(config.dataDir, 'sfu', 'livekit.yaml'), 'utf8').catch(() => null);
  if (yaml === null) return null;
  const number = (name: string) => Number(new RegExp(`"?\\b${name}"?:\\s*(\\d+)`).exec(yaml)?.[1] ?? 0);
  return { signal: number('port'), udp: number('udp_port'), tcp: number('tcp_port') };
}

async function answers(url: string, what: string): Promise<Outcome> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) });
    return response.status < 500
      ? good(`${what} answers`)
      : bad(`${what} answers ${response.status}`, 'restart it');
  } catch (error) {
    return bad(`${what} does not answer: ${reasonOf(error)}`, 'start the app again');
  }
}

/** A datagram to a closed port of this machine comes back as "refused"; to an open one, nothing does. */
async function udpIsOpen(port: number, host = '127.0.0.1'): Promise<boolean> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  let refused = false;
  socket.on('error', () => (refused = true));
  try {
    await new Promise<void>((done) => socket.connect(port, host, () => done()));
    for (let i = 0; i < 3 && !refused; i++) {
      socket.send(Buffer.from([0]));
      await sleep(60);
    }
    return !refused;
  } finally {
    socket.close();
  }
}

async function tcpAnswers(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: answerWithinMs });
    const end = (open: boolean) => {
      socket.destroy();
      done(open);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** What browsers will be told to try, tried from here. */
async function turn({ media }: Config, running: boolean): Promise<Outcome[]> {
  if (media?.outside) return [none('the LiveKit of LIVEKIT_URL tells browsers of its own')];
  if (!media?.turn)
    return [none('not configured; needed where patients’ networks block UDP and unusual ports')];
  if (!running) return [none('not running, so TURN was not tried')];
  const { domain, udpPort, tls } = media.turn;
  const host = media.nodeIp ?? '127.0.0.1';
  const udp = (await turnAnswersUdp(host, udpPort))
    ? good(`UDP ${host}:${udpPort} answers`)
    : bad(
        `UDP ${host}:${udpPort} does not answer`,
        'open the port in the firewall; if another program has it, set TURN_UDP_PORT'
      );
  if (!tls)
    return [udp, none('no TURN_CERT_FILE: none over TLS, for networks that let nothing but port 443 pass')];
  const asBrowser = { host: domain, port: browsersTurnPort };
  const refusal = await refusalOfTurnTls(asBrowser);
  if (refusal === null) return [udp, good(`TLS ${domain}:${browsersTurnPort} answers`)];
  return [
    udp,
    bad(
      `TLS ${domain}:${browsersTurnPort}, where browsers look: ${refusal}`,
      tls.port === browsersTurnPort
        ? 'check TURN_DOMAIN, its certificate and the firewall'
        : `TURN listens on ${tls.port}: what has port ${browsersTurnPort} must pass ${domain} on to it (docs/deploy/deploy.md)`
    )
  ];
}

async function viruses({ clamd }: Config): Promise<Outcome> {
  if (!clamd) return none('no CLAMD: uploads are not scanned for viruses');
  const { address, whenGone } = clamd;
  const where = 'path' in address ? address.path : `${address.host}:${address.port}`;
  try {
    return good(`${await clamdVersion(clamd)} at ${where}`);
  } catch (error) {
    const meanwhile =
      whenGone === 'refuse' ? 'uploads are refused' : 'uploads are taken unscanned, and marked';
    return bad(
      `clamd at ${where} does not answer: ${reasonOf(error)}; ${meanwhile}`,
      'start it, or check CLAMD'
    );
  }
}

async function mail(config: Config): Promise<Outcome> {
  if (!config.mail) return none('no SMTP_URL: mails stay on the outbox page');
  const { hostname, port, protocol } = new URL(config.mail.url);
  const number = Number(port) || (protocol === 'smtps:' ? 465 : 587);
  return (await tcpAnswers(hostname, number))
    ? good(`${hostname}:${number} answers`)
    : bad(`${hostname}:${number} does not answer`, 'check SMTP_URL');
}

/** Models run in the browser and are served by the app itself. */
async function models(config: Config): Promise<Outcome> {
  try {
    await ensureModels(config.root);
  } catch (error) {
    return bad(`mouth guide and blurred background are off: ${reasonOf(error)}`, 'run npm ci');
  }
  const own = await readdir(ownFolder(config.dataDir)).catch(() => []);
  return good(
    own.length > 0 ? `prepared; of the site’s own: ${own.join(', ')}` : 'prepared from the packages'
  );
}

await main().catch((error: unknown) => {
  console.error(
    `\n${error instanceof StopError ? error.message : error instanceof Error ? error.stack : error}\n`
  );
  process.exitCode = 1;
});
