import { describe, expect, test } from 'vitest';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { saveOpinion, signOpinion } from '#lib/features/consults/advise.server.ts';
import { askExpert, listExperts } from '#lib/features/consults/ask.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { enterRoom, takeSeat } from '#lib/features/consults/room.server.ts';
import {
  listCredentials,
  verifyCredential,
  withdrawCredential
} from '#lib/features/identity/credentials.server.ts';
import { remindOfCredentials } from '#lib/features/notifications/credential-reminders.server.ts';
import { revokeMember } from '#lib/features/identity/members.server.ts';
import { listNotifications } from '#lib/features/notifications/list.server.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();

const enter = (validUntil: string, specialty = 'endodontics') =>
  verifyCredential(world.as(world.people.chief), {
    memberId: world.people.wang.memberId,
    specialty,
    licenceNumber: '110440100001201',
    issuedBy: '市卫生健康委员会',
    validUntil
  });

const ask = () =>
  askExpert(
    world.as(world.people.li),
    questionOf({ patientId: world.patientId, target: { kind: 'expert', expertId: world.people.wang.userId } })
  );

/** The expert's call on another day. */
const wangAt = (day: string) => ({
  ...world.as(world.people.wang),
  clock: { now: () => new Date(`${day}T04:00:00Z`) }
});

describe('[ID-20] an expert’s seat', () => {
  test('a credential that ends between accepting and signing: the signature is refused, and stands once renewed', async () => {
    await enter('2027-01-31');
    const { id } = await ask();
    await acceptConsult(wangAt('2027-01-31'), id);
    await saveOpinion(wangAt('2027-01-31'), id, { diagnosis: '不可逆性牙髓炎', text: '', advice: '' });
    expect(await refusal(signOpinion(wangAt('2027-02-01'), id, testPassword))).toBe('credential_expired');
    expect(await refusal(enterRoom(wangAt('2027-02-01'), id))).toBe('credential_expired');
    expect(await refusal(takeSeat(wangAt('2027-02-01'), id))).toBe('credential_expired');
    expect((await readConsult(world.as(world.people.wang), id)).opinions[0]?.signedAt).toBeNull();
    await enter('2029-01-31');
    await enterRoom(wangAt('2027-02-01'), id);
    const signed = await signOpinion(wangAt('2027-02-01'), id, testPassword);
    expect(signed.signedAt).not.toBeNull();
  });

  test('without one, or with one of another specialty, nothing is accepted and nobody is offered', async () => {
    const { id } = await ask();
    const [wang] = (await listCredentials(world.as(world.people.chief))).filter(
      (one) => one.memberId === world.people.wang.memberId
    );
    for (const held of wang!.credentials) await withdrawCredential(world.as(world.people.chief), held.id);
    expect(await refusal(acceptConsult(world.as(world.people.wang), id))).toBe('credential_missing');
    await enter('2099-01-01', 'orthodontics');
    expect(await refusal(acceptConsult(world.as(world.people.wang), id))).toBe('credential_missing');
    const offered = async () =>
      (await listExperts(world.as(world.people.li))).flatMap((one) =>
        one.experts.map((expert) => expert.userId)
      );
    expect(await offered()).not.toContain(world.people.wang.userId);
    expect(await offered()).toContain(world.people.sun.userId);
    expect(await refusal(ask())).toBe('expert_not_found');
    await enter('2020-01-01');
    expect(await offered()).not.toContain(world.people.wang.userId);
    expect(await refusal(acceptConsult(world.as(world.people.wang), id))).toBe('credential_expired');
    await enter('2099-01-01');
    expect(await offered()).toContain(world.people.wang.userId);
    await acceptConsult(world.as(world.people.wang), id);
  });
});

describe('[ID-21] who enters credentials', () => {
  test('the owner of their own organisation, nobody else', async () => {
    const input = {
      memberId: world.people.wang.memberId,
      specialty: 'endodontics',
      licenceNumber: '1',
      issuedBy: '某地',
      validUntil: '2099-01-01'
    };
    for (const who of ['wang', 'sun', 'li', 'nurse', 'reception'] as const)
      expect(await refusal(verifyCredential(world.as(world.people[who]), input))).toBe('forbidden');
    for (const who of ['boss', 'strangerBoss'] as const)
      expect(await refusal(verifyCredential(world.as(world.people[who]), input))).toBe('not_found');
    expect(await refusal(listCredentials(world.as(world.people.wang)))).toBe('forbidden');
    const abroad = await listCredentials(world.as(world.people.boss));
    expect(abroad.map((one) => one.name)).not.toContain('王志远');
  });
});

describe('[ID-22] reminders', () => {
  test('the person and the owner hear of it once a threshold', async () => {
    await enter('2040-03-31');
    const at = (day: string) => remindOfCredentials(world.services, new Date(`${day}T01:00:00Z`));
    const heard = async (who: 'wang' | 'chief' | 'sun' | 'boss') =>
      (await listNotifications(world.as(world.people[who]), 'zh-CN')).filter((one) =>
        one.body.includes('2040-03-31')
      ).length;
    expect(await at('2040-01-01')).toBe(0);
    expect(await at('2040-02-01')).toBe(1);
    expect(await at('2040-02-02')).toBe(0);
    expect([await heard('wang'), await heard('chief')]).toEqual([1, 1]);
    expect(await at('2040-03-25')).toBe(1);
    expect([await heard('wang'), await heard('chief')]).toEqual([2, 2]);
    expect([await heard('sun'), await heard('boss')]).toEqual([0, 0]);
  });
});

test('[ID-4] a clinic is told of an expert of another organisation who they are and for what, and nothing else', async () => {
  const offered = await listExperts(world.as(world.people.li));
  const experts = offered.flatMap((choice) => choice.experts);
  expect(experts.length).toBeGreaterThan(0);
  for (const choice of offered)
    expect(Object.keys(choice).sort()).toEqual(
      ['experts', 'organisationId', 'organisationName', 'organisationNameEn', 'specialties'].sort()
    );
  for (const expert of experts)
    expect(Object.keys(expert).sort()).toEqual(['name', 'specialty', 'title', 'userId']);
  expect(await refusal(listExperts(world.as(world.people.reception)))).toBe('forbidden');
});

test('[ID-20] an expert who has left is not offered any more', async () => {
  const { li, chief, liu } = world.people;
  const offered = async () =>
    (await listExperts(world.as(li))).flatMap(({ experts }) => experts.map(({ userId }) => userId));
  expect(await offered()).toContain(liu.userId);
  await revokeMember(world.as(chief), liu.memberId);
  expect(await offered()).not.toContain(liu.userId);
});
