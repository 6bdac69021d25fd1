import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import { startApp, type TestApp } from '../support/app.ts';
import { makeDemoDataDir, removeDataDir } from '../support/data-folder.ts';
import { openPushPeer, type PushPeer } from '../support/push-peer.ts';
import { ask } from './asking.ts';
import { keepEvidence, openPerson, signIn, visit, type Person } from './people.ts';
import { changeSubscription, clickOn, deliver, shownBy, subscribeAt, type Target } from './pushed.ts';
import { say } from './words.ts';

/** Calls to a device on which no page of the app is open: from what happens to what its screen shows. */
test.describe.configure({ mode: 'serial', timeout: 180_000 });
test.use({ trace: 'off', video: 'off', screenshot: 'off' });

const question = '36 叩痛明显,能否保留?';
/** Whose name is on a locked screen is nobody's business, and what they have is not either. */
const personal = ['王秀英', '李明', '王志远', 'Wang', 'Li Ming', question, '36', 'P0000'];

let dataDir: string;
let app: TestApp;
let peer: PushPeer;
let li: Person;
let wang: Person;
let patient: Person;
let consultId: string;
/** What this site's browsers subscribe with. */
let publicKey = '';

test.beforeAll(async () => {
  test.setTimeout(400_000);
  dataDir = await makeDemoDataDir();
  peer = await openPushPeer(() => publicKey);
  const ca = join(dataDir, 'push-service.pem');
  await writeFile(ca, peer.ca);
  const env = {
    PUSH_CONTACT: 'mailto:it@clinic.example',
    PUSH_HOSTS: peer.host,
    NODE_EXTRA_CA_CERTS: ca
  };
  app = await startApp({ dataDir, env, withinMs: 390_000 });
  const { origin } = app;
  li = await openPerson({ origin });
  [wang, patient] = await Promise.all([
    openPerson({ origin, browser: li.browser, locale: 'en' }),
    openPerson({ origin, browser: li.browser, device: 'phone' })
  ]);
  await signIn(li, 'li@qinghe.demo');
  await signIn(wang, 'wang@hospital.demo', 'en');
  for (const { context } of [li, wang]) await context.grantPermissions(['notifications']);
});

test.afterAll(async () => {
  test.setTimeout(120_000);
  await li?.browser.close();
  await app?.stop();
  await peer?.close();
  if (dataDir) await removeDataDir(dataDir);
});

test.afterEach(async ({}, info) => keepEvidence(info, app, { li, wang, patient }));

/** What has been sent to this person's device, newest last. */
const sentTo = (endpoint: string) => peer.delivered.filter((one) => one.endpoint === endpoint);
const newestFor = async (endpoint: string, tag: string) => {
  const found = () => sentTo(endpoint).find(({ message }) => (message as { tag: string }).tag === tag);
  await expect.poll(() => found() !== undefined).toBe(true);
  return found()!;
};
const endpoints = { li: '', wang: '' };
/** What their browsers had when they turned it on. */
const targets: { li?: Target; wang?: Target } = {};

test('[NO-24] a browser that takes no calls says so, and is not called', async () => {
  const { page } = li;
  await visit(page, '/account');
  const card = page.getByTestId('push');
  await card.getByRole('button', { name: say('notifications_push_turn_on') }).click();
  // A private window, as every window of a test's browser is.
  await expect(card).toContainText(say('notifications_push_refused'));
  await expect(card).toHaveAttribute('data-state', 'off');
});

test('[NO-20] turned on, a device is called at once to see that it arrives, in the language of its page', async () => {
  for (const [name, person, locale] of [
    ['li', li, 'zh-CN'],
    ['wang', wang, 'en']
  ] as const) {
    const { page } = person;
    await subscribeAt(peer, person, (key, target) => {
      publicKey = key;
      targets[name] = target;
    });
    await visit(page, '/account');
    const card = page.getByTestId('push');
    await card.getByRole('button', { name: say('notifications_push_turn_on', {}, locale) }).click();
    await expect(card).toHaveAttribute('data-state', 'on');
    const [welcome] = peer.delivered.slice(-1);
    endpoints[name] = welcome!.endpoint;
    // From here on no page of the app is open on that device.
    await page.goto('about:blank');
    await deliver(person, app.origin, welcome!.text);
    await expect
      .poll(() => shownBy(person))
      .toEqual([
        {
          title: say('notifications_push_welcome', {}, locale),
          body: say('notifications_push_welcome_text', {}, locale),
          ...{ tag: 'welcome', path: '/account', actions: 0 },
          ...{ requireInteraction: false, renotify: false, vibrate: 0 }
        }
      ]);
  }
});

test('[NO-20] [NO-21] a consult comes without ringing, a waiting patient rings; neither says whose or what', async () => {
  await visit(li.page, '/');
  consultId = await ask(li, '王秀英', { kind: 'expert', name: '王志远' }, question);
  const asked = await newestFor(endpoints.wang, `consult.requested ${consultId}`);
  await deliver(wang, app.origin, asked.text);
  await expect
    .poll(async () => (await shownBy(wang)).at(-1))
    .toEqual({
      title: say('notifications_push_consult', {}, 'en'),
      body: say('notifications_push_open', {}, 'en'),
      ...{ tag: `consult.requested ${consultId}`, path: `/consults/${consultId}`, actions: 0 },
      ...{ requireInteraction: false, renotify: false, vibrate: 0 }
    });

  const { request } = wang.context;
  const headers = { origin: app.origin };
  const accepted = await request.post(`/consults/${consultId}?/accept`, {
    form: {},
    headers,
    maxRedirects: 0
  });
  expect(accepted.status()).toBeLessThan(400);
  const invited = await li.context.request.post(`/api/consults/${consultId}/invite`, { data: {}, headers });
  await li.page.goto('about:blank');
  await waitAsPatient(((await invited.json()) as { url: string }).url);

  const tag = `patient.waiting ${consultId}`;
  for (const [person, endpoint, locale] of [
    [li, endpoints.li, 'zh-CN'],
    [wang, endpoints.wang, 'en']
  ] as const) {
    const news = await newestFor(endpoint, tag);
    await deliver(person, app.origin, news.text);
    await expect
      .poll(async () => (await shownBy(person)).at(-1))
      .toEqual({
        title: say('notifications_push_patient', {}, locale),
        body: say('notifications_push_open', {}, locale),
        ...{ tag, path: `/room/${consultId}`, actions: 0 },
        // Stays until it is touched, shakes the device, and does so again when the same comes again.
        ...{ requireInteraction: true, renotify: true, vibrate: 5 }
      });
    // Tried again by the server, or by a push service: still one.
    const shown = await shownBy(person);
    await deliver(person, app.origin, news.text);
    await deliver(person, app.origin, sentTo(endpoint)[0]!.text);
    await expect.poll(async () => (await shownBy(person)).at(-1)?.tag).toBe('welcome');
    expect((await shownBy(person)).map((one) => one.tag).sort()).toEqual(shown.map((one) => one.tag).sort());
    const told = JSON.stringify([shown, news.headers, news.text]).replaceAll(consultId, '');
    for (const word of personal) expect(told).not.toContain(word);
  }
});

/** Through the door of their link, and into the waiting room. */
async function waitAsPatient(link: string): Promise<void> {
  const { page } = patient;
  await visit(page, link);
  await page.getByLabel(say('visit_digits')).fill('1234');
  await page.getByRole('button', { name: say('visit_enter') }).click();
  const consent = page.getByTestId('consent');
  for (const answer of ['consent_agree', 'consent_refuse', 'consent_refuse', 'consent_refuse']) {
    const purpose = await consent.getAttribute('data-purpose');
    await consent.getByRole('button', { name: say(answer), exact: true }).click();
    await expect(page.locator(`[data-testid=consent][data-purpose=${purpose}]`)).toHaveCount(0);
  }
  await page.getByRole('button', { name: say('visit_ask_in') }).click();
  await expect(page.getByTestId('visit')).toHaveAttribute('data-stage', 'waiting');
}

test('[NO-25] a browser that changes its subscription by itself is called by the new one; one that is off stays so', async () => {
  const former = { ...targets.wang!, publicKey };
  // As at night: nobody is signed in there any more.
  await wang.context.clearCookies();
  const target = peer.subscribe();
  expect(await changeSubscription(wang, former, target)).toBe(publicKey);
  const later = peer.delivered.length;
  await visit(li.page, '/');
  const next = await ask(li, '王秀英', { kind: 'expert', name: '王志远' }, question);
  await newestFor(target.endpoint, `consult.requested ${next}`);
  expect(peer.delivered.slice(later).map(({ endpoint }) => endpoint)).not.toContain(endpoints.wang);
  // The former one is nobody's any more: nothing is switched on in its place, and what the browser made is given up.
  expect(await changeSubscription(wang, former, peer.subscribe())).toBeNull();
});

test('[NO-20] a touch opens the room, or the window that shows it already; no other window is led away', async () => {
  const { page } = li;
  const room = `${app.origin}/room/${consultId}`;
  const tag = `patient.waiting ${consultId}`;
  await visit(page, '/');
  expect(await clickOn(li, tag)).toEqual([{ opened: room }]);
  expect(new URL(page.url()).pathname).toBe('/');
  // A touch takes it off the screen.
  expect((await shownBy(li)).map((one) => one.tag)).not.toContain(tag);

  await visit(page, room);
  await expect(page.getByTestId('lobby-join')).toBeVisible();
  await deliver(li, app.origin, sentTo(endpoints.li).at(-1)!.text);
  await expect.poll(async () => (await shownBy(li)).map((one) => one.tag)).toContain(tag);
  expect(await clickOn(li, tag)).toEqual([{ focused: room }]);
  for (const person of [li, wang, patient]) expect(person.troubles).toEqual([]);
});
