import { expect, test } from 'vitest';
import {
  acceptInvitation,
  invite,
  listInvitations,
  readInvitation,
  withdrawInvitation
} from '#lib/features/identity/invitations.server.ts';
import {
  changeRole,
  listMembers,
  revokeMember,
  unlockMember
} from '#lib/features/identity/members.server.ts';
import {
  makeResetLink,
  passwordResetTask,
  readReset,
  requestReset,
  resetPassword
} from '#lib/features/identity/reset.server.ts';
import { invitationInput } from '#lib/features/identity/schema.ts';
import { signIn } from '#lib/features/identity/sign-in.server.ts';
import type { Mail } from '#lib/kernel/ports.ts';
import * as v from 'valibot';
import { doorFrom, signedIn } from '../support/doors.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();
const boss = () => world.as(world.people.boss);
const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);
const offer = (email: string) =>
  v.parse(invitationInput, { email, name: '新同事', role: 'nurse', title: '护士' });
const next = 'lantern walnut orbit';
const enters = (email: string, password: string) => refusal(signIn(doorFrom(world), { email, password }));

test('[ID-13] an invitation is taken once, by its address, with a password of one’s own', async () => {
  expect(await refusal(invite(world.as(world.people.li), offer('new@test.invalid')))).toBe('forbidden');
  const { url, mailed } = await invite(boss(), offer('New@Test.invalid'));
  expect(mailed).toBe(false);
  const token = tokenOf(url);
  expect(token).toMatch(/^[\w-]{43}$/);
  const door = doorFrom(world);
  // Looking, as a mail scanner does, changes nothing.
  for (let i = 0; i < 3; i++)
    expect(await readInvitation(door, token)).toMatchObject({ email: 'new@test.invalid', known: false });
  const take = (password: string) =>
    refusal(acceptInvitation({ ...door, db: world.services.db }, token, password));
  expect(await take('password123')).toBe('password_too_common');
  expect(await take(next)).toBeNull();
  expect(await take(next)).toBe('token_invalid');
  expect(await refusal(readInvitation(door, token))).toBe('token_invalid');
  expect(await enters('new@test.invalid', next)).toBeNull();
  const joined = (await listMembers(boss())).find((one) => one.email === 'new@test.invalid');
  expect(joined).toMatchObject({ role: 'nurse', name: '新同事', title: '护士', secondFactor: false });
  expect(await refusal(invite(boss(), offer('new@test.invalid')))).toBe('member_exists');
});

test('[ID-13] a withdrawn, replaced or old invitation is no longer good; only owners see them', async () => {
  const first = await invite(boss(), offer('other@test.invalid'));
  // Sent twice at once, one of them stays open.
  await Promise.all([
    invite(boss(), offer('other@test.invalid')),
    invite(boss(), offer('other@test.invalid'))
  ]);
  expect(await listInvitations(boss())).toHaveLength(1);
  const second = await invite(boss(), offer('other@test.invalid'));
  const look = (url: string, now = new Date()) =>
    refusal(readInvitation({ ...doorFrom(world), clock: { now: () => now } }, tokenOf(url)));
  expect(await look(first.url)).toBe('token_invalid');
  expect(await look(second.url, new Date(Date.now() + 8 * 86_400_000))).toBe('token_invalid');
  const [open] = await listInvitations(boss());
  expect(open).toMatchObject({ email: 'other@test.invalid' });
  const foreign = world.as({ ...world.people.wang, role: 'owner' as const });
  expect(await listInvitations(foreign)).toEqual([]);
  expect(await refusal(withdrawInvitation(foreign, open!.id))).toBe('not_found');
  await withdrawInvitation(boss(), open!.id);
  expect(await look(second.url)).toBe('token_invalid');
  expect(await refusal(listInvitations(world.as(world.people.nurse)))).toBe('forbidden');
});

test('[ID-13] somebody who has a password here joins with that one', async () => {
  const { url } = await invite(boss(), offer('liu@test.invalid'));
  const take = (password: string) =>
    acceptInvitation({ ...doorFrom(world), db: world.services.db }, tokenOf(url), password);
  expect(await refusal(take(next))).toBe('wrong_credentials');
  expect(await take(testPassword)).toEqual({ state: 'sign-in' });
});

test('[ID-13] what would reach into a mail’s head is refused where it enters', () => {
  for (const email of ['a@b.cn\r\nBcc: x@y.cn', 'a@b.cn, x@y.cn', 'a\u2028@b.cn', ''])
    expect(v.safeParse(invitationInput, { email, name: 'x', role: 'nurse' }).success).toBe(false);
  expect(v.safeParse(invitationInput, { email: 'a@b.cn', name: 'x\nBcc: y', role: 'nurse' }).success).toBe(
    false
  );
});

test('[ID-14] a reset by mail: same answer for all, the link works once, sessions end, the pause ends', async () => {
  const sent: Mail[] = [];
  const mail = { configured: true, send: async (letter: Mail) => void sent.push(letter) };
  const services = { ...world.services, mail };
  const ask = (email: string) =>
    refusal(requestReset({ ...doorFrom(world), mail }, { email, locale: 'zh-CN' }));
  expect(
    await refusal(
      requestReset({ ...doorFrom(world), mail: world.services.mail }, { email: 'x', locale: 'en' })
    )
  ).toBe('mail_not_configured');
  expect(await ask('reception@test.invalid')).toBeNull();
  expect(await ask('nobody@test.invalid')).toBeNull();
  const run = (email: string) =>
    passwordResetTask.run({ email, locale: 'zh-CN' }, { services, now: new Date(), lastTry: false });
  await run('nobody@test.invalid');
  expect(sent).toHaveLength(0);
  await run('reception@test.invalid');
  await run('reception@test.invalid');
  expect(sent.map((letter) => letter.to)).toEqual(['reception@test.invalid', 'reception@test.invalid']);
  const [first, second] = sent.map((letter) => /\/reset\/([\w-]{43})\n/.exec(letter.text)![1]!);

  const email = 'reception@test.invalid';
  const here = await signedIn(world, world.people.reception, { email, password: testPassword });
  for (let i = 0; i < 5; i++) await enters(email, 'wrong');
  expect(await enters(email, testPassword)).toBe('too_many_tries');
  const door = doorFrom(world);
  expect(await readReset(door, first!)).toEqual({ email });
  expect(await refusal(resetPassword(door, first!, 'reception'))).toBe('password_too_short');
  await resetPassword(door, first!, next);
  expect(await refusal(resetPassword(door, first!, next))).toBe('token_invalid');
  expect(await refusal(readReset(door, second!))).toBe('token_invalid');
  expect(await world.services.auth.session(here.headers)).toBeNull();
  expect(await enters(email, testPassword)).toBe('wrong_credentials');
  expect(await enters(email, next)).toBeNull();
});

test('[ID-14] an owner makes a reset link for people of this organisation only, after showing who they are', async () => {
  const { boss: owner, li, nurse, wang, liu } = world.people;
  const { actor } = await signedIn(world, owner, { email: 'boss@test.invalid', password: testPassword });
  const call = world.as(actor);
  expect(await refusal(makeResetLink(world.as({ ...li, sessionId: actor.sessionId }), nurse.memberId))).toBe(
    'forbidden'
  );
  expect(await refusal(makeResetLink(boss(), nurse.memberId))).toBe('step_up_required');
  expect(await refusal(makeResetLink(call, wang.memberId))).toBe('not_found');
  const { url } = await makeResetLink(call, nurse.memberId);
  const late = { ...doorFrom(world), clock: { now: () => new Date(Date.now() + 3_700_000) } };
  expect(await refusal(resetPassword(late, tokenOf(url), next))).toBe('token_invalid');
  await resetPassword(doorFrom(world), tokenOf(url), next);
  expect(await enters('nurse@test.invalid', next)).toBeNull();
  // Liu works in two organisations by now: neither owner alone may open both.
  const shared = (await listMembers(call)).find((one) => one.email === 'liu@test.invalid')!;
  expect(shared.id).not.toBe(liu.memberId);
  expect(await refusal(makeResetLink(call, shared.id))).toBe('forbidden');
});

test('[ID-15] roles and leaving: owners only, own organisation only, never the last owner', async () => {
  const { nurse, stranger, wang } = world.people;
  expect(await refusal(changeRole(world.as(nurse), nurse.memberId, 'owner'))).toBe('forbidden');
  expect(await refusal(changeRole(boss(), stranger.memberId, 'owner'))).toBe('not_found');
  await changeRole(boss(), nurse.memberId, 'owner');
  const owner = world.as({ ...nurse, role: 'owner' as const });
  await revokeMember(owner, world.people.boss.memberId);
  expect(await refusal(changeRole(owner, nurse.memberId, 'nurse'))).toBe('last_owner');
  expect(await refusal(revokeMember(owner, nurse.memberId))).toBe('last_owner');
  expect(await refusal(unlockMember(owner, wang.memberId))).toBe('not_found');
  expect(await refusal(listMembers(world.as(wang)))).toBe('forbidden');
  await revokeMember(owner, world.people.reception.memberId);
  expect((await listMembers(owner)).map((one) => one.id)).not.toContain(world.people.reception.memberId);
});
