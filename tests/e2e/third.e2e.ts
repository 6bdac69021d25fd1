import { expect, test } from 'playwright/test';
import type { Page } from 'playwright';
import { startApp, type TestApp } from '../support/app.ts';
import { accept, ask } from './asking.ts';
import { boardOf, chooseTool, marks, openRoomAndJoin } from './board.ts';
import { keepEvidence, openPerson, shot, signIn, visit, type Person } from './people.ts';
import { boxOf, drag, expectPlaying } from './seen.ts';
import { say } from './words.ts';

/** A dentist, an expert and a specialist of a third organisation in one consult. */
test.describe.configure({ mode: 'serial', timeout: 240_000 });
test.use({ trace: 'off', video: 'off', screenshot: 'off' });

let app: TestApp;
let li: Person;
let wang: Person;
let lin: Person;
let consultId: string;

test.beforeAll(async () => {
  test.setTimeout(400_000);
  app = await startApp({ withinMs: 300_000 });
  [li, wang, lin] = await Promise.all([
    openPerson({ origin: app.origin }),
    openPerson({ origin: app.origin }),
    openPerson({ origin: app.origin })
  ]);
  await Promise.all([
    signIn(li, 'li@qinghe.demo'),
    signIn(wang, 'wang@hospital.demo'),
    signIn(lin, 'lin@centre.demo')
  ]);
  consultId = await ask(li, '王秀英', { kind: 'expert', name: '王志远' }, '36 能否保留?');
  await accept(wang, consultId);
  await visit(li.page, `/room/${consultId}`);
  await Promise.all([openRoomAndJoin(li.page), openRoomAndJoin(wang.page)]);
  await expectPlaying(li.page.locator('figure[data-self=false] video').first());
});

test.afterAll(async () => {
  test.setTimeout(120_000);
  await Promise.all([li, wang, lin].map((person) => person?.browser.close()));
  await app?.stop();
});

test.afterEach(async ({}, info) => keepEvidence(info, app, { li, wang, lin }));

const button = (page: Page, key: string) => page.getByRole('button', { name: say(key), exact: true });

test('[CN-70] a host finds a specialist by organisation, leaves out what they need not see, and invites them', async () => {
  const { page } = li;
  await page.getByTestId('call-people-open').click();
  await button(page, 'consults_guest_invite').click();
  const form = page.getByTestId('guest-invite');
  const who = form.getByRole('combobox', { name: say('consults_guest_who') });
  // Nobody is invited by nobody's name.
  await button(page, 'consults_guest_send').click();
  await expect(form.getByText(say('consults_guest_missing'))).toBeVisible();
  await who.fill('省口腔');
  await who.press('ArrowDown');
  await shot(page, 'guest-found');
  await who.press('Enter');
  await expect(form.getByText(say('consults_guest_missing'))).toHaveCount(0);
  await form.getByLabel(say('consults_guest_reason')).fill('牙周条件是否允许保留');
  await form.getByLabel(say('consults_ask_share_allergies')).uncheck();
  await shot(page, 'guest-invite');
  await button(page, 'consults_guest_send').click();
  await expect(form).toHaveCount(0);
  await expect(page.getByText(say('consults_guest_invited', { name: '林婉清' }))).toBeVisible();
});

test('[CN-72] who was invited finds it in their list, comes into the call and draws; the others see it', async () => {
  const { page } = lin;
  const desktop = page.viewportSize()!;
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(page, '/consults');
  await expect(page.getByRole('heading', { name: new RegExp(say('consults_list_invited')) })).toBeVisible();
  await shot(page, 'guest-list-phone');
  await page.getByRole('link', { name: /王秀英/ }).click();
  await expect(page.getByText('牙周条件是否允许保留').first()).toBeVisible();
  await expect(page.getByTestId('grant')).not.toContainText(say('consults_ask_share_allergies'));
  await shot(page, 'guest-consult-phone');
  await page.setViewportSize(desktop);
  await visit(page, `/room/${consultId}`);
  await openRoomAndJoin(page);
  await expectPlaying(page.locator('figure[data-self=false] video').first());
  await shot(page, 'guest-room');
  for (const other of [li.page, wang.page]) {
    const tile = other.locator('figure[data-self=false]', { hasText: '林婉清' });
    await expect(tile).toContainText(say('room_role_guest_from', { organisation: '省口腔医学中心' }));
    await expectPlaying(tile.locator('video'));
  }
  await expect(page.getByRole('tab', { name: say('consults_opinion') })).toHaveCount(0);
  await expect(boardOf(page).panoramic).toBeVisible({ timeout: 60_000 });
  const before = await marks(li.page, 'draw').count();
  await chooseTool(page, 'draw');
  const { x, y, width, height } = await boxOf(boardOf(page).panoramic);
  await drag(page, [
    [x + width * 0.3, y + height * 0.4],
    [x + width * 0.5, y + height * 0.6]
  ]);
  for (const other of [li.page, wang.page]) await expect(marks(other, 'draw')).toHaveCount(before + 1);
  await shot(li.page, 'guest-in-room');
});

test('[CN-71] taken back, they are out of call and board; the others go on', async () => {
  const { page } = li;
  await page.getByRole('button', { name: new RegExp(say('consults_grant_until')) }).click();
  const guest = page.getByTestId('guest');
  await guest.locator('summary').click();
  await shot(page, 'guest-grant');
  await guest.getByRole('button', { name: say('consults_guest_end') }).click();
  await shot(page, 'guest-taking-back');
  await page
    .getByRole('alertdialog')
    .getByRole('button', { name: say('consults_guest_end') })
    .click();
  await expect(page.locator('figure', { hasText: '林婉清' })).toHaveCount(0, { timeout: 5_000 });
  await expect(lin.page.getByTestId('room')).toHaveCount(0, { timeout: 5_000 });
  await shot(lin.page, 'guest-out-phone');
  await expect(guest).toContainText(say('consults_grant_ended'));
  await expectPlaying(wang.page.locator('figure[data-self=false]', { hasText: '李明' }).locator('video'));
  const answer = await lin.page.goto(`/consults/${consultId}`);
  expect(answer?.status()).toBe(404);
  await visit(lin.page, '/consults');
  await expect(lin.page.getByText('王秀英')).toHaveCount(0);
  expect([...li.troubles, ...wang.troubles, ...lin.troubles]).toEqual([]);
});

test('[CN-70] on a phone, in English and in the dark: the grants, and inviting anew by the keyboard alone', async () => {
  const { page, context } = li;
  await context.addCookies([{ name: 'PARAGLIDE_LOCALE', value: 'en', url: app.origin }]);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(page, `/consults/${consultId}`);
  const guests = page.getByTestId('guests');
  await expect(guests).toContainText(say('consults_grant_ended', {}, 'en'));
  await guests.scrollIntoViewIfNeeded();
  await shot(page, 'guest-grants-phone-en-dark');
  await guests.getByRole('button', { name: say('consults_guest_invite', {}, 'en') }).focus();
  await page.keyboard.press('Enter');
  const who = page.getByRole('combobox', { name: say('consults_guest_who', {}, 'en') });
  await who.focus();
  await page.keyboard.type('Provincial');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(who).toHaveValue(/林婉清/);
  await shot(page, 'guest-invite-phone-en-dark');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.getByRole('button', { name: say('consults_guest_send', {}, 'en') }).focus();
  await page.keyboard.press('Enter');
  await expect(guests.getByTestId('guest')).toHaveCount(2);
  await expect(guests).toContainText(say('consults_grant_open', {}, 'en'));
});
