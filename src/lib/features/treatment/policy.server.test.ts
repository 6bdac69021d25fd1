import { describe, expect, it } from 'vitest';
import { memberRoles, type Actor, type MemberRole } from '#lib/kernel/actor.ts';
import { mayWithSomePlan, planRights } from './policy.server.ts';

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

describe('plan rights', () => {
  // name, actor, organisation, read, create, progress
  const table: [string, Actor, string, boolean, boolean, boolean][] = [
    ['owner, own', member('owner'), home, true, false, false],
    ['owner, foreign', member('owner'), abroad, false, false, false],
    ['dentist, own', member('dentist'), home, true, true, true],
    ['dentist, foreign', member('dentist'), abroad, false, false, false],
    ['nurse, own', member('nurse'), home, true, false, true],
    ['nurse, foreign', member('nurse'), abroad, false, false, false],
    ['expert, own', member('expert'), home, true, true, true],
    ['expert, foreign', member('expert'), abroad, true, false, false],
    ['receptionist, own', member('receptionist'), home, true, false, false],
    ['receptionist, foreign', member('receptionist'), abroad, false, false, false],
    ['patient link', link, home, false, false, false],
    ['system, own', system, home, true, true, true],
    ['system, foreign', system, abroad, false, false, false]
  ];
  it.each(table)('[TP-7] %s', (_, actor, organisation, read, create, progress) => {
    // Who plans a treatment also asks for the patient's yes.
    expect(planRights(actor, organisation)).toEqual({ read, create, progress, agree: create });
  });
  it('[TP-7] names every role, and refuses before reading who could do it nowhere', () => {
    expect(memberRoles.every((role) => table.filter(([name]) => name.startsWith(role)).length === 2)).toBe(
      true
    );
    expect(mayWithSomePlan(link, 'read')).toBe(false);
    expect(mayWithSomePlan(member('nurse'), 'create')).toBe(false);
    expect(mayWithSomePlan(member('nurse'), 'progress')).toBe(true);
  });
});
