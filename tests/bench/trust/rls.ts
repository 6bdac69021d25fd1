import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { systemClock } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { openPool } from '../../../server/db/pool.ts';
import { fillTable } from '../../support/fill.ts';
import { median, percentile } from '../figures.ts';
import type { Part } from './part.ts';

const tenants = 25;
/**
 * Rounds of all queries, each with row security and without, in one pair. A pair's 95th percentile rests on a
 * twentieth of its samples: of twelve rounds those are four, and the ratio was off by a tenth to either side.
 */
const roundsAPair = 40;

/**
 * `rls_p95_ratio`: the statements of the busiest pages in a transaction as the app makes it, as role `consilium_app`,
 * ÷ the same as a role that bypasses row security and leaves the tenant to the condition in the statement.
 */
export const rlsPart: Part = async ({ ownerUrl, appUrl, db, rows, pairs, log, say }) => {
  const owner = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  const peer = `bench_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  try {
    await owner.unsafe(`create role ${peer} login bypassrls password '${password}'`);
    const [here] = await owner<[{ name: string }]>`select current_database() as name`;
    // As server/db/migrate.ts has it for the app's roles.
    await owner.unsafe(`alter role ${peer} set random_page_cost = 1.1`);
    await owner.unsafe(`grant connect on database "${here.name}" to ${peer}`);
    await owner.unsafe(`grant usage on schema public to ${peer}`);
    await owner.unsafe(`grant select on all tables in schema public to ${peer}`);
    say(`row security: filling five tables with ${rows} rows`);
    const place = await fill(owner, rows);
    const url = Object.assign(new URL(appUrl), { username: peer, password }).href;
    const bypassing = openPool({ url, max: 4, log });
    try {
      const [on, off]: [number[], number[]] = [[], []];
      const ratios: number[] = [];
      await round(db, place);
      await round(bypassing.db, place);
      for (let pair = 0; pair < pairs; pair++) {
        const [a, b]: [number[], number[]] = [[], []];
        for (let i = 0; i < roundsAPair; i++) {
          // They take turns at being first.
          if (i % 2 === 0) a.push(...(await round(db, place)));
          b.push(...(await round(bypassing.db, place)));
          if (i % 2 === 1) a.push(...(await round(db, place)));
        }
        ratios.push(percentile(a, 95) / percentile(b, 95));
        on.push(...a);
        off.push(...b);
      }
      return {
        rows: [
          { name: 'query, row security on (µs)', samples: on.map((ms) => ms * 1000) },
          { name: 'query, row security off (µs)', samples: off.map((ms) => ms * 1000) }
        ],
        figures: [{ name: 'rls_p95_ratio', value: median(ratios), unit: 'ratio' }]
      };
    } finally {
      await bypassing.end();
    }
  } finally {
    await owner.unsafe(`drop owned by ${peer}`);
    await owner.unsafe(`drop role ${peer}`);
    await owner.end();
  }
};

interface Place {
  organisationId: string;
  clinicId: string;
  userId: string;
  patientIds: string[];
}

async function fill(owner: postgres.Sql, rows: number): Promise<Place> {
  const [organisationId, clinicId, userId] = [newId(), newId(), newId()];
  const all = [organisationId, ...Array.from({ length: tenants - 1 }, newId)];
  const organisation_id = `(array['${all.join("','")}']::uuid[])[n % ${tenants} + 1]`;
  const clinic_id = `'${clinicId}'::uuid`;
  await fillTable(owner, 'patient', rows, {
    organisation_id,
    clinic_id,
    number: "'B' || n",
    name: "'王' || n",
    sex: "'male'"
  });
  // Of the first patients of each tenant, some notes each.
  const patient_id = `(select id from patient where organisation_id = '${organisationId}' and number = 'B' || (n / 200 * ${tenants} % ${rows} + ${tenants}))`;
  await fillTable(owner, 'note', rows, {
    organisation_id,
    patient_id: `coalesce(${patient_id}, gen_random_uuid())`
  });
  await fillTable(owner, 'appointment', rows, {
    ...{ organisation_id, clinic_id },
    ends_at: "now() - n * interval '1 minute' + interval '1 minute'"
  });
  await fillTable(owner, 'notification', rows, {
    organisation_id,
    user_id: `case n % 50 when 0 then '${userId}'::uuid else gen_random_uuid() end`
  });
  await fillTable(owner, 'audit_event', rows, { organisation_id, number: `${Date.now()}::bigint + n` });
  await owner`vacuum analyze`;
  const found = await owner<{ id: string }[]>`
    select id from patient where organisation_id = ${organisationId} order by number limit 200`;
  return { organisationId, clinicId, userId, patientIds: found.map(({ id }) => id) };
}

let turn = 0;

/** One transaction for each statement. @returns milliseconds of each */
async function round(
  db: Database,
  { organisationId, clinicId, userId, patientIds }: Place
): Promise<number[]> {
  const patientId = patientIds[turn++ % patientIds.length]!;
  const from = new Date(Date.now() - 3 * 86_400_000).toISOString();
  const to = new Date(Date.now() - 2 * 86_400_000).toISOString();
  const own = sql`organisation_id = ${organisationId}::uuid`;
  const statements = [
    sql`select id, number, name, sex, birth_date from patient where ${own} order by name limit 50`,
    sql`select id, number, name from patient where ${own} and name ilike ${`%王${turn % 1_000}%`} order by name limit 50`,
    sql`select * from patient where ${own} and id = ${patientId}::uuid`,
    sql`select * from note where ${own} and patient_id = ${patientId}::uuid order by written_at desc limit 200`,
    sql`select * from appointment where ${own} and clinic_id = ${clinicId}::uuid
          and starts_at >= ${from}::timestamptz and starts_at < ${to}::timestamptz order by starts_at`,
    sql`select * from notification where ${own} and user_id = ${userId}::uuid order by created_at desc limit 50`,
    sql`select * from audit_event where ${own} order by number desc limit 51`
  ];
  const actor: MemberActor = {
    ...{ kind: 'member', userId, memberId: userId, organisationId, clinicId, role: 'dentist' },
    ...{ specialty: null, name: '甲', sessionId: 'bench' }
  };
  const call = { db, clock: systemClock, actor, request: { id: 'bench', ip: '127.0.0.1' } };
  const took: number[] = [];
  for (const statement of statements) {
    const began = performance.now();
    await inTransaction(call, ({ rows }) => rows.execute(statement));
    took.push(performance.now() - began);
  }
  return took;
}
