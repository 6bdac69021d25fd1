import type { Readable } from 'node:stream';
import type postgres from 'postgres';
import { isId } from '#lib/kernel/ids.ts';
import { eventText, type AuditEvent } from '#lib/features/audit/event.ts';

export interface StoredEvent {
  number: number;
  hash: Buffer | null;
  text: string;
}

/**
 * All events of an organisation in the order of their numbers, as fast as they are taken. Read by COPY: at
 * millions of events the driver's row parsing would be most of the work.
 */
export async function* storedEvents(
  sql: postgres.TransactionSql,
  organisationId: string
): AsyncGenerator<StoredEvent[]> {
  if (!isId(organisationId)) throw new Error('not an organisation');
  const query = `
    copy (select number, encode(hash, 'hex'), action, actor_id, actor_kind, actor_organisation_id, actor_role,
                 (extract(epoch from at) * 1000)::bigint, consult_id, detail, id, ip, organisation_id, outcome,
                 patient_id, request_id, subject_id, subject_type
            from audit_event where organisation_id = '${organisationId}' order by number)
      to stdout`;
  const rows: Readable = await sql.unsafe(query).readable();
  // Bytes are cut at line ends before they become text, so that no character is cut in two.
  let rest = Buffer.alloc(0);
  for await (const part of rows as AsyncIterable<Buffer>) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, part]) : part;
    const end = bytes.lastIndexOf(10) + 1;
    rest = Buffer.from(bytes.subarray(end));
    if (end > 0)
      yield bytes
        .toString('utf8', 0, end - 1)
        .split('\n')
        .map(parse);
  }
}

function parse(line: string): StoredEvent {
  const escaped = line.includes('\\');
  const fields: (string | null)[] = escaped ? line.split('\t').map(unescape) : line.split('\t');
  const text = (i: number) => fields[i] ?? '';
  const detail = text(9);
  const event: AuditEvent = {
    action: text(2),
    actorId: text(3),
    actorKind: text(4),
    actorOrganisationId: text(5),
    actorRole: fields[6] ?? null,
    at: new Date(Number(fields[7])).toISOString(),
    consultId: fields[8] ?? null,
    detail: detail === '{}' ? empty : (JSON.parse(detail) as unknown),
    id: text(10),
    ip: text(11),
    organisationId: text(12),
    outcome: text(13),
    patientId: fields[14] ?? null,
    requestId: text(15),
    subjectId: text(16),
    subjectType: text(17)
  };
  const hash = fields[1] ?? null;
  return {
    number: Number(fields[0]),
    hash: hash === null ? null : Buffer.from(hash, 'hex'),
    text: eventText(event)
  };
}

const empty = {};
const letters: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescape(field: string): string | null {
  if (field === '\\N') return null;
  return field.includes('\\') ? field.replace(/\\(.)/gs, (_, c: string) => letters[c] ?? c) : field;
}
