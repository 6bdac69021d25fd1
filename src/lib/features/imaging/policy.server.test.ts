import { describe, expect, test } from 'vitest';
import { memberRoles, type Actor, type MemberActor } from '#lib/kernel/actor.ts';
import { imageRights } from './policy.server.ts';

const home = 'home';
const member = (role: MemberActor['role'], organisationId: string): MemberActor => ({
  kind: 'member',
  userId: 'u',
  memberId: 'm',
  organisationId,
  clinicId: null,
  role,
  name: 'n',
  sessionId: 's'
});
const visitor = (organisationId: string): Actor => ({
  kind: 'patient-link',
  inviteId: 'i',
  consultId: 'c',
  patientId: 'p',
  organisationId,
  name: 'n'
});
/** r read, u upload, c calibrate, d download, w withdraw. */
const shown = (actor: Actor) => {
  const rights = imageRights(actor, home);
  const { read: r, upload: u, calibrate: c, download: d, withdraw: w } = rights;
  return Object.entries({ r, u, c, d, w })
    .filter(([, allowed]) => allowed)
    .map(([letter]) => letter)
    .join('');
};

describe('who may do what with images', () => {
  const table: Record<MemberActor['role'], [own: string, abroad: string]> = {
    owner: ['r', ''],
    dentist: ['rucdw', ''],
    expert: ['rucdw', 'r'],
    nurse: ['rudw', ''],
    receptionist: ['r', '']
  };
  test.each(memberRoles)('[IM-15] %s', (role) => {
    expect([shown(member(role, home)), shown(member(role, 'elsewhere'))]).toEqual(table[role]);
  });
  test('[IM-15] a visiting patient looks, at their own organisation only', () => {
    expect([shown(visitor(home)), shown(visitor('elsewhere'))]).toEqual(['r', '']);
  });
  test('[IM-15] the system works within one organisation', () => {
    const system = (organisationId: string): Actor => ({ kind: 'system', organisationId, reason: 'demo' });
    expect([shown(system(home)), shown(system('elsewhere'))]).toEqual(['rucdw', '']);
  });
});
