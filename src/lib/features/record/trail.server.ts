import { and, desc, eq, ilike, inArray, lt, or, sql, type SQL } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { mayReadTrail } from '#lib/features/audit/policy.server.ts';
import { auditChains, auditEvents } from '#lib/features/audit/tables.server.ts';
import { expertListings, members } from '#lib/features/identity/tables.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { csvCell } from '#lib/kernel/csv.ts';
import { type ChainState, type TrailFilter, type TrailLine, type TrailView } from './trail.ts';

const pageSize = 50;
const exportPage = 1_000;
const mostMatchingPatients = 50;

type TrailCall = Call<never, MemberActor>;

/** [AU-11] One page of the organisation's trail, newest first, and how its chain stands. @throws AppError `forbidden` */
export async function readTrail(call: TrailCall, filter: TrailFilter): Promise<TrailView> {
  if (!mayReadTrail(call.actor)) throw fail('forbidden');
  const { organisationId } = call.actor;
  return inTransaction(call, async (tx) => {
    const lines = await page(tx, organisationId, filter, pageSize + 1);
    const people = await tx.rows
      .select({ id: members.userId, name: members.name })
      .from(members)
      .where(eq(members.organisationId, organisationId))
      .orderBy(members.name);
    const [chain] = await tx.rows
      .select()
      .from(auditChains)
      .where(eq(auditChains.organisationId, organisationId));
    await tx.audit({
      action: 'audit.read',
      subject: { type: 'organisation', id: organisationId },
      detail: { filters: Object.keys(filter).sort() }
    });
    const shown = lines.slice(0, pageSize);
    const next = lines.length > pageSize ? shown.at(-1)!.number : null;
    return { lines: shown, next, chain: chain ? chainState(chain) : null, people };
  });
}

/** What the export says in the reader's language. */
export interface ExportWords {
  head: readonly string[];
  action: (action: string) => string;
  actor: (line: TrailLine) => string;
  organisation: (line: TrailLine) => string;
}

/**
 * [AU-11] All events the filter lets through as CSV for spreadsheets, newest first, as fast as they are taken.
 * That it was exported is in the trail before the first byte leaves. @throws AppError `forbidden`
 */
export async function exportTrail(
  call: TrailCall,
  filter: TrailFilter,
  words: ExportWords
): Promise<AsyncIterable<Uint8Array>> {
  if (!mayReadTrail(call.actor)) throw fail('forbidden');
  const { organisationId } = call.actor;
  await inTransaction(call, (tx) =>
    tx.audit({
      action: 'audit.export',
      subject: { type: 'organisation', id: organisationId },
      detail: { filters: Object.keys(filter).sort() }
    })
  );
  return csv(call, filter, words);
}

async function* csv(call: TrailCall, filter: TrailFilter, words: ExportWords): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  // The mark by which spreadsheets know UTF-8.
  yield encoder.encode(`\ufeff${words.head.map(csvCell).join(',')}\r\n`);
  for (let before = filter.before; ;) {
    const narrowed = before === undefined ? filter : { ...filter, before };
    const lines = await inTransaction(call, (tx) =>
      page(tx, call.actor.organisationId, narrowed, exportPage)
    );
    if (lines.length === 0) return;
    const text = lines.map((line) =>
      [
        line.number,
        line.at,
        words.actor(line),
        line.role,
        words.organisation(line),
        words.action(line.action),
        line.action,
        line.outcome,
        line.patient?.number ?? null,
        line.patient?.name ?? null,
        line.subjectType,
        line.subjectId,
        line.consultId,
        line.ip
      ]
        .map(csvCell)
        .join(',')
    );
    yield encoder.encode(`${text.join('\r\n')}\r\n`);
    before = lines.at(-1)!.number;
  }
}

async function page(
  tx: Tx,
  organisationId: string,
  filter: TrailFilter,
  limit: number
): Promise<TrailLine[]> {
  const e = auditEvents;
  const where: (SQL | undefined)[] = [
    eq(e.organisationId, organisationId),
    filter.before === undefined ? undefined : lt(e.number, filter.before),
    filter.person ? eq(e.actorId, filter.person) : undefined,
    filter.action ? eq(e.action, filter.action) : undefined,
    filter.outcome ? eq(e.outcome, filter.outcome) : undefined,
    filter.from ? sql`${e.at} >= ${dayStart(organisationId, filter.from, 0)}` : undefined,
    filter.to ? sql`${e.at} < ${dayStart(organisationId, filter.to, 1)}` : undefined
  ];
  if (filter.patient) {
    const found = await matchingPatients(tx, organisationId, filter.patient);
    if (found.length === 0) return [];
    where.push(inArray(e.patientId, found));
  }
  const rows = await tx.rows
    .select({
      event: e,
      member: members.name,
      expert: expertListings.name,
      organisation: organisations.name,
      organisationEn: organisations.nameEn,
      patient: { id: patients.id, name: patients.name, number: patients.number }
    })
    .from(e)
    .leftJoin(
      members,
      and(eq(members.organisationId, e.actorOrganisationId), sql`${members.userId}::text = ${e.actorId}`)
    )
    .leftJoin(
      expertListings,
      and(
        eq(expertListings.organisationId, e.actorOrganisationId),
        sql`${expertListings.userId}::text = ${e.actorId}`
      )
    )
    .leftJoin(organisations, eq(organisations.id, e.actorOrganisationId))
    .leftJoin(patients, and(eq(patients.organisationId, e.organisationId), eq(patients.id, e.patientId)))
    .where(and(...where))
    .orderBy(desc(e.number))
    .limit(limit);
  return rows.map(({ event, member, expert, organisation, organisationEn, patient }) => ({
    number: event.number,
    at: event.at.toISOString(),
    name: member ?? expert,
    kind: event.actorKind,
    role: event.actorKind === 'member' ? event.actorRole : null,
    organisation,
    organisationEn,
    own: event.actorOrganisationId === organisationId,
    action: event.action,
    outcome: event.outcome,
    patient,
    subjectType: event.subjectType,
    subjectId: event.subjectId,
    consultId: event.consultId,
    ip: event.ip
  }));
}

async function matchingPatients(tx: Tx, organisationId: string, text: string): Promise<string[]> {
  const like = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  const rows = await tx.rows
    .select({ id: patients.id })
    .from(patients)
    .where(
      and(
        eq(patients.organisationId, organisationId),
        or(ilike(patients.name, like), ilike(patients.number, like))
      )
    )
    .limit(mostMatchingPatients);
  return rows.map(({ id }) => id);
}

/** Midnight in the organisation's zone. */
function dayStart(organisationId: string, day: string, later: number): SQL {
  return sql`((${day}::date + ${later}::int)::timestamp at time zone
    (select time_zone from organisation where id = ${organisationId}::uuid))`;
}

function chainState(row: typeof auditChains.$inferSelect): ChainState {
  const { number, verifiedNumber, checkpointNumber, brokenNumber, startedAfter, archivedNumber } = row;
  return {
    number,
    verifiedNumber,
    verifiedAt: row.verifiedAt?.toISOString() ?? null,
    checkpointNumber,
    checkpointAt: row.checkpointAt?.toISOString() ?? null,
    brokenNumber,
    startedAfter,
    archivedNumber
  };
}
