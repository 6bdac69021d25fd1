import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { noEgress } from '../launch/no-media.ts';
import { liveKitEgress } from './egress.ts';
import { loadOrCreateKeys } from './keys.ts';
import { liveKitMediaServer, refusalOf } from './livekit.ts';
import { Presence } from './presence.ts';
import { createProxy, isUnderPrefix, proxyPrefix } from './proxy.ts';
import { NoMediaServerError, resolveBinary } from './resolve.ts';
import { isSignedWith, Revoked } from './revoked.ts';
import { supervise, type SupervisedServer } from './supervise.ts';
import type {
  MediaHealth,
  OutsideMediaServer,
  RunningMediaServer,
  StartMediaServerOptions
} from './types.ts';
import { createTeller } from './teller.ts';
import { createWebhook, webhookPath } from './webhook.ts';

export type {
  MediaConfig,
  MediaHealth,
  MediaPorts,
  MediaProgress,
  OutsideMediaServer,
  RoomEvent,
  RunningMediaServer,
  StartMediaServerOptions,
  TurnConfig
} from './types.ts';

const reconcileEveryMs = 10_000;

/**
 * Gets a media server going without holding up the app: resolves as soon as the keys are there, while a
 * binary is looked for (or built) and started behind it. Never rejects for want of a media server; then
 * `health()` says why and `media.clientUrl` stays null.
 */
export async function startMediaServer(options: StartMediaServerOptions): Promise<RunningMediaServer> {
  const { config, dataDir, log } = options;
  const outside = config.outside;
  const folder = join(dataDir, 'sfu');
  const keys = outside ?? (await loadOrCreateKeys(folder));
  const presence = new Presence();
  const revoked = new Revoked();
  const abort = new AbortController();
  const appPort = () => (typeof options.appPort === 'function' ? options.appPort() : options.appPort);

  let supervised: SupervisedServer | null = null;
  let outsideHealth: MediaHealth = { state: 'starting', detail: 'asking the server of LIVEKIT_URL' };
  let unavailable: string | null = null;
  let stopped = false;

  const teller = createTeller({ take: (event) => options.onRoomEvent?.(event), log });
  const { tell } = teller;

  const { media, everySeat } = liveKitMediaServer({
    keys,
    apiUrl: address,
    clientUrl: () => (address() ? proxyPrefix : null),
    // None of ours: loopback and public addresses need no STUN, and a public one would learn who meets.
    iceServers: outside || config.turn ? null : [],
    revoked,
    presence,
    tell
  });

  const egress = config.egress
    ? liveKitEgress({ keys, apiUrl: address, folder: config.egress.folder, log })
    : noEgress;
  const onEgress = async () => options.onEgressNews?.();
  const webhook = createWebhook({ keys, presence, tell, onEgress, log });
  const proxy = createProxy({
    target: address,
    origin: config.origin,
    isOurs: (token) => isSignedWith(keys.apiSecret, token),
    refuses: (claims) => revoked.refuses(claims, new Date()),
    log
  });

  let reconciling: Promise<void> | null = null;
  function reconcile(): Promise<void> {
    reconciling ??= lookOnce().finally(() => (reconciling = null));
    return reconciling;
  }
  async function lookOnce(): Promise<void> {
    if (media.clientUrl === null) return;
    const since = presence.begin();
    try {
      tell(presence.settle(await everySeat(), since));
      if (outside)
        outsideHealth = { state: 'ready', detail: `outside server ${hostOf(outside)}`, ports: null };
    } catch (error) {
      const reason = refusalOf(error);
      log.warn({ reason }, 'rooms could not be listed');
      if (outside)
        outsideHealth = { state: 'unavailable', detail: `LIVEKIT_URL (${hostOf(outside)}): ${reason}` };
    }
  }

  /** Where the media server answers; null while there is none. */
  function address(): string | null {
    if (outside) return outside.url.replace(/^ws/, 'http');
    const ports = supervised?.ports();
    return ports ? `http://127.0.0.1:${ports.signal}` : null;
  }

  async function bringUp(): Promise<MediaHealth> {
    presence.seed((await options.recordedPresence?.()) ?? []);
    if (!outside) {
      const binary = await resolveBinary({
        dataDir,
        cacheDir: config.cacheDir,
        release: config.release,
        log,
        onProgress: options.onProgress ?? (() => undefined),
        signal: abort.signal
      });
      log.info({ version: binary.version, source: binary.source }, 'media server found');
      abort.signal.throwIfAborted();
      supervised = supervise({ binary, folder, config, keys, appPort, log });
      await supervised.settled;
    }
    await reconcile();
    return health();
  }

  const settling = bringUp().catch((error: unknown): MediaHealth => {
    if (!stopped) {
      unavailable = error instanceof Error ? error.message : String(error);
      // Whoever starts the app says it to them in these words; the log keeps it too.
      if (error instanceof NoMediaServerError) log.info({}, error.message);
      else log.error({ err: error }, 'media server not started');
    }
    return health();
  });
  const timer = setInterval(() => void reconcile(), options.reconcileEveryMs ?? reconcileEveryMs);
  timer.unref();

  function health(): MediaHealth {
    if (stopped) return { state: 'stopped', detail: 'stopped' };
    if (outside) return outsideHealth;
    if (unavailable !== null) return { state: 'unavailable', detail: unavailable };
    return supervised?.health() ?? { state: 'starting', detail: 'looking for a media server' };
  }

  return {
    media,
    egress,
    settled: () => settling,
    health,
    reconcile,
    handleUpgrade(request, socket, head) {
      if (!isUnderPrefix(request.url)) return false;
      proxy.handleUpgrade(request, socket, head);
      return true;
    },
    handleRequest(request, response) {
      if (!isUnderPrefix(request.url)) return false;
      if (request.url === webhookPath) answerWebhook(request, response);
      else proxy.handleRequest(request, response);
      return true;
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      abort.abort();
      proxy.close();
      await Promise.all([supervised?.stop(), teller.stop()]);
      await settling;
      // A start that was under way when stop was called.
      await supervised?.stop();
    }
  };

  function answerWebhook(request: IncomingMessage, response: ServerResponse): void {
    webhook(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'webhook failed');
      if (!response.headersSent) response.writeHead(500).end();
    });
  }
}

function hostOf({ url }: OutsideMediaServer): string {
  return new URL(url).host;
}
