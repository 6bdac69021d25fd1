import { hostname } from 'node:os';
import { systemClock } from '#lib/kernel/clock.ts';
import { isId, newId } from '#lib/kernel/ids.ts';
import type { Logger, MediaServer, RoomEgress } from '#lib/kernel/ports.ts';
import { writeCheckpoints } from '#lib/features/audit/checkpoints.server.ts';
import { watchCaptions } from '#lib/features/consults/captions-watch.server.ts';
import { watchEgress } from '#lib/features/consults/egress-watch.server.ts';
import { watchGrants } from '#lib/features/consults/grant-watch.server.ts';
import { watchRecordings } from '#lib/features/consults/recording-watch.server.ts';
import { applyRoomNews, takenSeats } from '#lib/features/consults/room.server.ts';
import type { DataPlaces, DemoSignIn, Services } from '#lib/features/tenancy/call.ts';
import { createAuthenticator } from './adapters/auth/index.ts';
import { createImageReader } from './adapters/image-reader.ts';
import { createClamdScanner, noScanner } from './adapters/clamd.ts';
import { createLiveFeed } from './adapters/live-feed.ts';
import { createMailer } from './adapters/mail.ts';
import { createPdfRenderer } from './adapters/pdf.ts';
import { createPush, noPush } from './adapters/push/index.ts';
import { createRecogniser, noRecogniser } from './adapters/recogniser.ts';
import { createRedisRelay } from './adapters/redis-relay.ts';
import { createAuthorise, createInspect } from './collab/board-access.ts';
import { postgresPersistence } from './collab/postgres-persistence.ts';
import { createCollab, type Collab } from './collab/server.ts';
import { composeCheckpoints, composeKeys } from './compose-keys.ts';
import { handlerHeaders, type Config } from './config.ts';
import { openPool } from './db/pool.ts';
import { demoSignIns, seedDemo } from './demo/seed.ts';
import { checkMasterKey } from './keys/check.ts';
import { sealAtRest } from './keys/seal-at-rest.ts';
import { followAccess } from './follow-access.ts';
import type { RoomEvent } from './sfu/index.ts';
import { handlers } from './worker/handlers.ts';
import { createWorker } from './worker/index.ts';

const signWithinMs = 3_000;

export interface Composition {
  services: Services;
  collab: Collab;
  startWorker(): Promise<void>;
  /** Before anything is served: the master key fits, and what an earlier version kept in the clear is sealed. */
  prepareKeys(onProgress: (message: string) => void): Promise<void>;
  seedDemo(onProgress: (message: string) => void): Promise<DemoSignIn[]>;
  /** News from the media server, to be written down. */
  onRoomEvent(event: RoomEvent): Promise<void>;
  /** News of a recording the media server makes: every process asks what became of it. */
  onEgressNews(): Promise<void>;
  /** Who sat where as far as was told before this start. */
  recordedPresence(): Promise<{ room: string; identity: string }[]>;
  close(): Promise<void>;
}

/** The one place where adapters are built (those for data at rest in compose-keys.ts, for commands too). Everything else receives what it uses. */
export async function compose(options: {
  config: Config;
  /** For what only the tables' owner may do. */
  ownerUrl: string;
  appUrl: string;
  systemUrl: string;
  /** The address people use; see publicOrigin in config.ts. */
  origin: string;
  /** Oldest first. */
  masterKeys: readonly [Buffer, ...Buffer[]];
  media: MediaServer;
  egress: RoomEgress;
  log: Logger;
}): Promise<Composition> {
  const { config, ownerUrl, appUrl, systemUrl, origin, masterKeys, media, egress, log } = options;
  const app = openPool({ url: appUrl, max: 12, log });
  const system = openPool({ url: systemUrl, max: 6, name: 'consilium-system', log });
  const { db } = app;
  const { db: systemDb } = system;
  const live = await createLiveFeed({ url: systemUrl, log });
  const keys = composeKeys({ config, localKeys: masterKeys, db, systemDb, clock: systemClock, log });
  const services: Services = {
    db,
    systemDb,
    clock: systemClock,
    checkpoints: await composeCheckpoints(config),
    files: keys.files,
    images: createImageReader({ log }),
    scanner: config.clamd ? createClamdScanner({ ...config.clamd, log }) : noScanner,
    fields: keys.fields,
    live,
    media,
    egress,
    mail: createMailer({ mail: config.mail }),
    // The oldest key, as for sessions: a new one must not end every subscription.
    push: config.push
      ? createPush({ settings: config.push, secret: masterKeys[0], clock: systemClock })
      : noPush,
    speech: config.speech ? createRecogniser(config.speech) : noRecogniser,
    pdf: createPdfRenderer(),
    // The oldest: a new master key signs nobody out.
    auth: createAuthenticator({
      systemDb,
      clock: systemClock,
      origin,
      masterKey: masterKeys[0],
      oidc: config.oidc
    }),
    log,
    settings: {
      origin,
      demo: config.demo,
      maxUploadBytes: config.maxUploadBytes,
      auditHotMonths: config.auditHotMonths,
      places: placesOf(config)
    },
    demoSignIns: config.demo ? demoSignIns() : []
  };
  const collab = createCollab({
    authorise: createAuthorise(services),
    inspect: createInspect(services),
    persistence: postgresPersistence(db),
    // The oldest key: the same on all nodes also while a new one is brought in.
    ...(config.redisUrl && config.roles.has('collab')
      ? { relay: createRedisRelay({ url: config.redisUrl, secret: masterKeys[0], log }) }
      : {}),
    origin: config.origin ? origin : ownAddresses(origin),
    addressOf: ({ headers, socket }) => String(headers[handlerHeaders.address] ?? socket.remoteAddress ?? ''),
    log
  });
  const unsubscribe = live.subscribe('access', (event) => {
    followAccess(services, collab, event).catch((error: unknown) =>
      log.error(
        { name: error instanceof Error ? error.name : 'unknown' },
        'sockets and seats of somebody who may no longer be there not ended'
      )
    );
  });
  const endWatches = [
    watchGrants({ systemDb, live, log }),
    watchRecordings(services),
    watchEgress(services),
    watchCaptions(services)
  ];
  const worker = createWorker({ url: systemUrl, handlers, services, log });
  return {
    services,
    collab,
    startWorker: () => worker.start(),
    async prepareKeys(onProgress) {
      await checkMasterKey(systemDb, keys.wrapper);
      await sealAtRest({ ownerUrl, systemDb, fields: keys.fields, onProgress });
    },
    async seedDemo(onProgress) {
      await seedDemo(services, onProgress);
      return demoSignIns();
    },
    async onRoomEvent({ room, identity, kind, at }) {
      // A LiveKit of the site's own may hold rooms of other programs too.
      if (identity === null || kind === 'room_finished' || !isId(room)) return;
      const actor = { kind: 'system' as const, organisationId: '', reason: 'media server' };
      await applyRoomNews(
        { ...services, actor, request: { id: newId(), ip: 'local' } },
        { room, identity, kind, at }
      );
    },
    onEgressNews: () => live.publish({ topic: 'recordings', name: 'recording.egress' }),
    recordedPresence: () => takenSeats(services),
    async close() {
      for (const end of endWatches) end();
      unsubscribe();
      await collab.close();
      await worker.stop();
      await services.images.close();
      await lastCheckpoints(services);
      await live.close();
      await Promise.all([app.end(), system.end()]);
    }
  };
}

/** What the register of processing says of this site: hosts alone, for the addresses hold passwords. */
function placesOf(config: Config): DataPlaces {
  const hostOf = (url: string | undefined) => (url ? new URL(url).host : null);
  return {
    dataFolder: config.dataDir,
    databaseHost: hostOf(config.databaseUrl ?? undefined),
    mediaHost: hostOf(config.media?.outside?.url),
    mailHost: hostOf(config.mail?.url),
    egressFolder: config.media?.egress?.folder ?? null,
    speechHost: hostOf(config.speech?.url),
    keyHost: hostOf(config.vault?.address)
  };
}

/** Signs what the run has written, so that the trail of a stopped app is covered to its end. */
async function lastCheckpoints(services: Services): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((done) => (timer = setTimeout(done, signWithinMs)));
  const signed = writeCheckpoints(services, { now: services.clock.now(), all: true }).catch(
    (error: unknown) =>
      services.log.warn(
        { name: error instanceof Error ? error.name : 'unknown' },
        'no checkpoint of the audit trails at the end'
      )
  );
  await Promise.race([signed, patience]);
  clearTimeout(timer);
}

/** With no ORIGIN set, the names one machine calls itself by: pages open on any of them have a board. */
function ownAddresses(origin: string): string[] {
  const { port } = new URL(origin);
  return ['localhost', '127.0.0.1', '[::1]', hostname()].map(
    (name) => `http://${name}${port ? `:${port}` : ''}`
  );
}
