import { sql } from 'drizzle-orm';
import { archivedEvents, archiveFile, type ArchiveHead } from './archive-file.server.ts';
import { ChainCheck, chainStart } from './chain.server.ts';
import type { SigningServices } from './checkpoints.server.ts';
import { readCheckpoints, type ReadCheckpoint } from './checkpoint.server.ts';
import { MerkleTree } from './merkle.server.ts';
import { trailEvents } from './trail.server.ts';

/** Events of one file, about; a file ends at a checkpoint. */
const eventsPerFile = 200_000;
const maxFileBytes = 4 * 1024 ** 3;

type Signed = Extract<ReadCheckpoint, { ok: true }>;

/**
 * Moves events older than `hotMonths` into archive files, one file a call and organisation ([AU-8]). The file is
 * on the disk and has been read back before one transaction notes it and takes its events from the table: a run
 * that is killed anywhere leaves every event in the table or in a noted file, and at worst a file nobody notes,
 * which the next run writes again under the same name.
 *
 * @returns the organisations whose events were moved
 */
export async function archiveEvents(
  services: SigningServices,
  options: { now: Date; hotMonths: number }
): Promise<string[]> {
  const cutoff = monthsBefore(options.now, Math.max(6, options.hotMonths)).toISOString();
  const { rows } = await services.systemDb.execute<{ id: string; archived: string; last: string | null }>(sql`
    select c.organisation_id as id, c.archived_number as archived,
           least(c.checkpoint_number,
                 (select min(number) - 1 from audit_event e
                   where e.organisation_id = c.organisation_id and e.at >= ${cutoff}::timestamptz)) as last
      from audit_chain c where c.broken_number is null`);
  const moved: string[] = [];
  for (const { id, archived, last } of rows)
    if (await archiveOne(services, id, Number(archived), Number(last ?? 0))) moved.push(id);
  return moved;
}

async function archiveOne(
  services: SigningServices,
  organisationId: string,
  archived: number,
  last: number
): Promise<boolean> {
  const { systemDb, files, checkpoints, log } = services;
  const file = readCheckpoints(await checkpoints.read(organisationId), organisationId, checkpoints.publicKey);
  const fitting = file.notes.filter(
    (note): note is Signed => note.ok && note.checkpoint.size > archived && note.checkpoint.size <= last
  );
  const end = fitting.findLast(({ checkpoint }) => checkpoint.size - archived <= eventsPerFile) ?? fitting[0];
  if (!end) return false;
  const before = await stateAt(services, organisationId, archived);
  const head: ArchiveHead = {
    format: 'consilium-audit-1',
    organisationId,
    first: archived + 1,
    last: end.checkpoint.size,
    previous: before.hash.toString('hex'),
    tree: before.tree.keep(),
    checkpoint: end.note
  };
  const stored = await files.put(
    organisationId,
    archiveFile(head, trailEvents(systemDb, organisationId, archived, head.last)),
    { maxBytes: maxFileBytes }
  );
  const check = new ChainCheck([end.checkpoint], { number: archived, ...before });
  for await (const page of archivedEvents(await files.get(organisationId, stored.sha256)))
    for (const { number, hash, text } of page) check.add(number, hash, text);
  if (check.end(null).length > 0 || check.number !== head.last || check.checkedAgainst !== head.last) {
    log.error({ organisationId, first: head.first, last: head.last }, 'events were not archived: not whole');
    return false;
  }
  const hash = check.previous.toString('hex');
  await systemDb.execute(sql`select audit_archived(${organisationId}::uuid, ${head.first}, ${head.last},
    decode(${hash}, 'hex'), ${stored.sha256}, ${stored.size})`);
  log.info({ organisationId, first: head.first, last: head.last }, 'audit events archived');
  return true;
}

/** Hash and tree behind the last archived event, from the file that holds it. */
async function stateAt({ systemDb, files }: SigningServices, organisationId: string, archived: number) {
  let tree = new MerkleTree();
  let hash: Buffer = chainStart;
  if (archived === 0) return { hash, tree };
  const { rows } = await systemDb.execute<{ sha256: string }>(
    sql`select sha256 from audit_archive where organisation_id = ${organisationId}::uuid and last_number = ${archived}`
  );
  const bytes = await files.get(organisationId, rows[0]?.sha256 ?? '');
  for await (const page of archivedEvents(bytes, (head) => (tree = MerkleTree.from(head.tree))))
    for (const event of page) {
      hash = event.hash;
      tree.append(hash);
    }
  return { hash, tree };
}

/** The same day `months` earlier, or the last of that month. */
export function monthsBefore(now: Date, months: number): Date {
  const result = new Date(now);
  result.setUTCMonth(result.getUTCMonth() - months);
  if (result.getUTCDate() !== now.getUTCDate()) result.setUTCDate(0);
  return result;
}
