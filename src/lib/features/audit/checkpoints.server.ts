import { sql } from 'drizzle-orm';
import type { Services } from '#lib/features/tenancy/call.ts';
import { archivedEvents } from './archive-file.server.ts';
import { ChainCheck, type Finding } from './chain.server.ts';
import { readCheckpoints, signCheckpoint, type Checkpoint } from './checkpoint.server.ts';
import { MerkleTree } from './merkle.server.ts';
import { trailEvents, type Reader } from './trail.server.ts';

/** A checkpoint is due after so many new events … */
const dueEvents = 500;
/** … or, where there is any new event, after this time. */
const dueMs = 10 * 60_000;
/** Read at most so many in one go; the rest follows a minute later. */
const mostEvents = 400_000;

export type SigningServices = Pick<Services, 'systemDb' | 'checkpoints' | 'files' | 'log'>;

/** Signs the head of every chain that is due. `all`: of every chain with new events, as at the end of a run. */
export async function writeCheckpoints(
  services: SigningServices,
  options: { now: Date; all?: boolean }
): Promise<void> {
  const { now } = options;
  const { rows } = await services.systemDb.execute<{ id: string; news: string; at: Date | null }>(sql`
    select organisation_id as id, number - checkpoint_number as news, checkpoint_at as at
      from audit_chain where number > checkpoint_number`);
  for (const { id, news, at } of rows) {
    const waited = at === null ? Infinity : now.getTime() - new Date(at).getTime();
    if (options.all || Number(news) >= dueEvents || waited >= dueMs) await writeCheckpoint(services, id, now);
  }
}

/**
 * Checks the events since the last checkpoint and signs the new head ([AU-7]). Signs nothing where the chain
 * does not go on from what was signed before; the chain's row and the log then say where it is broken.
 */
export async function writeCheckpoint(
  services: SigningServices,
  organisationId: string,
  now: Date
): Promise<Checkpoint | null> {
  const { systemDb, checkpoints, log } = services;
  return systemDb.transaction(
    async (rows) => {
      // One process at a time writes to the file.
      await rows.execute(
        sql`select pg_advisory_xact_lock(hashtextextended(${`audit:${organisationId}`}, 0))`
      );
      const { rows: found } = await rows.execute<{ number: string }>(
        sql`select number from audit_chain where organisation_id = ${organisationId}::uuid`
      );
      const file = readCheckpoints(
        await checkpoints.read(organisationId),
        organisationId,
        checkpoints.publicKey
      );
      const signed = file.notes.flatMap((note) => (note.ok ? [note.checkpoint] : []));
      const number = Number(found[0]?.number ?? 0);
      const start = await startOf(services, rows, organisationId, signed.at(-1));
      const upTo = Math.min(number, Math.max(start.number, signed.at(-1)?.size ?? 0) + mostEvents);
      const check = start.check;
      for await (const page of trailEvents(rows, organisationId, start.number, upTo))
        for (const { number: at, hash, text } of page) check.add(at, hash.length === 32 ? hash : null, text);
      const bad = file.notes.find((note) => !note.ok);
      const findings: Finding[] = bad ? [{ kind: 'checkpoint', size: bad.size, reason: 'signature' }] : [];
      findings.push(...check.end(check.number < upTo ? { number: upTo, hash: check.previous } : null));
      if (findings.length > 0) {
        const broken = placeOf(findings[0]!);
        log.error({ organisationId, kind: findings[0]!.kind, number: broken }, 'an audit trail is not whole');
        await rows.execute(
          sql`update audit_chain set broken_number = ${broken}, verified_at = ${now.toISOString()}::timestamptz
               where organisation_id = ${organisationId}::uuid`
        );
        return null;
      }
      const at = now.toISOString();
      const checkpoint = { organisationId, size: check.number, root: check.tree.root(), at };
      if (checkpoint.size > (signed.at(-1)?.size ?? 0)) {
        await checkpoints.append(organisationId, signCheckpoint(checkpoint, checkpoints), file.wholeBytes);
        const kept = { ...check.tree.keep(), hash: check.previous.toString('hex') };
        await checkpoints.keepTree(organisationId, JSON.stringify(kept));
      }
      await rows.execute(sql`
        update audit_chain set checkpoint_number = ${checkpoint.size}, checkpoint_at = ${at}::timestamptz,
               verified_number = ${checkpoint.size}, verified_at = ${at}::timestamptz, broken_number = null
         where organisation_id = ${organisationId}::uuid`);
      return checkpoint;
    },
    { isolationLevel: 'read committed' }
  );
}

/** Where to go on: the last checkpoint, when the kept tree is the one it signed and its event is unchanged. */
async function startOf(
  services: SigningServices,
  rows: Reader,
  organisationId: string,
  last: Checkpoint | undefined
): Promise<{ number: number; check: ChainCheck }> {
  const tree = last ? await keptTree(services, organisationId, last) : null;
  if (last && tree) {
    const { rows: found } = await rows.execute(
      sql`select hash from audit_event where organisation_id = ${organisationId}::uuid and number = ${last.size}`
    );
    const { rows: archived } = await rows.execute(
      sql`select 1 from audit_archive where organisation_id = ${organisationId}::uuid and last_number >= ${last.size}`
    );
    const hash = found[0]?.['hash'] as Buffer | null | undefined;
    if (hash?.equals(tree.hash) || (!found[0] && archived.length > 0))
      return {
        number: last.size,
        check: new ChainCheck([], { number: last.size, hash: tree.hash, tree: tree.tree })
      };
  }
  const check = new ChainCheck(last ? [last] : []);
  const { rows: archives } = await rows.execute(
    sql`select sha256 from audit_archive where organisation_id = ${organisationId}::uuid order by first_number`
  );
  for (const archive of archives) {
    const bytes = await services.files.get(organisationId, String(archive['sha256']));
    for await (const page of archivedEvents(bytes))
      for (const { number, hash, text } of page) check.add(number, hash, text);
  }
  return { number: check.number, check };
}

async function keptTree({ checkpoints }: SigningServices, organisationId: string, last: Checkpoint) {
  const text = await checkpoints.readTree(organisationId);
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as { size: number; peaks: string[]; hash: string };
    const tree = MerkleTree.from(kept);
    if (kept.size !== last.size || !tree.root().equals(last.root)) return null;
    return { tree, hash: Buffer.from(kept.hash, 'hex') };
  } catch (error) {
    // Only a help: half written by a process that died, it is made anew from the events.
    if (error instanceof Error) return null;
    throw error;
  }
}

function placeOf(finding: Finding): number {
  switch (finding.kind) {
    case 'changed':
    case 'head':
    case 'checkpoints-lost':
      return finding.number;
    case 'reordered':
      return finding.numbers[0] ?? 0;
    case 'checkpoint':
      return finding.size;
    case 'missing':
    case 'truncated':
    case 'rewritten':
    case 'archive':
      return finding.first;
  }
}
