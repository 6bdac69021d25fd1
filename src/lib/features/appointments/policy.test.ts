import { describe, expect, it } from 'vitest';
import { memberRoles, type Actor, type MemberRole } from '#lib/kernel/actor.ts';
import { mayBookAppointments, mayReadAppointments } from './policy.server.ts';

const member = (role: MemberRole, clinicId: string | null): Actor => ({
  kind: 'member',
  userId: 'u',
  memberId: 'm',
  organisationId: 'o',
  clinicId,
  role,
  name: 'n',
  sessionId: 's'
});
const link: Actor = {
  kind: 'patient-link',
  inviteId: 'i',
  consultId: 'c',
  patientId: 'p',
  organisationId: 'o',
  name: 'n'
};
const system: Actor = { kind: 'system', organisationId: 'o', reason: 'demo' };

describe('appointments policy', () => {
  const books: Record<MemberRole, boolean> = {
    owner: true,
    dentist: true,
    nurse: true,
    receptionist: true,
    expert: false
  };
  for (const role of memberRoles)
    for (const [bound, own] of [
      [null, true],
      ['here', true],
      ['elsewhere', false]
    ] as const)
      it(`[AP-9] ${role} bound to ${bound ?? 'no clinic'}`, () => {
        expect(mayReadAppointments(member(role, bound), 'here')).toBe(own);
        expect(mayBookAppointments(member(role, bound), 'here')).toBe(own && books[role]);
      });

  it("[AP-9] a patient's link sees nothing, the server itself may act", () => {
    expect(mayReadAppointments(link, null)).toBe(false);
    expect(mayBookAppointments(link, 'here')).toBe(false);
    expect(mayBookAppointments(system, 'here')).toBe(true);
  });
});
