import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { expect, type TestInfo } from 'playwright/test';
import type { TestApp } from '../support/app.ts';
import { browserFlags, findBrowser, mediaFlags } from '../support/browser.ts';
import { say, type Locale } from './words.ts';

export const demoPassword = 'consilium-demo';

/** Somebody at a browser of their own: a tab in the background of another's would be slowed down. */
export interface Person {
  browser: Browser;
  context: BrowserContext;
  page: Page;
  /** What went wrong in their pages: uncaught errors, refusals of the content policy, requests to other hosts. */
  troubles: string[];
}

/** A camera of few frames: what is asked here is whether it is seen, and three people share this machine. */
const calmMedia = mediaFlags.map((flag) => flag.replace('fps=30', 'fps=10'));

/**
 * Asked for a screen, the browser offers the tab of that title without asking the person. Not together with the
 * flag that answers every question: that one offers a made-up screen, which no browser can end.
 */
function offering(title: string): string[] {
  return [
    ...calmMedia.filter((flag) => flag !== '--use-fake-ui-for-media-stream'),
    `--auto-select-tab-capture-source-by-title=${title}`
  ];
}

export interface PersonOptions {
  origin: string;
  device?: 'desktop' | 'phone';
  locale?: Locale;
  colorScheme?: 'light' | 'dark';
  /** Title of the tab this person shares when they share their screen. */
  sharesTab?: string;
  /** In a browser that somebody else has opened: for who is not looked at side by side with them. */
  browser?: Browser;
  /** What their camera sees: a film file (tests/support/drawn-face.ts); default: the browser's test pattern. */
  film?: string;
  /** Cameras of theirs; default 1. Of the browser's made-up ones the second takes depth, which no encoder takes. */
  cameras?: number;
  /** A screen that can be touched. */
  touch?: boolean;
}

export async function openPerson({
  origin,
  device = 'desktop',
  locale = 'zh-CN',
  colorScheme = 'light',
  sharesTab,
  film,
  browser: given,
  cameras = 1,
  touch = false
}: PersonOptions): Promise<Person> {
  const executablePath = findBrowser();
  const browser =
    given ??
    (await chromium.launch({
      args: [
        ...browserFlags,
        ...(sharesTab ? offering(sharesTab) : calmMedia).map((flag) =>
          flag.replace('fps=10', `fps=10,device-count=${cameras}`)
        ),
        ...(film ? [`--use-file-for-fake-video-capture=${film}`] : [])
      ],
      ...(executablePath ? { executablePath } : {})
    }));
  const context = await browser.newContext({
    baseURL: origin,
    locale,
    colorScheme,
    timezoneId: 'Asia/Shanghai',
    permissions: ['camera', 'microphone'],
    ...(device === 'phone'
      ? { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }
      : { viewport: { width: 1440, height: 900 }, hasTouch: touch })
  });
  // As the language button does it.
  await context.addCookies([{ name: 'PARAGLIDE_LOCALE', value: locale, url: origin }]);
  context.setDefaultTimeout(30_000);
  context.setDefaultNavigationTimeout(60_000);
  const troubles: string[] = [];
  watch(context, origin, troubles);
  return { browser, context, page: await context.newPage(), troubles };
}

function watch(context: BrowserContext, origin: string, troubles: string[]): void {
  const { host } = new URL(origin);
  context.on('page', (page) => {
    page.on('pageerror', (error) => troubles.push(`error in the page: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && /content security policy/i.test(message.text()))
        troubles.push(`refused by the content policy: ${message.text()}`);
    });
    page.on('dialog', (dialog) => {
      troubles.push(`a ${dialog.type()} opened: ${dialog.message()}`);
      void dialog.dismiss();
    });
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.host !== host)
      troubles.push(`asked another host: ${url.host}`);
  });
}

export async function signIn({ page }: Person, email: string, locale: Locale = 'zh-CN'): Promise<void> {
  await visit(page, '/sign-in');
  await page.locator('input[name=email]').fill(email);
  // By name: the label is also that of the button that shows what is typed.
  await page.locator('input[name=password]').fill(demoPassword);
  await page.getByRole('button', { name: say('identity_sign_in', {}, locale), exact: true }).click();
  await expect(page).toHaveURL(/\/$/, { timeout: 30_000 });
}

/** From the list of patients to one of them. @returns their id */
export async function openPatient({ page }: Person, name: string): Promise<string> {
  await visit(page, '/patients');
  await page
    .getByRole('link', { name: new RegExp(name) })
    .first()
    .click();
  await expect(page).toHaveURL(/\/patients\/[0-9a-f-]{36}$/, { timeout: 30_000 });
  return new URL(page.url()).pathname.split('/').at(-1)!;
}

/** Kit has taken the page over (it then keeps the scroll place itself): before that a click may be lost. */
export async function taken(page: Page): Promise<void> {
  await page.waitForFunction(() => history.scrollRestoration === 'manual', undefined, { timeout: 60_000 });
}

/** Open an address and wait until the page can be used. */
export async function visit(page: Page, path: string): Promise<void> {
  // The browser keeps it with the place in its history: opened again at once, a page would look taken over already.
  await page.evaluate(() => (history.scrollRestoration = 'auto'));
  await page.goto(path);
  await taken(page);
}

/** A test that failed leaves everybody's screen and the app's log beside its report. */
export async function keepEvidence(
  info: TestInfo,
  app: TestApp | undefined,
  people: Record<string, Person | null | undefined>
): Promise<void> {
  if (info.status === info.expectedStatus) return;
  for (const [name, person] of Object.entries(people))
    if (person && !person.page.isClosed()) {
      const path = info.outputPath(`${name}.png`);
      await person.page.screenshot({ path, timeout: 15_000 });
      await info.attach(name, { path });
    }
  if (!app) return;
  const path = info.outputPath('app.log');
  await writeFile(path, await app.log());
  await info.attach('app.log', { path });
}

/** Pictures for a person to look at, where asked for by E2E_SHOTS=<folder>. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['E2E_SHOTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
