import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { systemClock } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { PushSender } from '#lib/kernel/ports.ts';
import { waitInLobby } from '#lib/features/consults/room.server.ts';
import { renewPush } from '#lib/features/notifications/push-renew.server.ts';
import { endPush, endPushOf, pushState, startPush } from '#lib/features/notifications/push.server.ts';
import { createPush, noPush } from '../../server/adapters/push/index.ts';
import { actions } from '../../src/routes/account/+page.server.ts';
import { POST as signOut } from '../../src/routes/sign-out/+server.ts';
import { handlers } from '../../server/worker/handlers.ts';
import { createWorker, type Worker } from '../../server/worker/index.ts';
import { openPushPeer, type PushPeer } from '../support/push-peer.ts';
import { refusal } from '../support/refusal.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';
import { entered, invited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;
const settings = { contact: 'mailto:it@clinic.example', hosts: [] as string[] };
const secret = randomBytes(32);
const locale = 'zh-CN' as const;
let peer: PushPeer;
let push: PushSender;
let worker: Worker;

/** On a device of their own. */
const on = (actor: MemberActor, sessionId = newId()) => ({ ...world.as({ ...actor, sessionId }), push });

beforeAll(async () => {
  peer = await openPushPeer(() => push.publicKey ?? '');
  push = createPush({
    ...{ settings: { ...settings, hosts: [peer.host] }, secret, clock: systemClock, ca: peer.ca }
  });
  worker = createWorker({
    ...{ url: world.database.systemUrl, handlers, log: silent },
    services: { ...world.services, push }
  });
  await worker.start();
});
afterAll(async () => {
  await worker?.stop();
  await peer?.close();
});
beforeEach(async () => {
  await owner`delete from push_subscription`;
  peer.delivered.length = 0;
  peer.answers = null;
});

/** Whoever asked for this visit is told that its patient waits. */
async function patientWaits(): Promise<string> {
  const { id, token } = await invited(world);
  await waitInLobby(world.as(await entered(world, token)));
  return id;
}
const tags = () => peer.delivered.map(({ message }) => (message as { tag: string }).tag);

test('[NO-20] [NO-21] a device of one’s choice rings when a patient waits, and is told nothing of them', async () => {
  const { li, nurse } = world.people;
  const device = on(li);
  const target = peer.subscribe();
  expect(await startPush(device, { ...target, locale })).toEqual({
    ...{ publicKey: push.publicKey, here: 'on', others: 0 }
  });
  await startPush(on(nurse), { ...peer.subscribe(), locale: 'en' });
  expect(tags()).toEqual(['welcome', 'welcome']);

  const id = await patientWaits();
  const tag = `patient.waiting ${id}`;
  const arrived = () => peer.delivered.find(({ message }) => (message as { tag: string }).tag === tag);
  await until(() => arrived() !== undefined);
  const news = arrived();
  expect(news?.message).toEqual({
    ...{ title: '有患者正在候诊', body: '点击打开', path: `/room/${id}`, rings: true, tag }
  });
  expect(Number(news?.headers['ttl'])).toBeGreaterThan(500);
  expect(news?.headers).toMatchObject({
    urgency: 'high',
    topic: expect.stringMatching(/^[\w-]{32}$/) as string
  });
  expect(news?.claims).toMatchObject({ sub: settings.contact });
  // Each as long as the others: their length tells nothing.
  expect(new Set(peer.delivered.map(({ bytes }) => bytes)).size).toBe(1);
  // Who is not told by the bell is not called either.
  expect(tags().filter((one) => one === tag)).toHaveLength(1);

  const [kept] =
    await owner`select target, endpoint_hash from push_subscription where user_id = ${li.userId}`;
  expect(kept?.['target']).toMatch(/^cf1\./);
  expect(JSON.stringify(kept)).not.toContain(target.auth);
});

test('[NO-20] signing out there ends it; so does its person from elsewhere, and whoever uses that browser next', async () => {
  const { li, nurse } = world.people;
  const [here, there] = [on(li), on(li)];
  const [first, second] = [peer.subscribe(), peer.subscribe()];
  await startPush(here, { ...first, locale });
  await startPush(there, { ...second, locale });
  expect(await pushState(here, { endpoint: first.endpoint, locale })).toMatchObject({
    here: 'on',
    others: 1
  });
  // Nobody sees or ends another's.
  expect(await pushState(on(nurse), { endpoint: first.endpoint, locale })).toMatchObject({
    here: 'off',
    others: 0
  });
  await endPush(on(nurse), { which: 'here', endpoint: first.endpoint });
  expect(await pushState(here, { endpoint: first.endpoint, locale })).toMatchObject({
    here: 'on',
    others: 1
  });

  // Signed in anew on that device: the session of now is the one that counts.
  const again = on(li);
  await pushState(again, { endpoint: first.endpoint, locale });
  await endPushOf(here, { id: here.actor.sessionId });
  expect(await pushState(again, { endpoint: first.endpoint, locale })).toMatchObject({
    here: 'on',
    others: 1
  });
  await endPushOf(again, { id: again.actor.sessionId });
  expect(await pushState(there, { endpoint: second.endpoint, locale })).toMatchObject({
    here: 'on',
    others: 0
  });

  await startPush(again, { ...first, locale });
  await endPush(there, { which: 'others', endpoint: second.endpoint });
  expect(await pushState(there, { endpoint: second.endpoint, locale })).toMatchObject({
    here: 'on',
    others: 0
  });
  await startPush(on(nurse), { ...second, locale });
  expect(await pushState(there, { endpoint: second.endpoint, locale })).toMatchObject({
    here: 'off',
    others: 0
  });
  const trail =
    await owner`select action from audit_event where actor_id = ${li.userId} and action like 'push.%'`;
  expect(trail.filter(({ action }) => action === 'push.end')).toHaveLength(2);
});

test('[NO-23] a device that wants none any more is forgotten; a service that does not answer is said', async () => {
  const { li } = world.people;
  const device = on(li);
  const target = { ...peer.subscribe(), locale };
  peer.answers = 503;
  expect(await startPush(device, target)).toMatchObject({ here: 'unreachable' });
  peer.answers = null;
  await patientWaits();
  await until(async () => (await pushState(device, target)).here === 'on');
  for (const status of [410, 404]) {
    peer.answers = status;
    expect(await startPush(device, target)).toMatchObject({ here: 'off' });
  }
});

test('[NO-25] a browser that changes its subscription by itself is called by the new one, and nothing else is switched on', async () => {
  const { li, nurse } = world.people;
  const device = on(li);
  const [first, second, third, other] = [0, 1, 2, 3].map(() => peer.subscribe());
  const here = async (endpoint: string, call = device) => (await pushState(call, { endpoint, locale })).here;
  await startPush(device, { ...first!, locale: 'en' });
  await startPush(on(nurse), { ...other!, locale });
  const nobody = { ...device, actor: null };
  const secretOf = ({ endpoint, auth }: { endpoint: string; auth: string }) => ({ endpoint, auth });
  const renewed = { ...second!, former: secretOf(first!) };

  // Nobody by the address alone, nor a colleague, nor another session, nor what was never on.
  const guessed = { ...renewed, former: { endpoint: first!.endpoint, auth: other!.auth } };
  for (const call of [nobody, on(nurse), device])
    expect(await refusal(renewPush(call, guessed))).toBe('not_found');
  const never = { ...renewed, former: secretOf(peer.subscribe()) };
  expect(await refusal(renewPush(nobody, never))).toBe('not_found');
  expect(await refusal(renewPush(nobody, { ...renewed, former: null }))).toBe('not_signed_in');
  for (const call of [on(nurse), on(li)])
    expect(await refusal(renewPush(call, { ...renewed, former: null }))).toBe('not_found');
  const nowhere = { ...renewed, endpoint: 'https://example.org/x' };
  expect(await refusal(renewPush(device, nowhere))).toBe('push_not_possible');
  expect(await refusal(renewPush({ ...device, push: noPush }, renewed))).toBe('push_not_possible');
  expect(await here(first!.endpoint)).toBe('on');

  // By the secret, without a session and said twice; and by its session alone.
  await renewPush(nobody, renewed);
  await renewPush(nobody, renewed);
  expect([await here(first!.endpoint), await here(second!.endpoint)]).toEqual(['off', 'on']);
  await renewPush(device, { ...third!, former: null });
  expect(await pushState(device, { endpoint: third!.endpoint, locale })).toMatchObject({
    ...{ here: 'on', others: 0 }
  });
  expect(await here(other!.endpoint, on(nurse))).toBe('on');
  peer.delivered.length = 0;
  await patientWaits();
  const reached = () => peer.delivered.map(({ endpoint }) => endpoint);
  await until(() => reached().includes(third!.endpoint));
  for (const { endpoint } of [first!, second!]) expect(reached()).not.toContain(endpoint);

  // Ended from elsewhere: it stays so.
  await endPush(on(li), { which: 'others', endpoint: null });
  const late = { ...first!, former: secretOf(third!) };
  for (const call of [nobody, device]) expect(await refusal(renewPush(call, late))).toBe('not_found');
  const trail =
    await owner`select 1 from audit_event where subject_id = ${li.userId} and action = 'push.renew'`;
  expect(trail).toHaveLength(2);
});

test('[NO-22] nothing is sent to where no push service is, and nothing where none is set up', async () => {
  const { li } = world.people;
  const target = { ...peer.subscribe(), locale };
  for (const endpoint of [
    'https://127.0.0.1/x',
    'https://example.org/x',
    target.endpoint.replace('https', 'http')
  ])
    expect(await refusal(startPush(on(li), { ...target, endpoint }))).toBe('push_not_possible');
  expect(await refusal(startPush({ ...on(li), push: noPush }, target))).toBe('push_not_possible');
  expect(await pushState({ ...on(li), push: noPush }, target)).toMatchObject({
    publicKey: null,
    here: 'off'
  });
});

test('[NO-20] signing out ends the calls of that device; where it cannot, one is signed out all the same', async () => {
  const device = on(world.people.li);
  const target = peer.subscribe();
  const rows = async () => (await owner`select 1 from push_subscription`).length;
  let signedOut = 0;
  const logged: string[] = [];
  const leave = (broken: boolean) => {
    const services = {
      ...world.services,
      ...(broken ? { db: { transaction: () => Promise.reject(new Error('gone')) } } : {}),
      auth: { ...world.services.auth, signOut: async () => (signedOut++, ['session=; Max-Age=0; Path=/']) },
      log: { ...silent, error: (_: object, text: string) => void logged.push(text) }
    };
    const url = new URL('http://localhost/sign-out');
    const event = {
      url,
      request: new Request(url, { method: 'POST' }),
      locals: { services, member: device.actor, request: { id: 'test', ip: '127.0.0.1' } },
      cookies: { set() {} }
    };
    return signOut(event as unknown as Parameters<typeof signOut>[0]);
  };
  await startPush(device, { ...target, locale });
  await expect(leave(true)).rejects.toMatchObject({ status: 303, location: '/sign-in' });
  expect([signedOut, await rows(), logged.length]).toEqual([1, 1, 1]);
  await expect(leave(false)).rejects.toMatchObject({ status: 303, location: '/sign-in' });
  expect([signedOut, await rows(), logged.length]).toEqual([2, 0, 1]);
});

test('[NO-20] ending sessions from elsewhere ends the calls of their devices; where it cannot, they end all the same', async () => {
  const { li } = world.people;
  const here = on(li);
  const signIn = async (id = newId()) => {
    await owner`insert into session (id, user_id, token, expires_at, created_at, updated_at)
      values (${id}, ${li.userId}, ${id}, now() + interval '1 hour', now(), now())`;
    await startPush(on(li, id), { ...peer.subscribe(), locale });
    return id;
  };
  const left = async () => ({
    sessions: (await owner`select 1 from session where user_id = ${li.userId}`).length,
    devices: (await owner`select 1 from push_subscription`).length
  });
  const logged: string[] = [];
  const act = async (
    name: 'endSession' | 'endOthers',
    { broken, id = '' }: { broken: boolean; id?: string }
  ) => {
    const services = {
      ...world.services,
      ...(broken ? { db: { transaction: () => Promise.reject(new Error('gone')) } } : {}),
      log: { ...silent, error: (_: object, text: string) => void logged.push(text) }
    };
    const url = new URL(`http://localhost/account?/${name}`);
    const request = new Request(url, { method: 'POST', body: new URLSearchParams({ id }) });
    const locals = { services, member: here.actor, request: { id: 'test', ip: '127.0.0.1' } };
    return actions[name]!({ url, request, locals } as unknown as Parameters<
      NonNullable<typeof actions.endOthers>
    >[0]);
  };
  await owner`delete from session where user_id = ${li.userId}`;
  await signIn(here.actor.sessionId);
  await signIn();
  expect(await act('endOthers', { broken: true })).toEqual({ ended: 1 });
  expect([await left(), logged.length]).toEqual([{ sessions: 1, devices: 2 }, 1]);
  expect(await act('endOthers', { broken: false })).toEqual({ ended: 0 });
  expect([await left(), logged.length]).toEqual([{ sessions: 1, devices: 1 }, 1]);
  for (const broken of [true, false])
    expect(await act('endSession', { broken, id: await signIn() })).toEqual({});
  expect([await left(), logged.length]).toEqual([{ sessions: 1, devices: 2 }, 2]);
});
