// Many tenants' transactions over few connections: nothing of one is seen by another, whatever was on the connection
// before.
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MemberActor, PatientLinkActor, SystemActor } from '#lib/kernel/actor.ts';
import { systemClock } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import { notes, patients } from '#lib/features/patients/tables.server.ts';
import { clinics, organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { openPool, type DatabasePool } from '../../server/db/pool.ts';
import { useDatabase } from '../support/database.ts';
import { silent } from '../support/silent.ts';

const database = useDatabase();
const tenantCount = 24;
const connections = 3;
const transactions = 10_000;
/** At the same time; far more than connections, so that each connection goes from tenant to tenant. */
const lanes = 16;

interface Tenant {
  organisationId: string;
  patientIds: string[];
  member: MemberActor;
}
const tenants: Tenant[] = [];
let pool: DatabasePool;
let owner: postgres.Sql;

const callOf = (actor: MemberActor | PatientLinkActor | SystemActor) => ({
  db: pool.db,
  clock: systemClock,
  actor,
  request: { id: 'interleaved', ip: '127.0.0.1' }
});

beforeAll(async () => {
  pool = openPool({ url: database.appUrl, max: connections, log: silent });
  owner = postgres(database.ownerUrl, { max: 1, onnotice: () => {} });
  for (let n = 0; n < tenantCount; n++) {
    const [organisationId, clinicId] = [newId(), newId()];
    const patientIds = [newId(), newId()];
    const names = { name: `门诊 ${n}`, nameEn: `Clinic ${n}` };
    await inTransaction(callOf({ kind: 'system', organisationId, reason: 'test' }), async ({ rows }) => {
      await rows.insert(organisations).values({ id: organisationId, ...names, kind: 'clinic' });
      await rows.insert(clinics).values({ id: clinicId, organisationId, ...names });
      await rows.insert(patients).values(
        patientIds.map((id, i) => ({
          ...{ id, organisationId, clinicId, number: `P${i}`, name: '王' },
          ...{ sex: 'female' as const, birthDate: '1960-01-01', phone: { sealed: 'not opened here' } }
        }))
      );
    });
    const userId = newId();
    const member: MemberActor = {
      ...{ kind: 'member', userId, memberId: newId(), organisationId, clinicId, role: 'dentist' },
      ...{ specialty: null, name: '甲', sessionId: 'test' }
    };
    tenants.push({ organisationId, patientIds, member });
  }
});
afterAll(() => Promise.all([pool.end(), owner.end()]));

class Undone extends Error {}

/** One transaction as some use case makes it. @returns what it saw that is not its own */
async function act({ organisationId, patientIds, member }: Tenant, turn: number): Promise<string[]> {
  const foreign: string[] = [];
  const see = (what: string, rows: readonly { organisationId: string }[], atLeast: number) => {
    for (const row of rows) if (row.organisationId !== organisationId) foreign.push(what);
    if (rows.length < atLeast) foreign.push(`${what}: only ${rows.length} of its own`);
  };
  try {
    await inTransaction(callOf(member), async ({ rows }) => {
      see('patient', await rows.select({ organisationId: patients.organisationId }).from(patients), 2);
      if (turn % 4 === 0)
        await rows.insert(notes).values({
          ...{ organisationId, patientId: patientIds[0]!, text: '36 叩痛', authorId: member.userId },
          ...{ authorName: member.name, writtenAt: new Date() }
        });
      see('note', await rows.select({ organisationId: notes.organisationId }).from(notes).limit(50), 0);
      if (turn % 8 === 0) throw new Undone();
      // A statement that fails in the middle leaves the connection in an aborted transaction.
      if (turn % 97 === 0) await rows.execute(sql`select 1 / 0`);
    });
  } catch (error) {
    const failed = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (!(error instanceof Undone) && !String(failed).includes('division by zero')) throw error;
  }
  return foreign;
}

test('[TE-2] 10,000 interleaved transactions of 24 tenants over 3 connections see no row of another', async () => {
  let started = 0;
  const foreign: string[] = [];
  const lane = async () => {
    for (let turn = started++; turn < transactions; turn = started++) {
      // Neighbours in time are never the same tenant.
      foreign.push(...(await act(tenants[(turn * 7) % tenantCount]!, turn)));
      if (turn % 50 === 0) {
        // Outside any transaction the connection belongs to nobody.
        const { rows } = await pool.db.execute(sql`select count(*)::int as n from patient`);
        if (rows[0]!['n'] !== 0) foreign.push(`${String(rows[0]!['n'])} patients without a tenant`);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  expect(foreign).toEqual([]);
  const [kept] = await owner<{ notes: number; astray: number }[]>`
    select count(*)::int as notes,
           count(*) filter (where n.organisation_id <> p.organisation_id)::int as astray
      from note n join patient p on p.id = n.patient_id`;
  const wrote = Array.from({ length: transactions }, (_, turn) => turn).filter(
    (turn) => turn % 8 === 4 && turn % 97 !== 0
  );
  expect(kept).toEqual({ notes: wrote.length, astray: 0 });
}, 180_000);

test('a tenant can neither write a row for another nor move one of its own to another', async () => {
  const [one, other] = [tenants[0]!, tenants[1]!];
  const state = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) =>
        (error instanceof Error && (error.cause as { code?: string } | undefined)?.code) ?? error
    );
  const mine = callOf(one.member);
  expect(
    await state(
      inTransaction(mine, ({ rows }) =>
        rows.insert(notes).values({
          ...{ organisationId: other.organisationId, patientId: other.patientIds[0]!, text: 'x' },
          ...{ authorId: newId(), authorName: 'x', writtenAt: new Date() }
        })
      )
    )
  ).toBe('42501');
  expect(
    await state(
      inTransaction(mine, ({ rows }) =>
        rows.execute(sql`update patient set organisation_id = ${other.organisationId}::uuid`)
      )
    )
  ).toBe('42501');
  const { rowCount } = await inTransaction(mine, ({ rows }) =>
    rows.execute(sql`update patient set name = 'x' where organisation_id = ${other.organisationId}::uuid`)
  );
  expect(rowCount).toBe(0);
});
