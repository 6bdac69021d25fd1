import { test as base, expect, type Browser } from 'playwright/test';
import { chromium } from 'playwright';
import { startApp, type TestApp } from './app.ts';
import { browserFlags, findBrowser, mediaFlags } from './browser.ts';

interface WorkerFixtures {
  /** One running app with the demo world for all tests of a file's worker. */
  app: TestApp;
}
interface TestFixtures {
  /** Another browser process, for a second or third person: a tab in the background is slowed down. */
  anotherBrowser: () => Promise<Browser>;
  /** The app's log goes into the report of a test that failed. */
  keepLog: undefined;
}

/** Playwright's `test` with the real app behind it; `baseURL` is the app's address. */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  app: [
    async ({}, use) => {
      const app = await startApp();
      await use(app);
      await app.stop();
    },
    { scope: 'worker', timeout: 300_000 }
  ],
  baseURL: async ({ app }, use) => use(app.origin),
  anotherBrowser: async ({}, use) => {
    const opened: Browser[] = [];
    await use(async () => {
      const executablePath = findBrowser();
      const browser = await chromium.launch({
        args: [...browserFlags, ...mediaFlags],
        ...(executablePath ? { executablePath } : {})
      });
      opened.push(browser);
      return browser;
    });
    for (const browser of opened) await browser.close();
  },
  keepLog: [
    async ({ app }, use, info) => {
      await use(undefined);
      if (info.status !== info.expectedStatus)
        await info.attach('app.log', { body: await app.log(), contentType: 'text/plain' });
    },
    { auto: true }
  ]
});

export { expect };
