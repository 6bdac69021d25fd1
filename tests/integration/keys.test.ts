import { randomBytes } from 'node:crypto';
import { getTableName, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import { addPatient, listPatients, readPatient } from '#lib/features/patients/patients.server.ts';
import * as patientTables from '#lib/features/patients/tables.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { composeKeys } from '../../server/compose-keys.ts';
import { checkMasterKey } from '../../server/keys/check.ts';
import { pushSubscriptions } from '#lib/features/notifications/tables.server.ts';
import { callEncryptions } from '#lib/features/consults/encryption-tables.server.ts';
import { retireKeys, rotateKeys, type RotationParts } from '../../server/keys/rotate.ts';
import { sealAtRest } from '../../server/keys/seal-at-rest.ts';
import { sealedTables } from '../../server/keys/sealed-tables.ts';
import { refusal } from '../support/refusal.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;

const quickly = { settleMs: 0 };

function parts(): RotationParts {
  const { services } = world;
  return {
    // The app's own go on for seconds with what they have read; these are the rotating process's.
    ...freshKeys(),
    systemDb: services.systemDb,
    audit: async (organisationId, action, detail) => {
      const actor = { kind: 'system' as const, organisationId, reason: 'key rotation' };
      await inTransaction(world.as(actor), (tx) =>
        tx.audit({ action, subject: { type: 'keys', id: organisationId }, detail })
      );
    }
  };
}
/** As another process would have them: same master key, nothing read yet. */
function freshKeys(masterKey = world.masterKey) {
  const { db, systemDb, clock, log } = world.services;
  const config = { dataDir: world.folder, masterKey, olderMasterKeys: [], vault: null };
  return composeKeys({ config, localKeys: [masterKey], db, systemDb, clock, log });
}

async function newPatient(phone: string, nationalId?: string) {
  const { reception } = world.people;
  const input = { clinicId: world.clinicId, name: '赵敏', sex: 'female' as const, birthDate: '1990-01-02' };
  return addPatient(world.as(reception), { ...input, phone, nationalId, address: '清河镇 1 号' });
}
const phoneOf = async (id: string) => (await readPatient(world.as(world.people.reception), id)).patient.phone;
const stored = async (id: string) => (await owner`select * from patient where id = ${id}`)[0]!;
const refusals = () =>
  owner`select subject_id, detail from audit_event where action = 'sealed-value.refuse' order by number`;

test('[PA-7] nothing of phone, national id or address can be read in the table; it is found by the exact value', async () => {
  const { id } = await newPatient('13912345678', '11010519491231002X');
  const row = JSON.stringify(await stored(id));
  for (const plain of ['13912345678', '5678"', '11010519491231002', '清河镇'])
    expect(row).not.toContain(plain);
  expect(await phoneOf(id)).toBe('13912345678');
  const find = async (query: string) =>
    (await listPatients(world.as(world.people.reception), query)).map((one) => one.id);
  for (const query of ['13912345678', '139 1234 5678', '+8613912345678', '11010519491231002x'])
    expect(await find(query)).toEqual([id]);
  expect(await find('1391234567')).toEqual([]);
  expect(await listPatients(world.as(world.people.stranger), '13912345678')).toEqual([]);
});

test('[PA-7] equal phones of two organisations have unequal hashes', async () => {
  const { fields } = world.services;
  const hash = async (organisationId: string) =>
    (await fields.index({ organisationId, table: 'patient', column: 'phone' }, '13912345678'))[0];
  expect(await hash(world.people.li.organisationId)).not.toBe(await hash(world.hospitalId));
});

test('[KEY-2] a value moved to another row, column or organisation is refused, logged and audited; never shown', async () => {
  const one = await newPatient('13911110001', '11010519491231002X');
  const two = await newPatient('13911110002');
  const [first, second] = [await stored(one.id), await stored(two.id)];
  const before = (await refusals()).length;

  await owner`update patient set phone = ${second['phone']} where id = ${one.id}`;
  expect(await refusal(phoneOf(one.id))).toBe('sealed_value_refused');
  await owner`update patient set phone = ${first['national_id']} where id = ${one.id}`;
  expect(await refusal(phoneOf(one.id))).toBe('sealed_value_refused');
  const foreign = await world.services.fields.seal(
    { organisationId: world.hospitalId, table: 'patient', column: 'phone', rowId: one.id },
    '13900000000'
  );
  await owner`update patient set phone = ${foreign.sealed} where id = ${one.id}`;
  expect(await refusal(phoneOf(one.id))).toBe('sealed_value_refused');
  await owner`update patient set phone = '13900000000' where id = ${one.id}`;
  expect(await refusal(phoneOf(one.id))).toBe('sealed_value_refused');
  const text = first['phone'] as string;
  const flipped = `${text.slice(0, -6)}${text.at(-6) === 'A' ? 'B' : 'A'}${text.slice(-5)}`;
  await owner`update patient set phone = ${flipped} where id = ${one.id}`;
  expect(await refusal(phoneOf(one.id))).toBe('sealed_value_refused');

  const told = (await refusals()).slice(before);
  expect(told.map((row) => row['subject_id'])).toEqual(Array.from({ length: 5 }, () => one.id));
  expect(told.map((row) => (row['detail'] as { reason: string }).reason)).toEqual([
    'content',
    'content',
    'key',
    'form',
    'content'
  ]);
  await owner`update patient set phone = ${text} where id = ${one.id}`;
  expect(await phoneOf(one.id)).toBe('13911110001');
});

test('[KEY-3] the app’s role cannot reach the data keys', async () => {
  const { li } = world.people;
  const rows = await inTransaction(world.as(li), (tx) => tx.rows.execute(sql`select * from data_key`));
  expect(rows.rows).toEqual([]);
  const change = inTransaction(world.as(li), (tx) => tx.rows.execute(sql`update data_key set state = 'old'`));
  await expect(change).rejects.toMatchObject({ cause: { code: '42501' } });
});

test('[KEY-4] every encrypted column is on the list that start and rotation work through', () => {
  const listed = sealedTables.flatMap(({ table, columns }) =>
    columns.map(({ column }) => `${table}.${column}`)
  );
  const found = Object.values({ ...patientTables, callEncryptions, pushSubscriptions }).flatMap((table) =>
    Object.values(table)
      .filter((column) => column?.getSQLType?.() === 'text' && column.columnType === 'PgCustomColumn')
      .map((column) => `${getTableName(table)}.${column.name}`)
  );
  expect(listed.toSorted()).toEqual(found.toSorted());
  expect(listed).toHaveLength(7);
});

test('[KEY-5] another master key is told in one sentence, and changes nothing', async () => {
  const before = await owner`select * from data_key order by id`;
  const { wrapper } = freshKeys(randomBytes(32));
  await expect(checkMasterKey(world.services.systemDb, wrapper)).rejects.toThrow(
    /master key local:[0-9a-f]{16}, which is not in MASTER_KEY: put that key back from the backup/
  );
  expect(await owner`select * from data_key order by id`).toEqual(before);
});

test('[KEY-6] rotation runs beside readers and writers; nobody ever misses a row', async () => {
  const ids = await Promise.all(Array.from({ length: 30 }, (_, i) => newPatient(`1370000${1000 + i}`)));
  const file = await putFile('before');
  let going = true;
  const wrong: unknown[] = [];
  let reads = 0;
  const reader = (async () => {
    for (let i = 0; going; i++) {
      const at = i % ids.length;
      const phone = `1370000${1000 + at}`;
      // As a process that reads its keys as seldom as allowed, and as one that has just begun.
      const keys = i % 2 ? world.keys : freshKeys();
      const call = { ...world.as(world.people.reception), fields: keys.fields };
      const { patient } = await readPatient(call, ids[at]!.id);
      const found = await listPatients(call, phone);
      if (patient.phone !== phone || found.length !== 1) wrong.push({ phone, found: found.length });
      reads++;
    }
  })();
  const written: string[] = [];
  const writer = (async () => {
    for (let i = 0; going; i++) written.push((await newPatient(`1360000${1000 + i}`)).id);
  })();
  const report = await rotateKeys(parts(), { settleMs: 5_200 });
  going = false;
  await Promise.all([reader, writer]);
  expect(wrong).toEqual([]);
  expect(reads).toBeGreaterThan(10);
  expect(report).toMatchObject({ resumed: false, files: 1 });
  expect(report.rows).toBeGreaterThan(30);
  expect(report.retirable.length).toBeGreaterThan(0);
  expect(await readFile(file)).toBe('before');
  const [{ keys }] = await owner<[{ keys: number }]>`
    select count(distinct split_part(phone, '.', 2))::int as keys from patient where organisation_id = ${world.people.li.organisationId}`;
  expect(keys).toBe(1);
  expect(written.length).toBeGreaterThan(0);
  const [trail] = await owner`select count(*)::int as n from audit_event where action = 'keys.rotate-end'`;
  expect(trail!['n']).toBe(report.organisations);
}, 60_000);

test('[KEY-7] broken off anywhere it is finished by the next run, and all can be read meanwhile', async () => {
  const ids = await Promise.all(Array.from({ length: 5 }, (_, i) => newPatient(`1350000${1000 + i}`)));
  const file = await putFile('kept');
  const readable = async () => {
    for (const [i, { id }] of ids.entries())
      expect(
        (await readPatient({ ...world.as(world.people.li), fields: freshKeys().fields }, id)).patient.phone
      ).toBe(`1350000${1000 + i}`);
    expect(await readFile(file)).toBe('kept');
  };
  const keysBefore = Number((await owner`select count(*) as n from data_key`)[0]!['n']);
  // Broken off once the keys are known, then once rows are being sealed, then at the files.
  for (const point of ['known', 'rows', 'files']) {
    const stop = new AbortController();
    const onProgress = (detail: string) => {
      if (detail.includes(point)) stop.abort();
    };
    await expect(rotateKeys(parts(), { ...quickly, signal: stop.signal, onProgress })).rejects.toThrow(
      /abort/i
    );
    await readable();
  }
  const report = await rotateKeys(parts(), quickly);
  expect(report.resumed).toBe(true);
  await readable();
  const organisations = Number(
    (await owner`select count(distinct organisation_id) as n from data_key`)[0]!['n']
  );
  expect(Number((await owner`select count(*) as n from data_key`)[0]!['n'])).toBe(keysBefore + organisations);

  const retired = await retireKeys(parts());
  expect(retired.toSorted()).toEqual(report.retirable.toSorted());
  await readable();
  expect(Number((await owner`select count(*) as n from data_key`)[0]!['n'])).toBe(organisations);
});

test('[KEY-1] what an earlier version kept in the clear is sealed at the start, and plain values are refused from then on', async () => {
  const { organisationId } = world.people.li;
  const ids: string[] = [];
  for (let i = 0; i < 450; i++) ids.push(newId());
  await owner`insert into patient ${owner(
    ids.map((id, i) => ({
      id,
      organisation_id: organisationId,
      clinic_id: world.clinicId,
      number: `OLD${i}`,
      name: '旧',
      sex: 'male',
      birth_date: '1950-01-01',
      phone: `1330000${1000 + i}`,
      email: `old${i}@example.org`
    }))
  )}`;
  const steps: string[] = [];
  const options = {
    ownerUrl: world.database.ownerUrl,
    systemDb: world.services.systemDb,
    fields: freshKeys().fields,
    onProgress: (detail: string) => void steps.push(detail)
  };
  await sealAtRest(options);
  expect(steps.length).toBeGreaterThan(2);
  expect((await stored(ids[7]!))['email']).toMatch(/^cf1\./);
  expect(await phoneOf(ids[7]!)).toBe('13300001007');
  const [found] = await listPatients(world.as(world.people.reception), '13300001449');
  expect(found?.id).toBe(ids[449]);
  await expect(owner`update patient set phone = '13300001007' where id = ${ids[7]!}`).rejects.toMatchObject({
    code: '23514'
  });
  steps.length = 0;
  await sealAtRest(options);
  expect(steps).toEqual([]);
});

async function putFile(text: string): Promise<string> {
  const stored = await world.keys.files.put(
    world.people.li.organisationId,
    (async function* () {
      yield Buffer.from(text);
    })(),
    { maxBytes: 1000 }
  );
  return stored.sha256;
}
async function readFile(sha256: string): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of await freshKeys().files.get(world.people.li.organisationId, sha256))
    parts.push(part);
  return Buffer.concat(parts).toString();
}
