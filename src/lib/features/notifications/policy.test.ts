import { describe, expect, it } from 'vitest';
import { memberRoles, type Actor, type MemberActor } from '#lib/kernel/actor.ts';
import { mayReadNotifications, mayReadOutgoingMail } from './policy.server.ts';

const member = (role: MemberActor['role']): Actor => ({
  kind: 'member',
  userId: 'u',
  memberId: 'm',
  organisationId: 'o',
  clinicId: null,
  role,
  specialty: null,
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
const system: Actor = { kind: 'system', organisationId: 'o', reason: 'test' };

describe('notifications policy', () => {
  for (const role of memberRoles)
    it(`[NO-3] [NO-7] ${role}`, () => {
      expect(mayReadNotifications(member(role))).toBe(true);
      expect(mayReadOutgoingMail(member(role))).toBe(role === 'owner');
    });
  for (const actor of [link, system])
    it(`[NO-3] [NO-7] ${actor.kind}`, () => {
      expect(mayReadNotifications(actor)).toBe(false);
      expect(mayReadOutgoingMail(actor)).toBe(false);
    });
});
