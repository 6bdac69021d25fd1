// The entry: everything is begun here, in order, and ended here in the reverse order.
import { mkdir } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { performance } from 'node:perf_hooks';
import type { Logger } from '#lib/kernel/ports.ts';
import type { Composition } from './compose.ts';
import { publicOrigin, readConfig, type Config } from './config.ts';
import { startPostgres } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';
import { portError, startHttp, type RunningHttp } from './http.ts';
import { ensureBuild } from './launch/build.ts';
import { createClosers, together, type Closers } from './launch/closers.ts';
import { helpText } from './launch/help.mjs';
import { isDemo, masterKeys } from './launch/instance.ts';
import { lockFolder } from './launch/lock.ts';
import { openLog, type OpenLog } from './launch/log.ts';
import { ensureMessages } from './launch/messages.ts';
import { noEgress, noMedia } from './launch/no-media.ts';
import { developmentPages, productionPages } from './launch/pages.ts';
import { freePort, tryPort } from './launch/ports.ts';
import { createProgress, type Progress } from './launch/progress.mjs';
import { onStopSignal } from './launch/signals.ts';
import { explain, StopError } from './launch/stop-error.ts';
import { welcome, type SignIn } from './launch/welcome.ts';
import { ensureModels } from './models/prepare.ts';
import { modelRequests } from './models/serve.ts';
import { startMediaServer, type RunningMediaServer } from './sfu/index.ts';
import { checkTurnCertificate } from './sfu/turn-certificate.ts';

/** Media may take minutes the first time; the app is of use before. */
const mediaPatienceMs = 5_000;

interface Launch {
  config: Config;
  closers: Closers;
  progress: Progress;
  log: Logger;
  /** Asks for an orderly end. */
  stop: (reason: string, exitCode: number) => void;
}

async function main(): Promise<void> {
  const began = performance.now();
  const closers = createClosers();
  let opened: OpenLog | null = null;
  let stopping = false;
  const stop = (reason: string, exitCode: number) => {
    if (stopping) return;
    stopping = true;
    opened?.log.info({ reason }, 'stopping');
    void closers.closeAll(opened?.log ?? null).then(() => {
      opened?.flush();
      process.exit(exitCode);
    });
  };
  try {
    if (process.argv.includes('--help') || process.argv.includes('-h')) {
      process.stdout.write(helpText);
      return;
    }
    const config = await withPort(readConfig(process.argv.slice(2), process.env));
    if (config.media) await checkTurnCertificate(config.media);
    const progress = createProgress();
    await mkdir(config.dataDir, { recursive: true }).catch((error: unknown) => {
      throw explain(error, `The data folder ${config.dataDir} cannot be made`);
    });
    const lock = await lockFolder(config.dataDir);
    closers.add('lock', () => lock.release());
    await tryPort(config.port, config.host).catch((error: unknown) => {
      throw portError(error, config.host, config.port);
    });
    opened = openLog(config.dataDir, config.logLevel, progress.say);
    const { log } = opened;
    onStopSignal({
      stop: (signal, exitCode) => {
        progress.say(
          exitCode === 0
            ? '\n  Stopping… / 正在停止'
            : `\n  Stopping after an unexpected error (see ${opened?.file}) / 出现意外错误，正在停止`
        );
        stop(signal, exitCode);
      },
      log
    });
    const { address, signIns, media } = await launch({ config, closers, progress, log, stop });
    await lock.describe(address);
    log.info({ ms: Math.round(performance.now() - began), development: config.development }, 'ready');
    if (config.readyJson) {
      await media?.settled();
      const state = media?.health().state ?? 'off';
      process.stdout.write(
        `${JSON.stringify({ ready: true, origin: address, pid: process.pid, media: state })}\n`
      );
    } else {
      progress.say(welcome({ address, signIns, logFile: opened.file }));
    }
    // At an orderly end it would be kept anyway; a killed app starts as fast.
    flushCompileCache();
  } catch (error) {
    const known = error instanceof StopError;
    if (!stopping)
      process.stderr.write(`\n${known ? error.message : error instanceof Error ? error.stack : error}\n`);
    // A reason in one sentence has been said; the log keeps it too, and all of what nobody foresaw.
    if (known) opened?.log.info({ err: error }, 'not started');
    else opened?.log.error({ err: error }, 'not started');
    stop('not started', 1);
  }
}

async function launch(
  options: Launch
): Promise<{ address: string; signIns: SignIn[]; media: RunningMediaServer | null }> {
  const { config, closers, progress, log } = options;
  const address = publicOrigin(config, config.port);

  const composed = Promise.withResolvers<Composition>();
  // Where the start fails before, nobody will ask.
  composed.promise.catch(() => undefined);

  const [urls, media, keys, demo, { compose }, models] = await together(
    database(options),
    mediaServer(options, composed.promise),
    masterKeys(config),
    isDemo(config.dataDir, config.demo),
    code(options),
    preparedModels(options)
  );

  let http: RunningHttp | null = null;
  closers.add('sockets', () => http?.close());
  const composition = await compose({
    config: { ...config, demo },
    ...urls,
    origin: address,
    masterKeys: keys,
    media: media?.media ?? noMedia,
    egress: media?.egress ?? noEgress,
    log
  });
  closers.add('services', () => composition.close());
  composed.resolve(composition);
  // SvelteKit's bundle has its own copies of all modules: it gets these very instances, never a second pool.
  Object.assign(globalThis, { [Symbol.for('consilium.services')]: composition.services });

  const pages = config.development ? await developmentPages(config, log) : await productionPages(config);
  closers.add('pages', () => pages.close());
  await progress
    .step('Keys', (update) => composition.prepareKeys(update))
    .catch((error: unknown) => {
      throw explain(error, 'The encrypted data cannot be opened');
    });
  let signIns: SignIn[] = [];
  if (demo)
    signIns = await progress.step('Demo data', (update) =>
      composition.seedDemo((message) => update(message))
    );
  if (config.roles.has('worker')) await composition.startWorker();

  http = await startHttp({
    host: config.host,
    port: config.port,
    trustProxy: config.trustProxy,
    upgrades: [
      ...(config.roles.has('collab') ? [composition.collab.handleUpgrade] : []),
      ...(media ? [media.handleUpgrade] : [])
    ],
    requests: [
      ...(media ? [media.handleRequest] : []),
      modelRequests({ prepared: models, dataDir: config.dataDir, log })
    ],
    pages: pages.handle,
    readiness: async () => {
      await composition.services.db.execute('select 1');
      return { ready: true, parts: { database: 'ready', media: media?.health().state ?? 'off' } };
    },
    log
  });
  const running = http;
  closers.add('http', () => running.drain());
  if (media) await showMedia(media, progress, config.readyJson);
  return { address, signIns, media };
}

/** Port 0 asks for any free one; it is chosen now, since addresses are made from it before anything listens. */
async function withPort(config: Config): Promise<Config> {
  return config.port === 0 ? { ...config, port: await freePort(config.host) } : config;
}

/** Postgres, ours or the site's, brought to this version. */
async function database({ config, closers, progress, log, stop }: Launch) {
  const ownerUrl =
    config.databaseUrl ??
    (await progress.step('Database', async () => {
      const onExit = () => stop('the database ended', 1);
      const starting = startPostgres({ dataDir: config.dataDir, log, onExit });
      // Known before it is ready: a Ctrl-C meanwhile must not leave it behind.
      // One that did not start has been told of, and has nothing to end.
      closers.add('database', () =>
        starting.then(
          (server) => server.stop(),
          () => undefined
        )
      );
      return (await starting).ownerUrl;
    }));
  try {
    return { ownerUrl, ...(await progress.step('Tables', () => migrate(ownerUrl))) };
  } catch (error) {
    throw explain(error, 'The database could not be brought to this version');
  }
}

/** Only the mouth guide and the blurred background need them: without them the app starts all the same. */
async function preparedModels({ config, progress, log }: Launch): Promise<string | null> {
  try {
    return await ensureModels(config.root);
  } catch (error) {
    log.warn({ err: error }, 'models not prepared');
    progress.say(`  ! ${explain(error, 'Mouth guide and blurred background are off').message}`);
    return null;
  }
}

/** Begun beside the database: its news and questions wait until there is one. */
async function mediaServer(
  { config, closers, log }: Launch,
  composed: Promise<Composition>
): Promise<RunningMediaServer | null> {
  if (!config.media) return null;
  const media = await startMediaServer({
    config: config.media,
    dataDir: config.dataDir,
    appPort: config.port,
    log,
    onRoomEvent: async (event) => (await composed).onRoomEvent(event),
    onEgressNews: async () => (await composed).onEgressNews(),
    recordedPresence: async () => (await composed).recordedPresence()
  });
  closers.add('media server', () => media.stop());
  return media;
}

/** The compiled texts; and from them the app's pages, and the code behind them, which needs the texts to load. */
async function code({ config, progress }: Launch) {
  await progress.step('Texts', () => ensureMessages(config.root));
  const [module] = await together(
    import('./compose.ts'),
    config.development
      ? Promise.resolve('')
      : progress.step('App', (update) => ensureBuild({ root: config.root, onProgress: update }))
  );
  return module;
}

async function showMedia(media: RunningMediaServer, progress: Progress, wait: boolean): Promise<void> {
  const settled = progress
    .step('Video', () => media.settled())
    .then((health) => {
      if (health.state !== 'ready' && health.state !== 'stopped') progress.say(`  ! ${health.detail}`);
    });
  if (wait) return settled;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((done) => (timer = setTimeout(done, mediaPatienceMs)));
  await Promise.race([settled, patience]);
  clearTimeout(timer);
}

await main();
