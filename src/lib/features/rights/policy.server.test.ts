import { describe, expect, it } from 'vitest';
import { memberRoles, type Actor, type MemberActor, type MemberRole } from '#lib/kernel/actor.ts';
import {
  mayApproveErasure,
  mayAskCorrection,
  mayReadRegister,
  mayWithdrawErasure,
  rightsOf
} from './policy.server.ts';

const home = '00000000-0000-7000-8000-000000000001';
const abroad = '00000000-0000-7000-8000-000000000002';
const member = (role: MemberRole): Actor => ({
  kind: 'member',
  userId: 'u',
  memberId: 'm',
  organisationId: home,
  clinicId: null,
  role,
  name: 'n',
  sessionId: 's'
});
const link: Actor = {
  kind: 'patient-link',
  inviteId: 'i',
  consultId: 'c',
  patientId: 'p',
  organisationId: home,
  name: 'n'
};
const system: Actor = { kind: 'system', organisationId: home, reason: 'demo' };

describe('rights over a record', () => {
  type Row = [string, Actor, boolean, boolean, boolean, boolean, boolean, boolean, boolean];
  // actor, read, export, request, decide, hold, erase, approve
  const table: Row[] = [
    ['owner', member('owner'), true, true, true, true, true, true, true],
    ['dentist', member('dentist'), true, true, true, true, false, true, false],
    ['nurse', member('nurse'), true, false, true, false, false, false, false],
    ['receptionist', member('receptionist'), true, false, true, false, false, false, false],
    ['expert', member('expert'), false, false, false, false, false, false, false],
    ['patient link', link, false, false, false, false, false, false, false],
    ['system', system, false, false, false, false, false, false, false]
  ];
  it.each(table)('[RT-1] %s', (_, actor, ...[read, exporting, request, decide, hold, erase, approve]) => {
    const rights = { read, export: exporting, request, decide, hold, erase, approve };
    expect(rightsOf(actor, home)).toEqual(rights);
    expect(Object.values(rightsOf(actor, abroad)).some(Boolean)).toBe(false);
  });
  it('[RT-1] names every role', () => {
    expect(memberRoles.every((role) => table.some(([name]) => name === role))).toBe(true);
  });
  it('[RT-7] a link asks for its own patient only', () => {
    expect(mayAskCorrection(link, { id: 'p', organisationId: home })).toBe(true);
    const by = (speaksFor: boolean): Actor => ({
      ...link,
      delegate: { id: 'd', relation: 'parent', scopes: ['join'], speaksFor }
    });
    expect(mayAskCorrection(by(true), { id: 'p', organisationId: home })).toBe(true);
    expect(mayAskCorrection(by(false), { id: 'p', organisationId: home })).toBe(false);
    expect(mayAskCorrection(link, { id: 'q', organisationId: home })).toBe(false);
    expect(mayAskCorrection(link, { id: 'p', organisationId: abroad })).toBe(false);
    expect(mayAskCorrection(member('receptionist'), { id: 'p', organisationId: home })).toBe(true);
    expect(mayAskCorrection(member('expert'), { id: 'p', organisationId: home })).toBe(false);
  });
  it('[RT-15] a second person approves an erasure; who asked or an owner takes it back', () => {
    const by = (role: MemberRole, userId = 'u') => ({ ...(member(role) as MemberActor), userId });
    const asked = { organisationId: home, askedById: 'asker' };
    for (const role of memberRoles) {
      expect(mayApproveErasure(by(role), asked)).toBe(role === 'owner');
      expect(mayApproveErasure(by(role, 'asker'), asked)).toBe(false);
      expect(mayWithdrawErasure(by(role), asked)).toBe(role === 'owner');
      expect(mayWithdrawErasure(by(role, 'asker'), asked)).toBe(role === 'owner' || role === 'dentist');
    }
    expect(mayApproveErasure(by('owner'), { ...asked, organisationId: abroad })).toBe(false);
    expect([mayApproveErasure(link, asked), mayWithdrawErasure(system, asked)]).toEqual([false, false]);
  });
  it('[RT-14] the register is the owner’s', () => {
    for (const role of memberRoles) expect(mayReadRegister(member(role))).toBe(role === 'owner');
    expect(mayReadRegister(link)).toBe(false);
  });
});
