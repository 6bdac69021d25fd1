import { expect, test } from '../support/e2e.ts';
import type { Page } from 'playwright';
import { boardOf } from './board.ts';
import { openPatient, openPerson, shot, signIn, taken, visit, type Person } from './people.ts';
import { greyOf } from './seen.ts';
import { say, type Locale } from './words.ts';

/** Every main screen on a phone, in English and in the dark: opens, fits, asks nobody else, breaks no rule. */
test.use({ trace: 'off', video: 'off' });

const looks: { name: string; device: 'desktop' | 'phone'; locale: Locale; colorScheme: 'light' | 'dark' }[] =
  [
    { name: 'phone', device: 'phone', locale: 'zh-CN', colorScheme: 'light' },
    { name: 'phone-en-dark', device: 'phone', locale: 'en', colorScheme: 'dark' },
    { name: 'desktop-en', device: 'desktop', locale: 'en', colorScheme: 'light' },
    { name: 'desktop-dark', device: 'desktop', locale: 'zh-CN', colorScheme: 'dark' }
  ];

/** The question that waits in the demo world, taken on by the expert who was asked. @returns its id */
async function acceptWaiting(origin: string): Promise<string> {
  const zhao = await openPerson({ origin });
  try {
    await signIn(zhao, 'zhao@hospital.demo');
    await visit(zhao.page, '/consults');
    await zhao.page.locator('main a[href^="/consults/"]').first().click();
    await expect(zhao.page).toHaveURL(/\/consults\/[0-9a-f-]{36}$/);
    await taken(zhao.page);
    const id = new URL(zhao.page.url()).pathname.split('/').at(-1)!;
    const accept = zhao.page.getByRole('button', { name: say('consults_accept') });
    if (await accept.isVisible()) {
      await accept.click();
      await expect(zhao.page).toHaveURL(new RegExp(`/room/${id}$`));
    }
    return id;
  } finally {
    await zhao.browser.close();
  }
}

/** Nothing sticks out to the side: a page that scrolls sideways is broken on a phone. */
async function expectFits(page: Page): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    )
    .toBeLessThanOrEqual(0);
}

for (const { name, ...look } of looks)
  test(`screens open and fit: ${name}`, async ({ app }) => {
    test.setTimeout(300_000);
    const consultId = await acceptWaiting(app.origin);
    const li: Person = await openPerson({ origin: app.origin, ...look });
    const { page } = li;
    const seen = async (screen: string) => {
      await expect(page.locator('html')).toHaveAttribute('lang', look.locale);
      await expectFits(page);
      await shot(page, `${name}-${screen}`);
    };
    try {
      await visit(page, '/sign-in');
      await expect(page.getByRole('heading', { name: say('identity_title', {}, look.locale) })).toBeVisible();
      await seen('sign-in');
      const { mean } = await greyOf(page);
      if (look.colorScheme === 'dark') expect(mean).toBeLessThan(90);
      else if (look.device === 'phone') expect(mean).toBeGreaterThan(160);

      await signIn(li, 'li@qinghe.demo', look.locale);
      await taken(page);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(
        say('consults_today', {}, look.locale)
      );
      await seen('today');

      await openPatient(li, '王秀英');
      await taken(page);
      await expect(page.locator('#chart [data-tooth]').first()).toBeVisible();
      await seen('patient');
      await page
        .getByRole('button', { name: say('consults_ask_open', {}, look.locale) })
        .filter({ visible: true })
        .click();
      await expect(page.getByTestId('ask-form')).toBeVisible();
      await seen('ask');

      await visit(page, '/consults');
      await expect(page.locator('main a[href^="/consults/"]').first()).toBeVisible();
      await seen('consults');
      await visit(page, `/consults/${consultId}`);
      await seen('consult');

      await visit(page, `/room/${consultId}`);
      await expect(page.getByTestId('lobby-join')).toBeVisible();
      await seen('lobby');
      await page.getByRole('button', { name: say('room_without_call', {}, look.locale) }).click();
      await expect(page.locator('[data-board-ready=true]')).toBeVisible({ timeout: 90_000 });
      await expect(boardOf(page).surface).toBeVisible();
      await seen('room');
      expect(li.troubles).toEqual([]);
    } finally {
      await li.browser.close();
    }
  });
