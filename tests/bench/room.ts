import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import type { TestApp } from '../support/app.ts';
import { browserFlags, findBrowser, mediaFlags } from '../support/browser.ts';
import type { CleanUp } from './figures.ts';

/** How the benches come into the demo world's room, each person in a browser of their own. */

export const patienceMs = 30_000;
/** The first start in a clone builds the app and makes the demo world. */
export const startWithinMs = 900_000;
const demoPassword = 'consilium-demo';

export async function openBrowser(cleanUp: CleanUp): Promise<Browser> {
  const executablePath = findBrowser();
  const browser = await chromium.launch({
    args: [...browserFlags, ...mediaFlags],
    ...(executablePath ? { executablePath } : {})
  });
  cleanUp.add(() => browser.close());
  return browser;
}

export async function signIn(
  app: TestApp,
  browser: Browser,
  email: string,
  viewport = { width: 1280, height: 800 }
): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await page.goto(`${app.origin}/sign-in`);
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', demoPassword);
  await page.press('[name=password]', 'Enter');
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'), { timeout: patienceMs });
  await page.close();
  return context;
}

/** The demo world's waiting question, accepted by its expert. Returns its id. */
export async function openConsult(app: TestApp, expert: BrowserContext): Promise<string> {
  const list = await expert.request.get(`${app.origin}/consults`);
  const id = /\/consults\/([0-9a-f-]{36})/.exec(await list.text())?.[1];
  if (!id) throw new Error('the demo world has no consult for this expert');
  const accepted = await expert.request.post(`${app.origin}/consults/${id}?/accept`, {
    form: {},
    headers: { origin: app.origin },
    maxRedirects: 0
  });
  if (accepted.status() >= 400) throw new Error(`the consult was not accepted: ${accepted.status()}`);
  return id;
}

/** Into the call, until one's own picture is sent and the board, where it matters, can be used. */
export async function enter(
  room: string,
  context: BrowserContext,
  { board = true }: { board?: boolean } = {}
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(room);
  await page.waitForSelector('[data-testid=lobby-join]', { timeout: patienceMs });
  await page.waitForTimeout(1_000);
  await page.click('[data-testid=lobby-join]');
  await page.waitForSelector('[data-self=true] video', { timeout: patienceMs });
  if (board) await page.waitForSelector('[data-board-ready=true]', { timeout: patienceMs });
  await page.waitForTimeout(1_500);
  return page;
}
