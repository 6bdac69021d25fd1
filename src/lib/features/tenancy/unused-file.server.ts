import { sql } from 'drizzle-orm';
import type { Services } from './call.ts';

/**
 * Take a file away that nothing names any more. Contents are kept once: the same bytes may have been stored for something
 * else, now or meanwhile, which whoever asks need not be allowed to see; so the system looks.
 */
export async function removeUnusedFile(
  { systemDb, files }: Pick<Services, 'systemDb' | 'files'>,
  organisationId: string,
  sha256: string
): Promise<void> {
  const { rows } = await systemDb.execute<{ used: boolean }>(
    sql`select file_in_use(${organisationId}::uuid, ${sha256}, null, '{}') as used`
  );
  if (!rows[0]?.used) await files.remove(organisationId, sha256);
}
