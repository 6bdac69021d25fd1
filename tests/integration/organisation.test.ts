import { beforeAll, expect, test } from 'vitest';
import { book, moveState } from '#lib/features/appointments/book.server.ts';
import { listDay, listForPatient } from '#lib/features/appointments/list.server.ts';
import { chairs } from '#lib/features/appointments/tables.server.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { listConsults, readConsult } from '#lib/features/consults/read.server.ts';
import { memberOf, readWorkplace } from '#lib/features/identity/member.server.ts';
import { placeMember } from '#lib/features/identity/placement.server.ts';
import type { PlacementInput } from '#lib/features/identity/schema.ts';
import { readChart } from '#lib/features/odontogram/record-finding.server.ts';
import { addNote, addPatient, listPatients, readPatient } from '#lib/features/patients/patients.server.ts';
import {
  addClinic,
  addDepartment,
  closeUnit,
  readTree,
  renameUnit,
  reopenUnit
} from '#lib/features/record/tree.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { signedIn } from '../support/doors.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();
const boss = () => world.as<MemberActor>({ ...world.people.boss, clinicIds: null });
const names = (name: string) => ({ name, nameEn: name });
let east: string;
/** A patient of the new clinic in the east. */
let patientId: string;

beforeAll(async () => {
  east = (await addClinic(boss(), names('城东门诊'))).id;
  const person = { sex: 'male' as const, birthDate: '1970-01-01', phone: '13700000000' };
  patientId = (await addPatient(boss(), { ...person, clinicId: east, name: '东方朔' })).id;
  await addNote(boss(), { patientId, text: '东区病历', teeth: [] });
});

/** As the session would bring them after the owner has placed them. */
async function placed(name: 'li' | 'nurse' | 'reception', place: Partial<PlacementInput>) {
  const person = world.people[name];
  await placeMember(boss(), person.memberId, {
    clinicId: world.clinicId,
    departmentId: null,
    reach: 'own',
    clinicIds: [],
    ...place
  });
  const { session } = await signedIn(world, person, {
    email: `${name}@test.invalid`,
    password: testPassword
  });
  return world.as((await memberOf(world.services.systemDb, session, new Date()))!);
}
const seenBy = async (call: ReturnType<typeof boss>) =>
  (await listPatients(call)).map((one) => one.name).sort();

test('[ID-34] the tree is its owner’s: others are refused, other organisations’ parts are not found', async () => {
  const { li, strangerBoss } = world.people;
  const unit = { kind: 'clinic' as const, id: east };
  const acts = (call: ReturnType<typeof boss>) => [
    () => readTree(call),
    () => addClinic(call, names('x')),
    () => addDepartment(call, east, names('x')),
    () => renameUnit(call, unit, names('x')),
    () => closeUnit(call, unit),
    () => reopenUnit(call, unit)
  ];
  for (const act of acts(world.as(li))) expect(await refusal(act())).toBe('forbidden');
  const foreign = world.as(strangerBoss);
  for (const act of acts(foreign).slice(2)) expect(await refusal(act())).toBe('not_found');
  expect((await readTree(foreign)).map((one) => one.id)).not.toContain(east);
});

test('[ID-34] what is used cannot be closed; what is closed takes nothing new, and opens again', async () => {
  const { id: part } = await addDepartment(boss(), east, names('正畸科'));
  const department = { kind: 'department' as const, id: part };
  const clinic = { kind: 'clinic' as const, id: east };
  await renameUnit(boss(), department, names('口腔正畸科'));
  expect(await refusal(closeUnit(boss(), clinic))).toBe('unit_in_use');
  await placed('nurse', { clinicId: east, departmentId: part });
  expect((await readTree(boss())).find((one) => one.id === east)).toMatchObject({
    members: 1,
    patients: 1,
    departments: [{ name: '口腔正畸科', members: 1 }]
  });
  expect(await refusal(closeUnit(boss(), department))).toBe('unit_in_use');
  await placed('nurse', {});
  await closeUnit(boss(), department);
  const chairId = newId();
  await inTransaction(boss(), ({ rows, actor }) =>
    rows.insert(chairs).values({
      id: chairId,
      organisationId: actor.organisationId,
      clinicId: east,
      name: '东1'
    })
  );
  const { people } = world;
  await placed('li', { clinicId: null, reach: 'all' });
  const booking = {
    clinicId: east,
    patientId,
    practitionerId: people.li.memberId,
    chairId,
    startsAt: new Date(Date.now() + 86_400_000),
    minutes: 30,
    reason: '',
    note: ''
  };
  const booked = await book(boss(), booking);
  expect(await refusal(closeUnit(boss(), clinic))).toBe('unit_in_use');
  await moveState(boss(), { id: booked.id, from: 'booked', move: 'cancel', reason: '改天' });
  await closeUnit(boss(), clinic);
  expect(await refusal(reopenUnit(boss(), department))).toBe('unit_in_use');
  const person = { name: '后来', sex: 'male' as const, birthDate: '1970-01-01', phone: '13700000001' };
  expect(await refusal(addPatient(boss(), { ...person, clinicId: east }))).toBe('not_found');
  expect(await refusal(book(boss(), booking))).toBe('not_found');
  expect(await refusal(placed('nurse', { clinicId: east }))).toBe('not_found');
  // The last one stays.
  expect(await refusal(closeUnit(boss(), { kind: 'clinic', id: world.clinicId }))).toBe('unit_in_use');
  await reopenUnit(boss(), clinic);
  await reopenUnit(boss(), department);
});

test('[TE-5] [ID-35] a member sees the patients of the clinics they were given, and nothing of the others', async () => {
  const own = await placed('reception', {});
  expect(await seenBy(own)).toEqual(['张伟', '王秀英']);
  expect(await refusal(readPatient(own, patientId))).toBe('not_found');
  expect(await refusal(listForPatient(own, patientId))).toBe('not_found');
  expect(await refusal(listDay(own, { clinicId: east }))).toBe('not_found');
  const person = { name: '别处', sex: 'male' as const, birthDate: '1970-01-01', phone: '13700000002' };
  expect(await refusal(addPatient(own, { ...person, clinicId: east }))).toBe('not_found');
  expect((await readWorkplace(own)).clinics.map((one) => one.id)).toEqual([world.clinicId]);
  const eastern = await placed('reception', { clinicId: null, reach: 'chosen', clinicIds: [east] });
  expect(await seenBy(eastern)).toEqual(['东方朔']);
  expect((await readPatient(eastern, patientId)).notes).toHaveLength(1);
  expect(await refusal(readPatient(eastern, world.patientId))).toBe('not_found');
  const nothing = await placed('reception', { clinicId: null, reach: 'chosen' });
  expect(await seenBy(nothing)).toEqual([]);
  expect(await seenBy(await placed('reception', { clinicId: null }))).toHaveLength(3);
  expect(await seenBy(await placed('reception', { reach: 'all' }))).toHaveLength(3);
});

test('[TE-5] what hangs on a patient of another clinic is not there either, table by table', async () => {
  const call = await placed('nurse', {});
  const left: string[] = await inTransaction(call, async ({ rows }) => {
    const { rows: tables } = await rows.execute<{ name: string }>(
      `select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
        where c.table_schema = 'public' and c.column_name = 'patient_id' and t.table_type = 'BASE TABLE'
          and c.table_name not in ('audit_event', 'appointment', 'consult_grant_item')`
    );
    expect(tables.length).toBeGreaterThan(10);
    const found: string[] = [];
    for (const { name } of tables) {
      const { rows: seen } = await rows.execute(`select 1 from ${name} where patient_id = '${patientId}'`);
      if (seen.length) found.push(name);
    }
    return found;
  });
  expect(left).toEqual([]);
});

test('[TE-5] a question is seen with its patient; what it opens elsewhere goes by the grant alone', async () => {
  const { people } = world;
  const { id } = await askExpert(
    world.as({ ...people.li, clinicIds: null }),
    questionOf({
      patientId,
      question: '东区问题',
      target: { kind: 'expert', expertId: people.wang.userId },
      share: { chart: true }
    })
  );
  await acceptConsult(world.as(people.wang), id);
  const nurse = await placed('nurse', {});
  expect(await refusal(readConsult(nurse, id))).toBe('not_found');
  expect((await listConsults(nurse, { status: ['accepted'] })).map((one) => one.id)).not.toContain(id);
  // Of another organisation, and of one clinic there: the grant alone decides.
  const wang = world.as({ ...people.wang, clinicIds: [newId()] });
  expect((await readConsult(wang, id)).question).toBe('东区问题');
  expect((await readChart(wang, patientId)).findings).toEqual([]);
  expect((await readPatient(wang, patientId)).notes).toEqual([]);
});
