import { expect, test } from 'playwright/test';
import type { Locator, Page } from 'playwright';
import { startApp, type TestApp } from '../support/app.ts';
import { ledEnvironment, openLine, type Line } from '../support/line/simulator.ts';
import { accept, ask } from './asking.ts';
import { openRoomAndJoin } from './board.ts';
import { keepEvidence, openPerson, shot, signIn, visit, type Person } from './people.ts';
import { expectPlaying } from './seen.ts';
import { say } from './words.ts';

/** Two people in a call, of whom one has a line of their own that can be made as bad as lines get. */
test.describe.configure({ mode: 'serial', timeout: 300_000 });
test.use({ trace: 'off', video: 'off', screenshot: 'off' });

/** Far beyond what makes pictures smaller: how many packets get through on a busy machine is not the same each time. */
const lossy = { loss: 0.3, delayMs: 15, jitterMs: 5 };
/** The media server tells of a line every five seconds; both that it is weak and that it is good hold for a while. */
const patience = { timeout: 120_000 };

let app: TestApp;
let line: Line;
let li: Person;
let wang: Person;

test.beforeAll(async () => {
  test.setTimeout(400_000);
  app = await startApp({ env: ledEnvironment, withinMs: 300_000 });
  line = await openLine({ app, ledOnly: true });
  const { origin } = app;
  [li, wang] = await Promise.all([openPerson({ origin }), openPerson({ origin })]);
  await line.lead(wang.context);
  await Promise.all([signIn(li, 'li@qinghe.demo'), signIn(wang, 'wang@hospital.demo')]);
  const consultId = await ask(li, '王秀英', { kind: 'expert', name: '王志远' }, '36 能否保留?');
  await accept(wang, consultId);
  await visit(li.page, `/room/${consultId}`);
  await Promise.all([openRoomAndJoin(li.page), openRoomAndJoin(wang.page)]);
  for (const { page } of [li, wang]) await expectPlaying(theirs(page).locator('video').first());
});

test.afterAll(async () => {
  test.setTimeout(120_000);
  await Promise.all([li, wang].map((person) => person?.browser.close()));
  await line?.close();
  await app?.stop();
});

test.afterEach(async ({}, info) => keepEvidence(info, app, { li, wang }));

const theirs = (page: Page): Locator => page.locator('figure[data-self=false]');
/** Pixels high of the other's picture as it comes. */
const height = (page: Page) =>
  theirs(page)
    .locator('video')
    .evaluateAll((videos) => Math.max(0, ...videos.map((video) => (video as HTMLVideoElement).videoHeight)));

test('[CALL-67] whose line loses much is told that pictures are small, the other sees it at their tile; good again, it goes', async () => {
  const notice = wang.page.getByTestId('weak-line');
  const offer = wang.page.getByTestId('low-data-offer');
  const weak = theirs(li.page).getByTitle(say('room_quality_poor'));
  // Large, so that all its lines would be asked for.
  for (const { page } of [li, wang]) {
    await page.getByTestId('patient-banner').locator('p').first().click();
    for (const key of ['l', 'l']) await page.keyboard.press(key);
  }
  await expect.poll(() => height(wang.page), patience).toBeGreaterThan(180);
  await expect(notice).toHaveCount(0);
  await expect(weak).toHaveCount(0);
  const before = line.carried.upPackets;
  await expect.poll(() => line.carried.upPackets).toBeGreaterThan(before);

  line.set({ up: lossy, down: lossy });
  // Where it has been poor for eight seconds already, "low data" is offered in its place until that is answered.
  await expect(notice.or(offer)).toBeVisible(patience);
  await expect(weak).toBeVisible(patience);
  await expect(offer).toBeVisible(patience);
  await shot(wang.page, 'weak-line-offer');
  await offer.getByRole('button', { name: say('room_low_data_decline') }).click();
  await expect(notice).toContainText(say('room_weak_line'));
  await expect.poll(() => height(wang.page), patience).toBe(180);
  await expectPlaying(theirs(wang.page).locator('video').first());
  // Nothing of it is theirs whose line is good.
  await expect(li.page.getByTestId('weak-line')).toHaveCount(0);
  expect(await li.page.getByTestId('low-data-offer').count()).toBe(0);
  await shot(wang.page, 'weak-line');
  await shot(li.page, 'weak-line-other');

  line.set({});
  await expect(notice).toHaveCount(0, patience);
  await expect(weak).toHaveCount(0, patience);
  await expect.poll(() => height(wang.page), patience).toBeGreaterThan(180);
  for (const person of [li, wang]) expect(person.troubles).toEqual([]);
});
