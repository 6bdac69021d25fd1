import { expect, it } from 'vitest';
import { memberRoles, type Actor, type MemberRole } from '#lib/kernel/actor.ts';
import { mayReadReaders, mayReadTrail } from './policy.server.ts';

const member = (role: MemberRole, organisationId = 'own'): Actor => ({
  kind: 'member',
  userId: 'u',
  memberId: 'm',
  organisationId,
  clinicId: null,
  role,
  name: 'n',
  sessionId: 's'
});
const link = (patientId: string, organisationId = 'own'): Actor => ({
  kind: 'patient-link',
  inviteId: 'i',
  consultId: 'c',
  patientId,
  organisationId,
  name: 'n'
});
const system: Actor = { kind: 'system', organisationId: 'own', reason: 'r' };
const patient = { id: 'p', organisationId: 'own' };

it('[AU-11] the trail is for owners', () => {
  const may = memberRoles.filter((role) => mayReadTrail(member(role)));
  expect(may).toEqual(['owner']);
  expect(mayReadTrail(link('p'))).toBe(false);
  expect(mayReadTrail(system)).toBe(false);
});

it('[AU-12] who opened a record is for those who treat, and for the patient', () => {
  const may = memberRoles.filter((role) => mayReadReaders(member(role), patient));
  expect(may).toEqual(['owner', 'dentist', 'nurse']);
  for (const role of memberRoles) expect(mayReadReaders(member(role, 'other'), patient)).toBe(false);
  expect(mayReadReaders(link('p'), patient)).toBe(true);
  expect(mayReadReaders(link('q'), patient)).toBe(false);
  expect(mayReadReaders(link('p', 'other'), patient)).toBe(false);
  expect(mayReadReaders(system, patient)).toBe(false);
});
