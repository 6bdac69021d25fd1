import { join } from 'node:path';
import type { Clock } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { CheckpointLog, FieldCipher, KeyWrapper, Logger } from '#lib/kernel/ports.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { createCheckpointLog } from './adapters/checkpoint-log.ts';
import { createFieldCipher, type RefusedValue } from './adapters/field-cipher.ts';
import { createLocalFileStore, type LocalFileStore } from './adapters/file-store.ts';
import { createLocalKeyWrapper } from './adapters/key-wrapper-local.ts';
import { createVaultKeyWrapper } from './adapters/key-wrapper-vault.ts';
import type { Config } from './config.ts';
import { createKeyRing, type KeyRing } from './keys/ring.ts';
import { addMasterKey, masterKeys } from './launch/instance.ts';

/** For commands, which build no app. */
export { clamdVersion } from './adapters/clamd.ts';
export { redisVersion } from './adapters/redis-relay.ts';

export interface Keys {
  wrapper: KeyWrapper;
  ring: KeyRing;
  fields: FieldCipher;
  files: LocalFileStore;
}

/** All that encrypts at rest; the app and the commands beside it are given the same. */
export function composeKeys(options: {
  config: Pick<Config, 'dataDir' | 'masterKey' | 'olderMasterKeys' | 'vault'>;
  /** Oldest first. */
  localKeys: readonly Buffer[];
  db: Database;
  systemDb: Database;
  clock: Clock;
  log: Logger;
}): Keys {
  const { config, localKeys, systemDb } = options;
  const [masterKey, ...older] = [...localKeys].reverse();
  if (!masterKey) throw new RangeError('no master key');
  const wrapper = composeKeyWrapper(config);
  const ring = createKeyRing({ systemDb, wrapper });
  return {
    wrapper,
    ring,
    fields: createFieldCipher({ keys: ring, onRefused: (refused) => tell(options, refused) }),
    files: createLocalFileStore({
      folder: join(config.dataDir, 'files'),
      masterKey,
      olderMasterKeys: older,
      keys: ring
    })
  };
}

/** Who holds the master key, as configured. */
export function composeKeyWrapper(
  config: Pick<Config, 'dataDir' | 'masterKey' | 'olderMasterKeys' | 'vault'>
): KeyWrapper {
  if (config.vault) return createVaultKeyWrapper(config.vault);
  return createLocalKeyWrapper({
    kind: config.masterKey ? 'environment' : 'file',
    load: () => masterKeys(config),
    renew: config.masterKey ? null : () => addMasterKey(config.dataDir)
  });
}

/** What signs the audit trails' checkpoints, and where they lie; makes the key where there is none. */
export function composeCheckpoints({ dataDir }: Pick<Config, 'dataDir'>): Promise<CheckpointLog> {
  return createCheckpointLog(dataDir);
}

/** A value that was changed or moved is news for the administrator and stands in the audit trail. */
async function tell(
  { db, clock, log }: { db: Database; clock: Clock; log: Logger },
  { organisationId, table, column, rowId, reason }: RefusedValue
): Promise<void> {
  log.error({ organisationId, table, column, rowId, reason }, 'a sealed value was refused');
  const actor = { kind: 'system' as const, organisationId, reason: 'integrity' };
  try {
    await inTransaction({ db, clock, actor, request: { id: newId(), ip: 'local' } }, (tx) =>
      tx.audit({
        action: 'sealed-value.refuse',
        outcome: 'denied',
        subject: { type: table, id: rowId },
        detail: { column, reason }
      })
    );
  } catch (error) {
    log.error({ name: error instanceof Error ? error.name : 'unknown' }, 'a refusal was not audited');
  }
}
