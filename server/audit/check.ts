import type postgres from 'postgres';
import { ChainCheck, type Finding } from '#lib/features/audit/chain.server.ts';
import { readCheckpoints, type Checkpoint } from '#lib/features/audit/checkpoint.server.ts';
import { archivedEvents } from '#lib/features/audit/archive-file.server.ts';
import type { FileStore } from '#lib/kernel/ports.ts';
import { storedEvents } from './rows.ts';

export interface TrailReport {
  organisationId: string;
  /** Events that are there, in archives and in the table. */
  events: number;
  archived: number;
  /** Events up to here were put into the chain when it was introduced. */
  startedAfter: number;
  checkpoints: number;
  /** The last checkpoint the chain agrees with; null: none. */
  agreed: { size: number; at: string } | null;
  findings: Finding[];
}

export interface CheckOptions {
  sql: postgres.Sql;
  organisationId: string;
  /** The organisation's checkpoint file, read before this is called; null: checkpoints are not looked at. */
  checkpoints: { file: string; publicKey: Uint8Array } | null;
  /** Where archives lie; null: an archive is a finding. */
  files: FileStore | null;
  onProgress?: (events: number) => void;
}

interface ChainRow {
  number: string;
  hash: Buffer;
  started_after: string;
  checkpoint_number: string;
}

/**
 * Goes over one organisation's whole trail, archives and table, in one snapshot, so that the app may go on
 * writing. Memory does not grow with the trail.
 */
export async function checkTrail(options: CheckOptions): Promise<TrailReport> {
  const { sql, organisationId } = options;
  const notes = options.checkpoints
    ? readCheckpoints(options.checkpoints.file, organisationId, options.checkpoints.publicKey).notes
    : [];
  const signed: Checkpoint[] = [];
  const findings: Finding[] = [];
  for (const note of notes) {
    if (note.ok) signed.push(note.checkpoint);
    else findings.push({ kind: 'checkpoint', size: note.size, reason: note.reason });
  }
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    const [chain] = await tx<ChainRow[]>`select * from audit_chain where organisation_id = ${organisationId}`;
    const known = Number(chain?.checkpoint_number ?? 0);
    if (options.checkpoints && known > (signed.at(-1)?.size ?? 0))
      findings.push({ kind: 'checkpoints-lost', number: known });
    const check = new ChainCheck(signed);
    let events = 0;
    const add = (list: readonly { number: number; hash: Buffer | null; text: string }[]) => {
      for (const { number, hash, text } of list) check.add(number, hash, text);
      events += list.length;
      options.onProgress?.(events);
    };
    const archives = await tx<{ first_number: string; last_number: string; sha256: string }[]>`
      select first_number, last_number, sha256 from audit_archive
       where organisation_id = ${organisationId} order by first_number`;
    for (const archive of archives) {
      try {
        if (!options.files) throw new Error('no file store');
        const bytes = await options.files.get(organisationId, archive.sha256);
        for await (const list of archivedEvents(bytes)) add(list);
      } catch {
        const [first, last] = [Number(archive.first_number), Number(archive.last_number)];
        findings.push({ kind: 'archive', first, last });
      }
    }
    const archived = events;
    for await (const list of storedEvents(tx, organisationId)) add(list);
    const head = chain ? { number: Number(chain.number), hash: chain.hash } : null;
    findings.push(...check.end(head));
    const agreed = signed.findLast(({ size }) => size === check.checkedAgainst);
    return {
      organisationId,
      events,
      archived,
      startedAfter: Number(chain?.started_after ?? 0),
      checkpoints: signed.length,
      agreed: agreed ? { size: agreed.size, at: agreed.at } : null,
      findings
    };
  });
}

/** Every organisation that has, or by its checkpoints once had, a trail. */
export async function organisationsWithTrail(sql: postgres.Sql, files: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select organisation_id as id from audit_chain union select organisation_id from audit_archive
    union select distinct organisation_id from audit_event`;
  return [...new Set([...rows.map(({ id }) => id), ...files])].sort();
}
