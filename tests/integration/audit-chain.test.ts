import postgres from 'postgres';
import { sql as query } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SystemActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { eventText } from '#lib/features/audit/event.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { migrate } from '../../server/db/migrate.ts';
import { storedEvents } from '../../server/audit/rows.ts';
import { verify } from '../support/audit.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;
let organisationId: string;

beforeEach(() => {
  organisationId = newId();
});

const awkward = 'x"y\\z\u0001\b\u007f\t\n\r é 牙 😀 \u2028';

async function write(count: number, organisation = organisationId): Promise<void> {
  const actor: SystemActor = { kind: 'system', organisationId: organisation, reason: awkward };
  for (let i = 0; i < count; i++)
    await inTransaction(world.as(actor), (tx) =>
      tx.audit({
        action: 'patient.read',
        subject: { type: 'patient', id: awkward },
        patientId: i % 2 ? newId() : null,
        detail: i % 3 ? {} : { count: i, words: [awkward, 'b'], none: null, yes: true, aa: -1.5, b: 'x' }
      })
    );
}

const found = async () => (await verify(world, owner, organisationId)).findings;

describe('the chain', () => {
  it('[AU-5] is whole as written, whatever the events hold', async () => {
    await write(12);
    const report = await verify(world, owner, organisationId);
    expect(report).toMatchObject({ events: 12, findings: [], startedAfter: 0 });
  });

  it('[AU-5] the database and the verification write the same canonical JSON', async () => {
    await write(4);
    const texts: string[] = [];
    await owner.begin(async (tx) => {
      for await (const list of storedEvents(tx, organisationId)) texts.push(...list.map(({ text }) => text));
    });
    const rows = await owner<{ text: string }[]>`
      select audit_text(e) as text from audit_event e where organisation_id = ${organisationId} order by number`;
    expect(rows.map(({ text }) => text)).toEqual(texts);
    expect(texts.length).toBe(4);
    expect(texts[0]).toContain(JSON.stringify(awkward));
    expect(eventText(JSON.parse(texts[0]!))).toBe(texts[0]);
  });

  it('[AU-3] many transactions of several organisations leave no gap and no fork', async () => {
    const organisations = [newId(), newId(), newId()];
    await Promise.all(
      Array.from({ length: 90 }, async (_, i) => {
        const id = organisations[i % 3]!;
        const actor: SystemActor = { kind: 'system', organisationId: id, reason: 'test' };
        const act = inTransaction(world.as(actor), async (tx) => {
          await tx.audit({ action: 'patient.read', subject: { type: 'patient', id: 'a' } });
          await tx.audit({ action: 'chart.read', subject: { type: 'patient', id: 'b' } });
          if (i % 9 === 4) throw new Error('rolled back');
        });
        await act.catch((error: Error) => expect(error.message).toBe('rolled back'));
      })
    );
    for (const id of organisations) {
      const { events, findings } = await verify(world, owner, id);
      expect(findings).toEqual([]);
      const [row] = await owner`select number from audit_chain where organisation_id = ${id}`;
      expect(Number(row!['number'])).toBe(events);
      expect(events % 2).toBe(0);
    }
    const [all] =
      await owner`select count(*)::int as n from audit_event where organisation_id = any(${organisations})`;
    expect(all!['n']).toBe(160);
  });

  it('[AU-9] is checked while the app goes on writing', async () => {
    await write(3);
    const [reports] = await Promise.all([
      Promise.all(Array.from({ length: 5 }, () => verify(world, owner, organisationId))),
      write(30)
    ]);
    for (const { findings } of reports) expect(findings).toEqual([]);
  });
});

it('[AU-6] events from before the chain are put into it once, and the chain says so', async () => {
  await write(6);
  await owner`update audit_event set hash = null where organisation_id = ${organisationId}`;
  await owner`delete from audit_chain where organisation_id = ${organisationId}`;
  await owner`delete from drizzle.applied`;
  await migrate(world.database.ownerUrl);
  await write(2);
  expect(await verify(world, owner, organisationId)).toMatchObject({
    events: 8,
    startedAfter: 6,
    findings: []
  });
  // A second run chains nothing anew: a hash that was taken away later stays a finding.
  await owner`update audit_event set hash = null where organisation_id = ${organisationId} and number = 3`;
  await owner`delete from drizzle.applied`;
  await migrate(world.database.ownerUrl);
  expect(await found()).toEqual([{ kind: 'changed', number: 3 }]);
});

describe('[AU-4] the roles of the application', () => {
  it('cannot write, change or remove an event or the chain but through the one function', async () => {
    await write(1);
    for (const url of [world.database.appUrl, world.database.systemUrl]) {
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      try {
        for (const statement of [
          'delete from audit_event',
          "update audit_event set action = 'x'",
          'update audit_event set hash = null',
          'insert into audit_event select * from audit_event',
          'truncate audit_event',
          'delete from audit_chain',
          'update audit_chain set number = 0',
          "update audit_chain set hash = ''",
          'insert into audit_chain select * from audit_chain',
          'delete from audit_archive',
          'insert into audit_archive select * from audit_archive',
          'drop table audit_event',
          'create or replace function audit_hash(bytea, audit_event) returns bytea language sql as $$ select null::bytea $$'
        ])
          await expect(sql.unsafe(statement), statement).rejects.toMatchObject({ code: '42501' });
      } finally {
        await sql.end();
      }
    }
    expect(await found()).toEqual([]);
  });

  it('cannot write in the name of another organisation', async () => {
    const actor: SystemActor = { kind: 'system', organisationId, reason: 'test' };
    await expect(
      inTransaction(world.as(actor), (tx) =>
        tx.rows.execute(
          query`select audit_append(${JSON.stringify({
            ...{
              id: newId(),
              organisation_id: organisationId,
              at: tx.now,
              actor_kind: 'member',
              actor_id: 'x'
            },
            ...{ actor_organisation_id: newId(), action: 'patient.read', outcome: 'ok' },
            ...{ subject_type: 'patient', subject_id: 'x', ip: '', request_id: '', detail: {} }
          })}::jsonb)`
        )
      )
    ).rejects.toMatchObject({ cause: { code: '42501' } });
  });
});

describe('[AU-9] tampering by whoever owns the database is found in its place', () => {
  const at = (number: number) => owner`organisation_id = ${organisationId} and number = ${number}`;
  beforeEach(() => write(12));

  it.each([
    ['action', "'patient.list'"],
    ['actor_id', "'someone else'"],
    ['actor_kind', "'patient-link'"],
    ['actor_organisation_id', 'gen_random_uuid()'],
    ['actor_role', 'null'],
    ['at', "at - interval '1 ms'"],
    ['outcome', "'denied'"],
    ['subject_type', "'image'"],
    ['subject_id', "'y'"],
    ['patient_id', 'gen_random_uuid()'],
    ['consult_id', 'gen_random_uuid()'],
    ['ip', "'10.0.0.1'"],
    ['request_id', "'z'"],
    ['detail', `'{"count": 4}'`],
    ['id', 'gen_random_uuid()'],
    ['hash', "sha256('x')"],
    ['hash', 'null']
  ])('a changed %s', async (column, value) => {
    await owner.unsafe(
      `update audit_event set ${column} = ${value} where organisation_id = '${organisationId}' and number = 7`
    );
    const findings = await found();
    expect(findings[0]).toEqual({ kind: 'changed', number: 7 });
    if (column !== 'hash') expect(findings).toHaveLength(1);
  });

  it('several changed events, each one', async () => {
    await owner`update audit_event set action = 'x' where organisation_id = ${organisationId} and number in (1, 5, 12)`;
    expect(await found()).toEqual([1, 5, 12].map((number) => ({ kind: 'changed', number })));
  });

  it('a changed event with a hash made to fit', async () => {
    await owner`update audit_event set action = 'x' where ${at(7)}`;
    await owner`update audit_event e set hash = audit_hash(
      (select hash from audit_event where ${at(6)}), e) where ${at(7)}`;
    expect(await found()).toEqual([{ kind: 'changed', number: 8 }]);
  });

  it('deleted events', async () => {
    await owner`delete from audit_event where organisation_id = ${organisationId} and number in (4, 5, 9)`;
    expect(await found()).toEqual([
      { kind: 'missing', first: 4, last: 5, renumbered: false },
      { kind: 'missing', first: 9, last: 9, renumbered: false }
    ]);
  });

  it('deleted events with the numbers closed up', async () => {
    await owner`delete from audit_event where organisation_id = ${organisationId} and number in (4, 5)`;
    for (let n = 6; n <= 12; n++) await owner`update audit_event set number = ${n - 2} where ${at(n)}`;
    await owner`update audit_chain set number = 10 where organisation_id = ${organisationId}`;
    expect(await found()).toEqual([{ kind: 'missing', first: 4, last: 5, renumbered: true }]);
  });

  it.each([
    [3, 9],
    [5, 6]
  ])('events %i and %i in each other’s place, hashes and all', async (a, b) => {
    await owner`update audit_event set number = -1 where ${at(a)}`;
    await owner`update audit_event set number = ${a} where ${at(b)}`;
    await owner`update audit_event set number = ${b} where ${at(-1)}`;
    expect(await found()).toEqual([{ kind: 'reordered', numbers: [a, b] }]);
  });

  it('events in each other’s place, the hashes left where they were', async () => {
    const [a] = await owner`select hash from audit_event where ${at(3)}`;
    const [b] = await owner`select hash from audit_event where ${at(9)}`;
    await owner`update audit_event set number = -1 where ${at(3)}`;
    await owner`update audit_event set number = 3, hash = ${a!['hash']} where ${at(9)}`;
    await owner`update audit_event set number = 9, hash = ${b!['hash']} where ${at(-1)}`;
    expect(await found()).toEqual([{ kind: 'reordered', numbers: [3, 9] }]);
  });

  it('an end that was cut off', async () => {
    await owner`delete from audit_event where organisation_id = ${organisationId} and number > 9`;
    expect(await found()).toEqual([{ kind: 'truncated', first: 10, last: 12 }]);
  });

  it('a whole trail that was removed', async () => {
    await owner`delete from audit_event where organisation_id = ${organisationId}`;
    expect(await found()).toEqual([{ kind: 'truncated', first: 1, last: 12 }]);
  });

  it('an end of the chain that is not its last event', async () => {
    await owner`update audit_chain set hash = sha256('x') where organisation_id = ${organisationId}`;
    expect(await found()).toEqual([{ kind: 'head', number: 12 }]);
  });

  it('an event of another organisation', async () => {
    const other = newId();
    await write(12, other);
    await owner`delete from audit_event where ${at(7)}`;
    await owner`update audit_event set organisation_id = ${organisationId} where organisation_id = ${other} and number = 7`;
    expect(await found()).toEqual([
      { kind: 'changed', number: 7 },
      { kind: 'changed', number: 8 }
    ]);
  });
});
