import { defineConfig } from 'playwright/test';
import { browserFlags, findBrowser, mediaFlags } from './tests/support/browser.ts';

const executablePath = findBrowser();
const calls = ['consult', 'recorded-by-server', 'room-tools', 'third', 'visit', 'weak-line'].map(
  (name) => `**/${name}.e2e.ts`
);

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results/e2e',
  // Two cores: one call at a time, else calls and clocks are measured against each other. Stories without a call leave
  // most of a core idle and go beside them.
  workers: 2,
  projects: [
    { name: 'calls', testMatch: calls, workers: 1 },
    { name: 'pages', testMatch: '**/*.e2e.ts', testIgnore: calls, workers: 1 }
  ],
  fullyParallel: false,
  retries: 0,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 120_000,
  globalTimeout: 30 * 60_000,
  // Three browsers, a database and a media server share what a small machine has.
  expect: { timeout: 30_000 },
  reporter: [['list']],
  use: {
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: 1440, height: 900 },
    permissions: ['camera', 'microphone', 'clipboard-read', 'clipboard-write'],
    // Without a film of every page: calls need both cores (the stories took a little less time).
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
    video: { mode: 'retain-on-failure', size: { width: 720, height: 450 } },
    launchOptions: { args: [...browserFlags, ...mediaFlags], ...(executablePath ? { executablePath } : {}) }
  }
});
