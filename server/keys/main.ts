// npm run keys:rotate: new keys while the app serves, or beside it.
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { systemClock } from '#lib/kernel/clock.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Logger } from '#lib/kernel/ports.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { composeKeys } from '../compose-keys.ts';
import { readConfig } from '../config.ts';
import { withDatabase } from '../db/reach.ts';
import { migrate } from '../db/migrate.ts';
import { openPool } from '../db/pool.ts';
import { masterKeys } from '../launch/instance.ts';
import { createProgress } from '../launch/progress.mjs';
import { StopError } from '../launch/stop-error.ts';
import { checkMasterKey } from './check.ts';
import { MasterKeyError } from './master-key-error.ts';
import { retireKeys, rotateKeys, type RotationParts, type RotationReport } from './rotate.ts';

const usage = `npm run keys:rotate -- [options]

  (none)       new data keys; all columns and files brought under them, while the app serves
               (an earlier run that was broken off is finished first, without new keys)
               生成新的数据密钥，在线重新加密全部字段与文件；若上次中断，则先续完
  --master     a new master key as well / 同时更换主密钥
  --retire     remove data keys that nothing uses any more / 删除已无数据使用的旧数据密钥
  --data DIR   the data folder / 数据目录 (./data, DATA_DIR)
`;
/** One rotation at a time, on the whole installation. */
const lockNumber = 7023413;

async function main(): Promise<void> {
  const options = {
    master: { type: 'boolean' },
    retire: { type: 'boolean' },
    data: { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  } as const;
  const { values } = parseArgs({ options, allowPositionals: false });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const config = readConfig(values.data ? ['--data', values.data] : [], process.env);
  const stopped = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort());

  await withDatabase(config, async (ownerUrl) => {
    const lock = postgres(ownerUrl, { max: 1, onnotice: () => {} });
    const { appUrl, systemUrl } = await migrate(ownerUrl);
    const app = openPool({ url: appUrl, max: 2, name: 'consilium-keys', log: quiet });
    const system = openPool({ url: systemUrl, max: 3, name: 'consilium-keys', log: quiet });
    try {
      const [{ free }] = await lock<[{ free: boolean }]>`select pg_try_advisory_lock(${lockNumber}) as free`;
      if (!free) throw new StopError('Keys are being rotated already, by another process.');
      const { db, log } = { db: app.db, log: quiet };
      const localKeys = await masterKeys(config);
      const keys = composeKeys({ config, localKeys, db, systemDb: system.db, clock: systemClock, log });
      await checkMasterKey(system.db, keys.wrapper);
      const parts: RotationParts = {
        ...keys,
        systemDb: system.db,
        audit: (organisationId, action, detail) => {
          const actor = { kind: 'system' as const, organisationId, reason: 'key rotation' };
          const call = { db, clock: systemClock, actor, request: { id: newId(), ip: 'local' } };
          return inTransaction(call, (tx) =>
            tx.audit({ action, subject: { type: 'keys', id: organisationId }, detail })
          );
        }
      };
      if (values.retire) sayRetired(await retireKeys(parts));
      else await rotate(parts, values.master ?? false, stopped.signal);
    } finally {
      await Promise.all([app.end(), system.end(), lock.end({ timeout: 1 })]);
    }
  });
}

async function rotate(parts: RotationParts, newMaster: boolean, signal: AbortSignal): Promise<void> {
  if (newMaster && !parts.wrapper.renew)
    throw new StopError(
      'The master key comes from the environment: set MASTER_KEY to a new one and MASTER_KEY_OLD to the one before, start the app again, then run "npm run keys:rotate".'
    );
  const progress = createProgress();
  const report = await progress.step('Keys', (update) =>
    rotateKeys(parts, { newMaster, signal, onProgress: update })
  );
  say(report);
}

function say({ resumed, masterKey, organisations, rows, files, retirable }: RotationReport): void {
  const lines = [
    ...(resumed
      ? ['An earlier rotation had been broken off; it is finished now. No new keys were made.']
      : []),
    `${organisations} organisations: ${rows} rows and ${files} files are under the current data keys.`,
    `Data keys are wrapped by ${masterKey}; a master key before it is needed for old backups only.`,
    retirable.length > 0
      ? `${retirable.length} old data keys are used by nothing: "npm run keys:rotate -- --retire" removes them.`
      : 'No old data keys are left over.'
  ];
  process.stdout.write(`${lines.map((line) => `  ${line}`).join('\n')}\n`);
}

function sayRetired(ids: readonly string[]): void {
  process.stdout.write(`  ${ids.length} old data keys removed.\n`);
}

const ignore = () => {};
const problem = (fields: object, message: string) =>
  void process.stderr.write(`  ${message} ${JSON.stringify(fields)}\n`);
const quiet: Logger = { debug: ignore, info: ignore, warn: problem, error: problem };

await main().catch((error: unknown) => {
  const known = error instanceof StopError || error instanceof MasterKeyError;
  const aborted = error instanceof Error && error.name === 'AbortError';
  const lost = asAppError(error)?.code === 'unavailable';
  const text =
    aborted || lost
      ? `${lost ? 'The database went away. ' : ''}Broken off. Run it again to finish; until then everything opens as before.`
      : known
        ? error.message
        : error instanceof Error
          ? error.stack
          : String(error);
  process.stderr.write(`\n${text}\n`);
  process.exitCode = 1;
});
