import { sql } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import { mayReadReaders } from '#lib/features/audit/policy.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import type { AccessView, ReadersView, ReaderView } from './readers.ts';

const mostReaders = 200;

/**
 * [AU-12] Who opened this patient's record, by person, day and consult, newest first, and which consults it was
 * opened to. A patient of another organisation is not found, whoever asks.
 * @throws AppError `forbidden`, `not_found`
 */
export async function readReaders(call: Call, patientId: string): Promise<ReadersView> {
  const { actor } = call;
  // Which patients are the organisation's own, the database says below.
  if (!mayReadReaders(actor, { id: patientId, organisationId: actor.organisationId }))
    throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    if (actor.kind === 'member') {
      const { rows: own } = await tx.rows.execute(
        sql`select 1 from patient where id = ${patientId}::uuid and organisation_id = ${actor.organisationId}::uuid`
      );
      if (own.length === 0) throw fail('not_found');
    }
    const { rows: readers } = await tx.rows.execute(
      sql`select * from record_readers(${patientId}::uuid, ${mostReaders})`
    );
    const { rows: access } = await tx.rows.execute(sql`select * from record_access(${patientId}::uuid)`);
    await tx.audit({ action: 'record.readers', subject: { type: 'patient', id: patientId }, patientId });
    return { readers: readers.map(readerView), access: access.map(accessView) };
  });
}

type Row = Record<string, unknown>;
const maybe = (value: unknown) => (value === null ? null : String(value));
const instant = (value: unknown) => new Date(value as string | Date).toISOString();

function readerView(row: Row): ReaderView {
  return {
    at: instant(row['last_at']),
    times: Number(row['times']),
    kind: row['actor_kind'] as ReaderView['kind'],
    name: maybe(row['actor_name']),
    role: maybe(row['actor_role']),
    own: row['own'] === true,
    organisation: maybe(row['organisation']),
    organisationEn: maybe(row['organisation_en']),
    consult: maybe(row['consult_number']),
    actions: row['actions'] as string[],
    emergency: row['emergency'] === true
  };
}

function accessView(row: Row): AccessView {
  return {
    consult: String(row['consult_number']),
    expert: maybe(row['expert']),
    organisation: maybe(row['organisation']),
    organisationEn: maybe(row['organisation_en']),
    kinds: row['kinds'] as string[],
    from: instant(row['starts_at']),
    until: instant(row['ends_at']),
    open: row['open'] === true
  };
}
