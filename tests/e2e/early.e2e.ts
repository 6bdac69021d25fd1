import type { Page } from 'playwright';
import { expect, test } from 'playwright/test';
import { startApp, type TestApp } from '../support/app.ts';
import { makeDemoDataDir, removeDataDir } from '../support/data-folder.ts';
import { ask } from './asking.ts';
import { keepEvidence, openPatient, openPerson, shot, signIn, visit, type Person } from './people.ts';
import { say } from './words.ts';

/** Staff on a slow line, who press before the page's script has come. */
test.describe.configure({ mode: 'serial', timeout: 120_000 });
test.use({ trace: 'off', video: 'off', screenshot: 'off' });

let dataDir: string;
let app: TestApp;
let li: Person;
let wang: Person;
let consultId: string;

test.beforeAll(async () => {
  test.setTimeout(400_000);
  dataDir = await makeDemoDataDir();
  app = await startApp({ dataDir, withinMs: 390_000 });
  li = await openPerson({ origin: app.origin });
  wang = await openPerson({ origin: app.origin, browser: li.browser, locale: 'en' });
  await signIn(li, 'li@qinghe.demo');
  await signIn(wang, 'wang@hospital.demo', 'en');
  await visit(li.page, '/');
  consultId = await ask(li, '王秀英', { kind: 'expert', name: '王志远' }, '36 能否保留?');
});

test.afterAll(async () => {
  test.setTimeout(120_000);
  await li?.browser.close();
  await app?.stop();
  if (dataDir) await removeDataDir(dataDir);
});

test.afterEach(async ({}, info) => keepEvidence(info, app, { li, wang }));

/** What they press on the consult's page, as a form without a script sends it. */
async function act(person: Person, action: string, form: Record<string, string> = {}): Promise<void> {
  const answer = await person.context.request.post(`/consults/${consultId}?/${action}`, {
    ...{ form, headers: { origin: app.origin, accept: 'text/html' }, maxRedirects: 0 }
  });
  expect(answer.status()).toBeLessThan(400);
}

/** A page's scripts, and those of the pages after it, which come once they are told to. */
async function held(page: Page): Promise<{ come(): void }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route('**/_app/immutable/**/*.js', async (route) => {
    await promise;
    // Of a page that was left meanwhile nobody waits for it.
    await route.continue().catch(() => undefined);
  });
  return { come: resolve };
}

test('an answer is sent before the script has come; nothing in it is told, and is not sent', async () => {
  await act(wang, 'askMore', { text: 'Which tooth?' });
  const context = await li.browser.newContext({
    ...{ baseURL: app.origin, locale: 'zh-CN', javaScriptEnabled: false },
    storageState: await li.context.storageState()
  });
  const page = await context.newPage();
  await page.goto(`/consults/${consultId}`);
  const field = page.getByLabel(say('consults_answer_more_text'));
  const send = page.getByRole('button', { name: say('consults_answer_more'), exact: true });
  await expect(send).toBeEnabled();
  // The browser lets blanks pass; the server does not, and gives them back.
  await field.fill('   ');
  await send.click();
  await expect(page.getByRole('alert').first()).toBeVisible();
  await expect(field).toHaveValue('   ');
  await field.fill('36');
  await send.click();
  await expect(field).toHaveCount(0);
  // Loading it again sends nothing again.
  await expect(page).toHaveURL(`${app.origin}/consults/${consultId}`);
  await context.close();
});

test('a button that has no address says that it is busy, and does what it is for once the script is there', async () => {
  await act(wang, 'accept');
  const { page } = li;
  const scripts = await held(page);
  await page.goto(`/room/${consultId}`, { waitUntil: 'commit' });
  const enter = page.getByRole('button', { name: say('room_without_call') });
  await enter.click();
  await expect(enter).toHaveAttribute('aria-busy', 'true');
  await shot(page, 'early-press');
  await expect(enter).toBeVisible();
  scripts.come();
  await expect(enter).toHaveCount(0);
  await expect(page.getByTestId('board-surface')).toBeVisible();
});

test('a form that the script sends waits for it: no password gets into the address', async () => {
  const { page } = li;
  const patientId = await openPatient(li, '王秀英');
  const scripts = await held(page);
  await page.goto(`/patients/${patientId}/rights`, { waitUntil: 'commit' });
  const form = page.getByTestId('export');
  const password = form.locator('input[name=proof]');
  await password.fill('not my password');
  await password.press('Enter');
  await expect(form.locator('button[type=submit]')).toHaveAttribute('aria-busy', 'true');
  expect(new URL(page.url()).search).toBe('');
  scripts.come();
  await expect(form.getByRole('alert')).toHaveText(say('error_wrong_password'));
  expect(new URL(page.url()).search).toBe('');
  await expect(password).toHaveValue('not my password');
});

test('a search is an address: it is found without the script', async () => {
  const { page } = li;
  const scripts = await held(page);
  await page.goto('/patients', { waitUntil: 'commit' });
  await page.getByRole('searchbox').fill('王秀英');
  await page.getByRole('searchbox').press('Enter');
  await expect(page).toHaveURL(/\/patients\?q=/);
  await expect(page.getByRole('link', { name: /王秀英/ }).first()).toBeVisible();
  scripts.come();
  for (const person of [li, wang]) expect(person.troubles).toEqual([]);
});
