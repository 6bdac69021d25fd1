import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { systemClock } from '#lib/kernel/clock.ts';
import type { Logger, MediaServer } from '#lib/kernel/ports.ts';
import type { DemoSignIn, Services } from '#lib/features/tenancy/call.ts';
import { handlers } from './worker/handlers.ts';
import { createWorker } from './worker/index.ts';
import { createAuthenticator } from './adapters/auth.ts';
import { createLocalFileStore } from './adapters/file-store.ts';
import { createLiveFeed } from './adapters/live-feed.ts';
import { createMailer } from './adapters/mail.ts';
import { createPdfRenderer } from './adapters/pdf.ts';
import type { Config } from './config.ts';
import { demoSignIns, seedDemo } from './demo/seed.ts';

export interface Composition {
  services: Services;
  startWorker(): Promise<void>;
  seedDemo(onProgress: (message: string) => void): Promise<DemoSignIn[]>;
  close(): Promise<void>;
}

/** The one place where adapters are built. Everything else receives what it uses. */
export async function compose(options: {
  config: Config;
  appUrl: string;
  systemUrl: string;
  /** The address people use; see publicOrigin in config.ts. */
  origin: string;
  masterKey: Buffer;
  media: MediaServer;
  log: Logger;
}): Promise<Composition> {
  const { config, appUrl, systemUrl, origin, masterKey, media, log } = options;
  const appSql = postgres(appUrl, { max: 12, onnotice: () => {}, connection: { application_name: 'consilium' } });
  const systemSql = postgres(systemUrl, { max: 6, onnotice: () => {}, connection: { application_name: 'consilium-system' } });
  const db = drizzle(appSql);
  const systemDb = drizzle(systemSql);
  const live = await createLiveFeed({ url: systemUrl, log });
  const services: Services = {
    db,
    systemDb,
    clock: systemClock,
    files: createLocalFileStore({ folder: join(config.dataDir, 'files'), masterKey }),
    live,
    media,
    mail: createMailer({ mail: config.mail }),
    pdf: createPdfRenderer(),
    auth: createAuthenticator({ systemDb, clock: systemClock, origin, masterKey }),
    log,
    settings: { origin, demo: config.demo, maxUploadBytes: config.maxUploadBytes },
    demoSignIns: config.demo ? demoSignIns() : []
  };
  const worker = createWorker({ url: systemUrl, handlers, services, log });
  return {
    services,
    startWorker: () => worker.start(),
    async seedDemo(onProgress) {
      await seedDemo(services, onProgress);
      return demoSignIns();
    },
    async close() {
      await worker.stop();
      await live.close();
      await Promise.all([appSql.end({ timeout: 5 }), systemSql.end({ timeout: 5 })]);
    }
  };
}
