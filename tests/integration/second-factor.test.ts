import { expect, test } from 'vitest';
import postgres from 'postgres';
import { saveOpinion, signOpinion } from '#lib/features/consults/advise.server.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { memberOf, standingOf } from '#lib/features/identity/member.server.ts';
import { changeRules } from '#lib/features/identity/members.server.ts';
import {
  beginTotp,
  confirmTotp,
  confirmWithProof,
  finishWithCode,
  readSecondFactor,
  removeTotp,
  renewRecoveryCodes
} from '#lib/features/identity/second-factor.server.ts';
import { endOtherSessions, endSession, listSessions } from '#lib/features/identity/sessions.server.ts';
import { signIn } from '#lib/features/identity/sign-in.server.ts';
import { requireStepUp } from '#lib/features/identity/step-up.server.ts';
import { totpAt } from '#lib/features/identity/totp.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { cookieOf, doorFrom, signedIn } from '../support/doors.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();
const emailOf = (name: string) => `${name}@test.invalid`;
const enter = (name: keyof typeof world.people, before = {}) =>
  signedIn(world, world.people[name], { email: emailOf(name), password: testPassword }, before);
const stepNow = () => Math.floor(Date.now() / 30_000);

type OwnCall = Call<'auth' | 'systemDb', MemberActor>;
/** An authenticator app added at the time step before this one, so that this one's code is still good. */
async function withApp(call: OwnCall): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { secret } = await beginTotp(call, '会诊室');
  const { recoveryCodes } = await confirmTotp(call, totpAt(secret, stepNow() - 1));
  return { secret, recoveryCodes: recoveryCodes! };
}
async function step(name: string): Promise<string> {
  const result = await signIn(doorFrom(world), { email: emailOf(name), password: testPassword });
  if (result.state !== 'second-factor') throw new Error('no second factor was asked for');
  return result.step;
}
async function owner<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(world.database.ownerUrl, { max: 1 });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

test('[ID-11] an app’s code finishes a sign-in once; the secret lies sealed; wrong codes pause', async () => {
  const { actor } = await enter('li');
  const call = world.as(actor);
  const offer = await beginTotp(call, '会诊室');
  expect(offer.qr.path).toMatch(/^M\d+ \d+h1v1h-1z/);
  // Not asked for before the first code has been shown.
  expect((await signIn(doorFrom(world), { email: emailOf('li'), password: testPassword })).state).toBe(
    'signed-in'
  );
  expect(await refusal(confirmTotp(call, '000000'))).toBe('wrong_code');
  const first = totpAt(offer.secret, stepNow() - 1);
  const { recoveryCodes } = await confirmTotp(call, first);
  expect(recoveryCodes).toHaveLength(10);
  await owner(async (sql) => {
    const [factor] = await sql`select * from totp_factor`;
    expect(JSON.stringify(factor)).not.toContain(offer.secret);
    const codes = await sql`select hash from recovery_code`;
    for (const row of codes) expect(row['hash']).toMatch(/^[0-9a-f]{64}$/);
  });

  const begun = await step('li');
  expect(await refusal(finishWithCode(doorFrom(world), begun, first))).toBe('wrong_code');
  const code = totpAt(offer.secret, stepNow());
  const done = await finishWithCode(doorFrom(world), begun, code);
  if (done.state !== 'signed-in') throw new Error(done.state);
  expect(
    await world.services.auth.session(new Headers({ cookie: cookieOf(done.setCookies) }))
  ).not.toBeNull();
  // The step and the code are spent.
  expect(await refusal(finishWithCode(doorFrom(world), begun, code))).toBe('session_ended');
  const again = await step('li');
  expect(await refusal(finishWithCode(doorFrom(world), again, code))).toBe('wrong_code');
  for (let i = 0; i < 4; i++) await refusal(finishWithCode(doorFrom(world), again, '000000'));
  expect(await refusal(finishWithCode(doorFrom(world), again, recoveryCodes![0]!))).toBe('too_many_tries');
});

test('[ID-11] a recovery code works once, renewed ones end the old', async () => {
  const { actor } = await enter('wang');
  const { recoveryCodes } = await withApp(world.as(actor));
  const use = async (code: string) => refusal(finishWithCode(doorFrom(world), await step('wang'), code));
  expect(await use(recoveryCodes[0]!.toLowerCase().replace('-', ' '))).toBeNull();
  expect(await use(recoveryCodes[0]!)).toBe('wrong_code');
  expect((await readSecondFactor(world.as(actor))).recoveryCodesLeft).toBe(9);
  const renewed = await renewRecoveryCodes(world.as(actor));
  expect(await use(recoveryCodes[1]!)).toBe('wrong_code');
  const both = await step('wang');
  const twice = await Promise.all(
    [1, 2].map(() => refusal(finishWithCode(doorFrom(world), both, renewed[0]!)))
  );
  expect(twice.filter((code) => code === null)).toHaveLength(1);
  await removeTotp(world.as(actor));
  expect((await signIn(doorFrom(world), { email: emailOf('wang'), password: testPassword })).state).toBe(
    'signed-in'
  );
});

test('[ID-7] a code stands for the password; changes to one’s doors ask again', async () => {
  const { actor, session } = await enter('sun');
  const call = world.as(actor);
  const { secret } = await withApp(call);
  await owner((sql) => sql`update session set confirmed_at = null where id = ${session.sessionId}`);
  const acts = [
    () => beginTotp(call, 'x'),
    () => removeTotp(call),
    () => renewRecoveryCodes(call),
    () => requireStepUp(call)
  ];
  for (const act of acts) expect(await refusal(act())).toBe('step_up_required');
  await confirmWithProof(call, totpAt(secret, stepNow()));
  await requireStepUp(call);
});

test('[CN-8] an opinion is signed by who has shown a code instead of the password', async () => {
  const { actor, session } = await enter('wang');
  const call = world.as(actor);
  const { id } = await askExpert(
    world.as(world.people.li),
    questionOf({
      patientId: world.patientId,
      question: '?',
      target: { kind: 'expert', expertId: actor.userId },
      share: { allergies: true, conditions: true, medications: true, chart: true }
    })
  );
  await acceptConsult(call, id);
  await saveOpinion(call, id, { diagnosis: 'K04.5', text: '建议根管治疗', advice: '' });
  const recoveryCodes = await renewRecoveryCodes(call);
  await owner((sql) => sql`update session set confirmed_at = null where id = ${session.sessionId}`);
  expect(await refusal(signOpinion(call, id, null))).toBe('step_up_required');
  expect(await refusal(confirmWithProof(call, '000000'))).toBe('wrong_code');
  expect(await refusal(confirmWithProof(call, 'not the password'))).toBe('wrong_password');
  expect(await refusal(signOpinion(call, id, null))).toBe('step_up_required');
  await confirmWithProof(call, recoveryCodes[0]!);
  expect((await signOpinion(call, id, null)).digest).toMatch(/^[0-9a-f]{64}$/);
});

test('[ID-12] where the organisation requires a second factor, one without it reaches the account page only', async () => {
  const { session } = await enter('nurse');
  const { systemDb } = world.services;
  const boss = world.as({ ...world.people.li, role: 'owner' as const });
  const rules = { idleMinutes: 15 as const, secondFactorRoles: ['nurse' as const], graceDays: 7 as const };
  expect(await refusal(changeRules(world.as(world.people.li), rules))).toBe('forbidden');
  await changeRules(boss, rules);
  const in8Days = new Date(Date.now() + 8 * 86_400_000);
  const later = { ...session, lastSeenAt: in8Days };
  expect(await memberOf(systemDb, session, new Date())).not.toBeNull();
  expect(await memberOf(systemDb, later, in8Days)).toBeNull();
  expect((await standingOf(systemDb, later, in8Days)).enrolling).toMatchObject({ name: '周敏' });
  // Others are not asked, nor is another organisation.
  const reception = await enter('reception');
  expect(await memberOf(systemDb, { ...reception.session, lastSeenAt: in8Days }, in8Days)).not.toBeNull();
  await withApp(world.as({ ...world.people.nurse, sessionId: session.sessionId }));
  expect(await memberOf(systemDb, later, in8Days)).not.toBeNull();
  expect((await standingOf(systemDb, later, in8Days)).enrolling).toBeNull();
});

test('[ID-10] one sees one’s own sessions and ends them, nobody else’s', async () => {
  const agent = 'Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36';
  const here = await enter('liu', { ip: '192.168.1.9', headers: { 'user-agent': agent } });
  const there = await enter('liu');
  const third = await enter('liu');
  const call = world.as(here.actor);
  const list = await listSessions(call);
  expect(list).toHaveLength(3);
  expect(list[0]).toMatchObject({
    current: true,
    address: '192.168.1.9',
    place: 'local-network',
    device: { browser: 'Chrome', system: 'Windows' }
  });
  const stranger = await enter('stranger');
  expect(await refusal(endSession(world.as(stranger.actor), there.session.sessionId))).toBe('not_found');
  await endSession(call, there.session.sessionId);
  expect(await world.services.auth.session(there.headers)).toBeNull();
  expect(await endOtherSessions(call)).toEqual({ ended: 1 });
  expect(await world.services.auth.session(third.headers)).toBeNull();
  expect(await world.services.auth.session(here.headers)).not.toBeNull();
  expect(await world.services.auth.session(stranger.headers)).not.toBeNull();
});
