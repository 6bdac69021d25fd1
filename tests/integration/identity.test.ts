import { expect, test } from 'vitest';
import postgres from 'postgres';
import { memberOf, revokeMember } from '#lib/features/identity/member.server.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();

const signIn = (email: string, password: string) =>
  world.services.auth.signIn({ email, password, headers: new Headers({ origin: 'http://localhost' }) });

async function cookiesOf(email: string): Promise<Headers> {
  const { setCookies } = await signIn(email, testPassword);
  return new Headers({ cookie: setCookies.map((cookie) => cookie.split(';')[0]).join('; ') });
}

test('[ID-1] the right password opens a session, a wrong one and an unknown person get the same answer', async () => {
  const session = await world.services.auth.session(await cookiesOf('li@test.invalid'));
  expect(session?.userId).toBe(world.people.li.userId);
  expect(await refusal(signIn('nurse@test.invalid', 'wrong'))).toBe('wrong_credentials');
  expect(await refusal(signIn('nobody@test.invalid', 'wrong'))).toBe('wrong_credentials');
});

test('[ID-1] the eleventh try in a quarter of an hour is refused even with the right password', async () => {
  for (let i = 0; i < 10; i++) await refusal(signIn('reception@test.invalid', 'wrong'));
  expect(await refusal(signIn('reception@test.invalid', testPassword))).toBe('too_many_tries');
});

test('[ID-2] passwords are kept as argon2id', async () => {
  const owner = postgres(world.database.ownerUrl, { max: 1 });
  try {
    const rows = await owner`select password from account`;
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row['password']).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  } finally {
    await owner.end();
  }
});

test('[ID-3] a revoked member is nobody at the next request', async () => {
  const headers = await cookiesOf('sun@test.invalid');
  const session = (await world.services.auth.session(headers))!;
  expect(await memberOf(world.services.systemDb, session)).toMatchObject({
    name: '孙雅琴',
    specialty: 'endodontics'
  });
  const { sun, li } = world.people;
  expect(await refusal(revokeMember(world.as(li), sun.memberId))).toBe('forbidden');
  expect(await refusal(revokeMember(world.as({ ...li, role: 'owner' }), sun.memberId))).toBe('not_found');
  await revokeMember(world.as({ ...sun, role: 'owner' }), sun.memberId);
  expect(await memberOf(world.services.systemDb, session)).toBeNull();
});

test('[ID-2] a session that was signed out is gone', async () => {
  const headers = await cookiesOf('wang@test.invalid');
  await world.services.auth.signOut(headers);
  expect(await world.services.auth.session(headers)).toBeNull();
});
