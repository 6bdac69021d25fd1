import { describe, expect, it } from 'vitest';
import { memberRoles, type Actor, type MemberRole } from '#lib/kernel/actor.ts';
import { chartRights, mayWithSomeChart } from './policy.server.ts';

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

describe('chart rights', () => {
  const table: [string, Actor, string, boolean, boolean][] = [
    ['owner, own', member('owner'), home, true, false],
    ['owner, foreign', member('owner'), abroad, false, false],
    ['dentist, own', member('dentist'), home, true, true],
    ['dentist, foreign', member('dentist'), abroad, false, false],
    ['nurse, own', member('nurse'), home, true, true],
    ['nurse, foreign', member('nurse'), abroad, false, false],
    ['expert, own', member('expert'), home, true, true],
    ['expert, foreign', member('expert'), abroad, true, false],
    ['receptionist, own', member('receptionist'), home, true, false],
    ['receptionist, foreign', member('receptionist'), abroad, false, false],
    ['patient link', link, home, false, false],
    ['system, own', system, home, true, true],
    ['system, foreign', system, abroad, false, false]
  ];
  it.each(table)('[OD-9] %s', (_, actor, organisation, read, record) => {
    expect(chartRights(actor, organisation)).toEqual({ read, record });
  });

  it('[OD-9] names every role', () => {
    expect(memberRoles.every((role) => table.filter(([name]) => name.startsWith(role)).length === 2)).toBe(
      true
    );
  });

  it('[OD-9] refuses before reading who could do it nowhere', () => {
    expect(mayWithSomeChart(link, 'read')).toBe(false);
    expect(mayWithSomeChart(member('receptionist'), 'record')).toBe(false);
    expect(mayWithSomeChart(member('nurse'), 'record')).toBe(true);
  });
});
