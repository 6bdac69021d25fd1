import { expect, test } from 'vitest';
import { changeRole } from '#lib/features/identity/members.server.ts';
import { memberOf } from '#lib/features/identity/member.server.ts';
import { addNote } from '#lib/features/patients/patients.server.ts';
import {
  readRoles,
  addRole,
  changeRights,
  closeRole,
  restoreRole
} from '#lib/features/record/roles.server.ts';
import type { Permission } from '#lib/features/record/permissions.ts';
import { newId } from '#lib/kernel/ids.ts';
import postgres from 'postgres';
import { signedIn } from '../support/doors.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();
const boss = () => world.as(world.people.boss);
/** The nurse as the next request brings them. */
async function nurse() {
  const { session } = await signedIn(world, world.people.nurse, {
    email: 'nurse@test.invalid',
    password: testPassword
  });
  return world.as((await memberOf(world.services.systemDb, session, new Date()))!);
}
const writes = async () =>
  refusal(addNote(await nurse(), { patientId: world.patientId, text: '复诊', teeth: [] }));

test('[ID-36] a right is taken from a role and given back: at the next request, in this organisation only', async () => {
  expect(await writes()).toBeNull();
  await changeRights(boss(), { base: 'nurse' }, { 'patient:write': false, 'image:calibrate': true });
  expect(await writes()).toBe('forbidden');
  expect((await nurse()).actor.rights).toEqual({ 'patient:write': false, 'image:calibrate': true });
  const roleOf = async (call: ReturnType<typeof boss>) =>
    (await readRoles(call)).roles.find((one) => one.base === 'nurse')!;
  expect(await roleOf(boss())).toMatchObject({
    builtIn: true,
    people: ['周敏'],
    rights: { 'patient:write': false, 'image:calibrate': true, 'patient:read': true },
    usual: { 'patient:write': true, 'image:calibrate': false }
  });
  expect((await roleOf(world.as(world.people.strangerBoss))).rights['patient:write']).toBe(true);
  await restoreRole(boss(), { base: 'nurse' });
  expect(await writes()).toBeNull();
  expect((await nurse()).actor.rights).toBeUndefined();
});

test('[ID-37] what the law ties to a licence is given by no data, what a role must keep is not taken', async () => {
  const tries: [Parameters<typeof changeRights>[1], Partial<Record<Permission, boolean>>][] = [
    [{ base: 'nurse' }, { 'consult:sign': true }],
    [{ base: 'owner' }, { 'consult:sign': true }],
    [{ base: 'receptionist' }, { 'plan:create': true }],
    [{ base: 'owner' }, { 'rights:decide': false }],
    [{ base: 'owner' }, { 'organisation:permissions': false }],
    [{ base: 'dentist' }, { 'patient:read': false }],
    [{ base: 'dentist' }, { 'organisation:members': true }]
  ];
  for (const [key, wanted] of tries)
    expect(await refusal(changeRights(boss(), key, wanted))).toBe('right_fixed');
  // All or nothing.
  const mixed = { 'patient:write': false, 'consult:sign': true } as const;
  expect(await refusal(changeRights(boss(), { base: 'nurse' }, mixed))).toBe('right_fixed');
  expect(await writes()).toBeNull();
  // Nor by a row written past the use case.
  const owner = postgres(world.database.ownerUrl, { max: 1 });
  const { organisationId } = world.people.boss;
  const [role] = await owner`insert into member_role (id, organisation_id, base, built_in, name, name_en)
    values (${newId()}, ${organisationId}, 'nurse', true, '', '')
    on conflict (organisation_id, base) where built_in do update set name = '' returning id`;
  await owner`insert into member_role_right (id, organisation_id, role_id, right_name, allowed)
    values (${newId()}, ${organisationId}, ${role!['id']}, 'consult:sign', true)`;
  await owner.end();
  expect((await readRoles(boss())).roles.find((one) => one.base === 'nurse')!.rights['consult:sign']).toBe(
    false
  );
});

test('[ID-38] a role of one’s own keeps the limits of what it was made from, and goes when nobody has it', async () => {
  await changeRights(boss(), { base: 'nurse' }, { 'chart:record': false });
  const { id } = await addRole(boss(), { base: 'nurse', name: '洗牙师', nameEn: 'Hygienist' });
  await restoreRole(boss(), { base: 'nurse' });
  await changeRights(boss(), { id }, { 'patient:write': false });
  expect(await refusal(changeRights(boss(), { id }, { 'consult:sign': true }))).toBe('right_fixed');
  await changeRole(boss(), world.people.nurse.memberId, { roleId: id });
  expect((await nurse()).actor).toMatchObject({
    role: 'nurse',
    rights: { 'chart:record': false, 'patient:write': false }
  });
  expect(await writes()).toBe('forbidden');
  expect(await refusal(closeRole(boss(), id))).toBe('role_in_use');
  await changeRole(boss(), world.people.nurse.memberId, 'nurse');
  expect(await writes()).toBeNull();
  await closeRole(boss(), id);
  expect(await refusal(changeRole(boss(), world.people.nurse.memberId, { roleId: id }))).toBe('not_found');
  expect((await readRoles(boss())).roles).toHaveLength(5);
});

test('[ID-37] owners only, and roles of another organisation are not found', async () => {
  const { id } = await addRole(boss(), { base: 'dentist', name: '进修医师', nameEn: 'Trainee' });
  const names = { base: 'nurse' as const, name: 'x', nameEn: 'x' };
  for (const person of [world.people.li, world.people.nurse]) {
    const call = world.as(person);
    for (const act of [
      () => readRoles(call),
      () => changeRights(call, { id }, {}),
      () => restoreRole(call, { id }),
      () => addRole(call, names),
      () => closeRole(call, id)
    ])
      expect(await refusal(act())).toBe('forbidden');
  }
  const foreign = world.as(world.people.strangerBoss);
  expect(await refusal(changeRights(foreign, { id }, { 'patient:write': false }))).toBe('not_found');
  expect(await refusal(restoreRole(foreign, { id }))).toBe('not_found');
  expect(await refusal(closeRole(foreign, id))).toBe('not_found');
  const { strangerNurse } = world.people;
  expect(await refusal(changeRole(foreign, strangerNurse.memberId, { roleId: id }))).toBe('not_found');
});

test('[ID-37] the trail says what was given and taken; whoever has the role is told', async () => {
  const told: string[] = [];
  const listener = postgres(world.database.ownerUrl, { max: 1 });
  await listener.listen('live', (text) => told.push(text));
  await changeRights(boss(), { base: 'receptionist' }, { 'patient:add': false, 'image:upload': true });
  const [line] =
    await listener`select detail from audit_event where action = 'role.rights' order by number desc limit 1`;
  expect(line!['detail']).toMatchObject({
    base: 'receptionist',
    given: ['image:upload'],
    taken: ['patient:add']
  });
  const { userId } = world.people.reception;
  const names = () => told.map((text) => JSON.parse(text) as { topic: string; name: string });
  await expect.poll(() => names().some((news) => news.topic === `user:${userId}`)).toBe(true);
  expect(names()).toContainEqual(expect.objectContaining({ topic: 'access', data: { userId } }));
  await listener.end();
});
