// A worker of its own process that does nothing but erase; killed by tests/integration/erasure.test.ts.
// It ends with its standard input, so with whoever started it.
// argv: { appUrl, systemUrl, dataDir, masterKey (hex) }
import { systemClock } from '#lib/kernel/clock.ts';
import { eraseFilesTask, erasureHandler } from '#lib/features/rights/erasure.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { composeKeys } from '../../server/compose-keys.ts';
import { openPool } from '../../server/db/pool.ts';
import { createWorker } from '../../server/worker/index.ts';

process.stdin.resume().once('end', () => process.exit());
const { appUrl, systemUrl, dataDir, masterKey } = JSON.parse(process.argv[2]!) as Record<string, string>;
const log = { debug() {}, info() {}, warn: console.error, error: console.error };
const key = Buffer.from(masterKey!, 'hex');
const { db } = openPool({ url: appUrl!, max: 1, log });
const { db: systemDb } = openPool({ url: systemUrl!, max: 2, log });
const config = { dataDir: dataDir!, masterKey: key, olderMasterKeys: [], vault: null };
const { files } = composeKeys({ config, localKeys: [key], db, systemDb, clock: systemClock, log });
// What the two jobs ask for; nothing else runs here.
const services = { db, systemDb, files, log, clock: systemClock } as Partial<Services> as Services;
const handlers = { outbox: [erasureHandler], tasks: [eraseFilesTask] };
await createWorker({ url: systemUrl!, topics: [erasureHandler.topic], handlers, services, log }).start();
