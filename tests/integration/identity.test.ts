import { expect, test } from 'vitest';
import postgres from 'postgres';
import { memberOf } from '#lib/features/identity/member.server.ts';
import { revokeMember } from '#lib/features/identity/members.server.ts';
import { changePassword } from '#lib/features/identity/password.server.ts';
import { signIn } from '#lib/features/identity/sign-in.server.ts';
import { confirmWithPassword, requireStepUp } from '#lib/features/identity/step-up.server.ts';
import { createAuthenticator } from '../../server/adapters/auth/index.ts';
import { doorFrom, signedIn } from '../support/doors.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();
const emailOf = (name: string) => `${name}@test.invalid`;
const enter = (name: keyof typeof world.people, before = {}) =>
  signedIn(world, world.people[name], { email: emailOf(name), password: testPassword }, before);
const tryPassword = (email: string, password: string, ip?: string) =>
  signIn(doorFrom(world, ip ? { ip } : {}), { email, password });

/** What stands in the trail of the person's organisation about an act. */
async function trail(action: string): Promise<Record<string, unknown>[]> {
  return withOwner((sql) => sql`select * from audit_event where action = ${action} order by number`);
}
async function withOwner<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const owner = postgres(world.database.ownerUrl, { max: 1 });
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}
const quarterHourOn = () => new Date(Date.now() + 15 * 60_000);

test('[ID-1] the right password opens a session, a wrong one and an unknown person get the same answer', async () => {
  const { session } = await enter('li');
  expect(session.userId).toBe(world.people.li.userId);
  expect(await refusal(tryPassword(emailOf('nurse'), 'wrong'))).toBe('wrong_credentials');
  expect(await refusal(tryPassword(emailOf('nobody'), 'wrong'))).toBe('wrong_credentials');
});

test('[ID-1] the sixth try in a row is refused even with the right password, known or not, until it is unlocked', async () => {
  for (const name of ['reception', 'somebody-else']) {
    for (let i = 0; i < 5; i++)
      expect(await refusal(tryPassword(emailOf(name), 'wrong', '192.0.2.7'))).toBe('wrong_credentials');
    expect(await refusal(tryPassword(emailOf(name), testPassword, '192.0.2.8'))).toBe('too_many_tries');
  }
  // Another node, started later: what was counted is in the database.
  const { systemDb, clock, auth } = world.services;
  const other = createAuthenticator({
    systemDb,
    clock,
    origin: 'http://localhost',
    masterKey: world.masterKey
  });
  expect(
    await refusal(
      other.checkCredentials({ email: emailOf('reception'), password: testPassword, ip: '192.0.2.9' })
    )
  ).toBe('too_many_tries');
  await auth.tries.unlock('account', emailOf('reception'));
  expect(await refusal(tryPassword(emailOf('reception'), testPassword))).toBeNull();
});

test('[ID-1] tries made all at once are counted before any is answered', async () => {
  const codes = await Promise.all(
    Array.from({ length: 12 }, () => refusal(tryPassword(emailOf('many'), 'wrong', '192.0.2.20')))
  );
  expect(codes.filter((code) => code === 'wrong_credentials')).toHaveLength(5);
});

test('[ID-1] of two who sign in at once from one address, whoever is counted second is no try too many', async () => {
  const { systemDb } = world.services;
  const readAt = (ms: number) =>
    createAuthenticator({
      systemDb,
      clock: { now: () => new Date(Date.UTC(2027, 0, 1) + ms) },
      origin: 'http://localhost',
      masterKey: world.masterKey
    }).tries;
  await readAt(2).begin('address', '192.0.2.40');
  await readAt(1).begin('address', '192.0.2.40');
  await readAt(2).good('address', '192.0.2.40');
  await readAt(1).begin('address', '192.0.2.40');
  await expect(readAt(1).pausedUntil('address', '192.0.2.40')).resolves.toBeNull();
});

test('[ID-1] one address that tries many accounts is paused, other addresses are not', async () => {
  for (let i = 0; i < 40; i++) await refusal(tryPassword(emailOf(`guess-${i}`), 'wrong', '192.0.2.30'));
  expect(await refusal(tryPassword(emailOf('stranger'), testPassword, '192.0.2.30'))).toBe('too_many_tries');
  expect(await refusal(tryPassword(emailOf('stranger'), testPassword, '192.0.2.31'))).toBeNull();
});

test('[ID-1] sign-in, refused tries and the way in are in the trail', async () => {
  await enter('liu');
  await refusal(tryPassword(emailOf('liu'), 'wrong'));
  const of = (rows: Record<string, unknown>[]) =>
    rows.filter((row) => row['subject_id'] === world.people.liu.userId);
  expect(of(await trail('session.open'))).toMatchObject([{ outcome: 'ok', detail: { method: 'password' } }]);
  expect(of(await trail('session.refuse'))).toMatchObject([
    { outcome: 'denied', detail: { code: 'wrong_credentials' } }
  ]);
});

test('[ID-2] passwords are kept as argon2id, the doors tried only as keyed hashes', async () => {
  await refusal(tryPassword('typed-a-password-here', 'wrong', '192.0.2.40'));
  await withOwner(async (sql) => {
    const rows = await sql`select password from account`;
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row['password']).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const doors = await sql`select key from sign_in_try`;
    expect(doors.length).toBeGreaterThan(0);
    for (const row of doors) expect(row['key']).toMatch(/^(account|address):[0-9a-f]{64}$/);
  });
});

test('[ID-2] a session that was signed out is gone', async () => {
  const { headers } = await enter('wang');
  await world.services.auth.signOut(headers);
  expect(await world.services.auth.session(headers)).toBeNull();
});

test('[ID-8] signing in makes a new session and ends the one the browser brought', async () => {
  const first = await enter('li');
  const cookie = first.headers.get('cookie')!;
  const second = await enter('li', { headers: { cookie } });
  expect(second.session.sessionId).not.toBe(first.session.sessionId);
  expect(await world.services.auth.session(first.headers)).toBeNull();
  // A cookie somebody else chose is worth nothing, before and after.
  const chosen = new Headers({ cookie: 'consilium.session=chosen-by-somebody.else' });
  const third = await enter('li', { headers: { cookie: chosen.get('cookie')! } });
  expect(third.headers.get('cookie')).not.toContain('chosen-by-somebody');
  expect(await world.services.auth.session(chosen)).toBeNull();
});

test('[ID-8] on https the cookie is bound to this host, over http it has a plain name', async () => {
  const { systemDb, clock } = world.services;
  const https = createAuthenticator({
    systemDb,
    clock,
    origin: 'https://consult.example.org',
    masterKey: world.masterKey
  });
  const opened = await https.openSession({
    userId: world.people.li.userId,
    headers: new Headers(),
    ip: '192.0.2.1'
  });
  const cookie = opened.setCookies.find((one) => one.startsWith('__Host-consilium.session='))!;
  expect(cookie).toMatch(/; Path=\/(;|$)/i);
  expect(cookie).toMatch(/; Secure/i);
  expect(cookie).toMatch(/; HttpOnly/i);
  expect(cookie).toMatch(/; SameSite=Lax/i);
  expect(cookie).not.toMatch(/; Domain/i);
  const back = new Headers({ cookie: cookie.split(';')[0]! });
  expect((await https.session(back))?.userId).toBe(world.people.li.userId);
  expect((await enter('li')).headers.get('cookie')).toMatch(/^consilium\.session=/);
});

test('[ID-7] a weighty act needs a password shown in this session in the last minutes', async () => {
  const { actor, session } = await enter('sun');
  const call = world.as(actor);
  await requireStepUp(call);
  const later = { ...call, clock: { now: quarterHourOn } };
  expect(await refusal(requireStepUp(later))).toBe('step_up_required');
  expect(await refusal(requireStepUp(world.as({ ...actor, sessionId: 'none' })))).toBe('step_up_required');
  expect(await refusal(confirmWithPassword(call, 'wrong'))).toBe('wrong_password');
  await withOwner((sql) => sql`update session set confirmed_at = null where id = ${session.sessionId}`);
  expect(await refusal(requireStepUp(call))).toBe('step_up_required');
  await confirmWithPassword(call, testPassword);
  await requireStepUp(call);
  const asked = await trail('session.confirm');
  expect(asked.map((row) => row['outcome'])).toEqual(['denied', 'ok']);
});

test('[ID-6] a new password: the old one is asked, the rules hold, every other session ends', async () => {
  const here = await enter('wang');
  const elsewhere = await enter('wang');
  const call = world.as(here.actor);
  const next = 'lantern walnut orbit';
  expect(await refusal(changePassword(call, { current: 'wrong', next }))).toBe('wrong_password');
  const tries: [string, string][] = [
    ['short', 'password_too_short'],
    ['password123', 'password_too_common'],
    ['wang@test2026', 'password_personal'],
    ['王志远市口腔医院2026', 'password_personal']
  ];
  for (const [weak, code] of tries)
    expect(await refusal(changePassword(call, { current: testPassword, next: weak }))).toBe(code);
  expect(await world.services.auth.session(elsewhere.headers)).not.toBeNull();
  await changePassword(call, { current: testPassword, next });
  expect(await world.services.auth.session(elsewhere.headers)).toBeNull();
  expect((await world.services.auth.session(here.headers))?.sessionId).toBe(here.session.sessionId);
  expect(await refusal(tryPassword(emailOf('wang'), testPassword))).toBe('wrong_credentials');
  await signedIn(world, world.people.wang, { email: emailOf('wang'), password: next });
  expect(await trail('password.change')).toHaveLength(1);
});

test('[ID-9] a session nobody used for the organisation’s limit is nobody’s', async () => {
  const { session } = await enter('nurse');
  const { systemDb } = world.services;
  const at = (minutes: number) => new Date(session.lastSeenAt.getTime() + minutes * 60_000);
  expect(await memberOf(systemDb, session, at(14))).not.toBeNull();
  expect(await memberOf(systemDb, session, at(15))).toBeNull();
  await withOwner(
    (sql) => sql`update organisation set idle_minutes = 0 where id = ${world.people.nurse.organisationId}`
  );
  expect(await memberOf(systemDb, session, at(600))).not.toBeNull();
});

test('[ID-3] a revoked member is nobody at the next request', async () => {
  const { session } = await enter('sun');
  const member = () => memberOf(world.services.systemDb, session, new Date());
  expect(await member()).toMatchObject({ name: '孙雅琴', specialty: 'endodontics' });
  const { sun, li } = world.people;
  expect(await refusal(revokeMember(world.as(li), sun.memberId))).toBe('forbidden');
  expect(await refusal(revokeMember(world.as({ ...li, role: 'owner' }), sun.memberId))).toBe('not_found');
  await revokeMember(world.as({ ...sun, role: 'owner' }), sun.memberId);
  expect(await member()).toBeNull();
});
