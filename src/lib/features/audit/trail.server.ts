import { sql } from 'drizzle-orm';
import { eventText, type AuditEvent } from './event.ts';

/** Drizzle, as far as it is needed here. */
export interface Reader {
  execute(query: ReturnType<typeof sql>): PromiseLike<{ rows: Record<string, unknown>[] }>;
}

export interface TrailEvent {
  number: number;
  hash: Buffer;
  text: string;
  event: AuditEvent;
}

const pageSize = 2_000;

/** Events of the table with `after` < number ≤ `upTo`, in order, a page at a time. */
export async function* trailEvents(
  rows: Reader,
  organisationId: string,
  after: number,
  upTo: number
): AsyncGenerator<TrailEvent[]> {
  for (let last = after; last < upTo;) {
    const page = await rows.execute(sql`
      select * from audit_event
       where organisation_id = ${organisationId}::uuid and number > ${last} and number <= ${upTo}
       order by number limit ${pageSize}`);
    if (page.rows.length === 0) return;
    const events = page.rows.map(trailEvent);
    yield events;
    last = events.at(-1)!.number;
  }
}

function trailEvent(row: Record<string, unknown>): TrailEvent {
  const text = (name: string) => String(row[name]);
  const maybe = (name: string) => (row[name] === null ? null : String(row[name]));
  const event: AuditEvent = {
    action: text('action'),
    actorId: text('actor_id'),
    actorKind: text('actor_kind'),
    actorOrganisationId: text('actor_organisation_id'),
    actorRole: maybe('actor_role'),
    at: new Date(row['at'] as string | Date).toISOString(),
    consultId: maybe('consult_id'),
    detail: row['detail'],
    id: text('id'),
    ip: text('ip'),
    organisationId: text('organisation_id'),
    outcome: text('outcome'),
    patientId: maybe('patient_id'),
    requestId: text('request_id'),
    subjectId: text('subject_id'),
    subjectType: text('subject_type')
  };
  const hash = row['hash'] as Buffer | null;
  return { number: Number(row['number']), hash: hash ?? Buffer.alloc(0), text: eventText(event), event };
}
