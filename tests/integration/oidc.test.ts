import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import postgres from 'postgres';
import { beginOidc, finishOidc } from '#lib/features/identity/oidc.server.ts';
import { requireStepUp } from '#lib/features/identity/step-up.server.ts';
import { createAuthenticator } from '../../server/adapters/auth/index.ts';
import { cookieOf, doorFrom } from '../support/doors.ts';
import { refusal } from '../support/refusal.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const origin = 'http://localhost';
const callback = `${origin}/sign-in/oidc/callback`;
/** Whom the provider knows: subject → what it says of them. */
const known: Record<string, { email: string; email_verified: boolean }> = {
  'sub-li': { email: 'li@test.invalid', email_verified: true },
  'sub-nurse': { email: 'nurse@test.invalid', email_verified: false },
  'sub-nobody': { email: 'nobody@test.invalid', email_verified: true }
};
let server: Server;
let issuer: string;

// A real provider, on a port of its own. Its sign-in page is left out: the subject is chosen by a cookie.
beforeAll(async () => {
  server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'consilium', client_secret: 'a secret of the test', redirect_uris: [callback] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['cookie key of the test'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...known[id] }) }),
    interactions: { url: (_ctx, interaction) => `/choose/${interaction.uid}` },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client!.clientId,
        accountId: ctx.oidc.session!.accountId!
      });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    }
  });
  const handle = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/choose/')) return void handle(request, response);
    const accountId = /chosen=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    void provider.interactionFinished(request, response, { login: { accountId } });
  });
});
afterAll(() => void server.close());

function door() {
  const { systemDb, clock } = world.services;
  const auth = createAuthenticator({
    systemDb,
    clock,
    origin,
    masterKey: world.masterKey,
    oidc: { issuer, clientId: 'consilium', clientSecret: 'a secret of the test', name: '单位账号' }
  });
  return { ...doorFrom(world), auth, settings: world.services.settings };
}

/** What a browser does at the provider, up to the address it is sent back to. */
async function atProvider(url: string, subject: string): Promise<URL> {
  const jar = new Map([['chosen', subject]]);
  let next = url;
  for (let hops = 0; hops < 8; hops++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      jar.set(name!, value!);
    }
    const location = response.headers.get('location');
    if (!location) throw new Error(`the provider stopped: ${response.status} ${await response.text()}`);
    next = new URL(location, next).href;
    if (next.startsWith(callback)) return new URL(next);
  }
  throw new Error('the provider goes in circles');
}

async function signInAs(subject: string) {
  const begun = await beginOidc(door(), '/patients');
  const answer = await atProvider(begun.url, subject);
  return { begun, answer, finish: () => finishOidc(door(), { step: begun.step, answer }) };
}

test('[ID-16] a verified address is linked to its member, who is known by the subject from then on', async () => {
  const { begun, finish } = await signInAs('sub-li');
  const asked = new URL(begun.url).searchParams;
  expect(asked.get('code_challenge_method')).toBe('S256');
  expect(asked.get('state')).toBeTruthy();
  expect(asked.get('nonce')).toBeTruthy();
  const done = await finish();
  if (done.state !== 'signed-in') throw new Error(done.state);
  expect(done).toMatchObject({ userId: world.people.li.userId, next: '/patients' });
  const session = await world.services.auth.session(new Headers({ cookie: cookieOf(done.setCookies) }));
  // Nothing was shown here: what weighs more asks first.
  const actor = { ...world.people.li, sessionId: session!.sessionId };
  expect(await refusal(requireStepUp(world.as(actor)))).toBe('step_up_required');
  known['sub-li'] = { email: 'changed@test.invalid', email_verified: false };
  expect(await (await signInAs('sub-li')).finish()).toMatchObject({ userId: world.people.li.userId });
});

test('[ID-16] nobody is made or guessed: an unverified or unknown address is refused', async () => {
  const count = async () => {
    const sql = postgres(world.database.ownerUrl, { max: 1 });
    const [row] =
      await sql`select (select count(*) from "user")::int as users, (select count(*) from account)::int as accounts`;
    await sql.end();
    return row;
  };
  const before = await count();
  for (const subject of ['sub-nurse', 'sub-nobody'])
    expect(await refusal((await signInAs(subject)).finish())).toBe('oidc_unknown_person');
  expect(await count()).toEqual(before);
});

test('[ID-16] an answer works once, in the browser that asked, with its own state', async () => {
  const mine = await signInAs('sub-li');
  const theirs = await signInAs('sub-li');
  expect(await refusal(finishOidc(door(), { step: mine.begun.step, answer: theirs.answer }))).toBe(
    'oidc_failed'
  );
  // Even failed, the step is spent.
  expect(await refusal(mine.finish())).toBe('session_ended');
  expect(await refusal(finishOidc(door(), { step: 'forged', answer: theirs.answer }))).toBe('session_ended');
  await theirs.finish();
  expect(await refusal(theirs.finish())).toBe('session_ended');
  const off = { ...doorFrom(world), settings: world.services.settings };
  expect(await refusal(beginOidc(off, '/'))).toBe('not_found');
});
