import type postgres from 'postgres';
import type { CheckpointLog } from '#lib/kernel/ports.ts';
import { checkTrail, type TrailReport } from '../../server/audit/check.ts';
import type { World } from './world.ts';

/** What `npm run audit:verify` finds for this organisation. */
export async function verify(
  world: World,
  sql: postgres.Sql,
  organisationId: string,
  log: CheckpointLog | null = null
): Promise<TrailReport> {
  const checkpoints = log ? { file: await log.read(organisationId), publicKey: log.publicKey } : null;
  return checkTrail({ sql, organisationId, checkpoints, files: world.services.files });
}
