import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright';
import { totpAt } from '../../src/lib/features/identity/totp.server.ts';
import { expect, test } from '../support/e2e.ts';
import { demoPassword, openPerson, taken, type Person } from './people.ts';

const shots = process.env['SHOTS'];
const codeNow = (secret: string, offset = 0) => totpAt(secret, Math.floor(Date.now() / 30_000) + offset);

async function shot(page: Page, name: string): Promise<void> {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

async function signIn(page: Page, email: string, password = demoPassword): Promise<void> {
  await page.goto('/sign-in');
  await page.locator('input[name=email]').fill(email);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button[type=submit]').click();
}

async function enrol(page: Page): Promise<{ secret: string; codes: string[] }> {
  await page.goto('/account');
  await page.getByRole('button', { name: '设置验证器应用' }).click();
  const secret = (await page.getByTestId('totp-secret').textContent())!.trim();
  await shot(page, 'account-totp');
  await page.locator('input[name=code]').fill('000000');
  await page.getByRole('button', { name: '启用', exact: true }).click();
  await expect(page.getByText('验证码不对')).toBeVisible();
  await page.locator('input[name=code]').fill(codeNow(secret, -1));
  await page.getByRole('button', { name: '启用', exact: true }).click();
  await expect(page.getByTestId('recovery-codes').locator('li')).toHaveCount(10);
  await shot(page, 'account-codes');
  return { secret, codes: await page.getByTestId('recovery-codes').locator('li').allTextContents() };
}

test.describe.configure({ mode: 'serial' });

test('[ID-11] an app’s code and a recovery code finish a sign-in; sessions end while a page is open', async ({
  app
}) => {
  const people: Person[] = [];
  const open = async (options = {}) => {
    const person = await openPerson({ origin: app.origin, ...options });
    people.push(person);
    return person.page;
  };
  try {
    const page = await open();
    const email = 'wang@hospital.demo';
    await page.goto('/sign-in');
    await shot(page, 'sign-in');
    await signIn(page, email);
    await page.waitForURL((url) => url.pathname === '/');
    const { secret, codes } = await enrol(page);

    const phone = await open({ device: 'phone' });
    await signIn(phone, email);
    await phone.waitForURL(/\/sign-in\/second/);
    await shot(phone, 'second-phone');
    await phone.locator('input[name=code]').fill(codeNow(secret));
    await phone.getByRole('button', { name: '继续' }).click();
    await phone.waitForURL((url) => url.pathname === '/');
    const english = await open({ locale: 'en', colorScheme: 'dark' });
    await signIn(english, email);
    await english.locator('input[name=code]').fill(codes[3]!);
    await english.getByRole('button', { name: 'Continue' }).click();
    await english.waitForURL((url) => url.pathname === '/');
    await english.goto('/account');
    await shot(english, 'account-en-dark');

    // News reach the phone's page over an open stream: it is cut, and what the phone asks next is refused.
    await phone.goto('/account');
    await shot(phone, 'account-phone');
    const cut = phone.evaluate(
      () =>
        new Promise<number>((done) => {
          const stream = new EventSource('/api/events');
          stream.onopen = () => {
            stream.onerror = () => done(Date.now());
            document.title = 'open';
          };
        })
    );
    await phone.waitForFunction(() => document.title === 'open');
    await page.goto('/account');
    await shot(page, 'account');
    await expect(page.getByRole('button', { name: /^结束 / })).toHaveCount(2);
    const ended = Date.now();
    await page.getByRole('button', { name: '结束其他全部登录' }).click();
    expect((await cut) - ended).toBeLessThan(3_000);
    await phone.goto('/patients');
    await phone.waitForURL(/\/sign-in/);
    expect(people.flatMap((one) => one.troubles)).toEqual([]);
  } finally {
    for (const person of people) await person.browser.close();
  }
});

test('[ID-11] a passkey is made, signs in without a password, and stands as the second step', async ({
  app
}) => {
  const { browser, context, page, troubles } = await openPerson({ origin: app.origin });
  try {
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true
      }
    });
    const email = 'li@qinghe.demo';
    await signIn(page, email);
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto('/account');
    await page.getByLabel(/名称/).fill('前台平板');
    await page.getByRole('button', { name: '添加通行密钥' }).click();
    await expect(page.getByText('前台平板')).toBeVisible();
    await expect(page.getByTestId('recovery-codes').locator('li')).toHaveCount(10);

    await page.getByRole('button', { name: '退出登录' }).click();
    await page.waitForURL(/\/sign-in/);
    await page.getByRole('button', { name: '用通行密钥登录' }).click();
    await page.waitForURL((url) => url.pathname === '/');

    await context.clearCookies({ name: 'consilium.session' });
    await signIn(page, email);
    await page.waitForURL(/\/sign-in\/second/);
    await page.getByRole('button', { name: '使用通行密钥' }).click();
    await page.waitForURL((url) => url.pathname === '/');

    // What asks again who one is takes the passkey too.
    await page.goto('/patients');
    await page.getByRole('main').getByRole('link').filter({ hasText: 'P0' }).first().click();
    await page.waitForURL(/\/patients\/[\w-]+$/);
    await page.goto(`${page.url()}/rights`);
    const taken = page.waitForEvent('download');
    await page.getByTestId('export').getByRole('button', { name: '用通行密钥确认' }).click();
    expect((await taken).suggestedFilename()).toMatch(/^record-.*\.zip$/);

    await page.goto('/account');
    await page.getByRole('button', { name: /^删除通行密钥/ }).click();
    await expect(page.getByText('前台平板')).toHaveCount(0);
    expect(troubles).toEqual([]);
  } finally {
    await browser.close();
  }
});

/** The link that an owner hands to somebody. */
async function invite(page: Page, { name, email, role }: Record<'name' | 'email' | 'role', string>) {
  await page.goto('/members');
  await page.locator('#invite input[name=name]').fill(name);
  await page.locator('#invite input[name=email]').fill(email);
  await page.locator('#invite select[name=role]').selectOption(role);
  await page.getByRole('button', { name: '生成邀请链接' }).click();
  return (await page.getByTestId('invitation-link').textContent())!.trim();
}

test('[ID-13] an owner invites somebody by link, who comes in with a password of their own', async ({
  app
}) => {
  const owner = await openPerson({ origin: app.origin });
  const guest = await openPerson({ origin: app.origin, device: 'phone' });
  try {
    await signIn(owner.page, 'chen@qinghe.demo');
    await owner.page.waitForURL((url) => url.pathname === '/');
    const nurse = { name: '新护士', email: 'new.nurse@example.org', role: 'nurse' };
    const link = await invite(owner.page, nurse);
    await shot(owner.page, 'members');
    await guest.page.goto(link);
    await shot(guest.page, 'invitation-phone');
    await guest.page.locator('input[name=password]').fill('password123');
    await guest.page.getByRole('button', { name: '加入' }).click();
    await expect(guest.page.getByText('太常见')).toBeVisible();
    await guest.page.locator('input[name=password]').fill('lantern walnut orbit');
    await guest.page.getByRole('button', { name: '加入' }).click();
    await guest.page.waitForURL((url) => url.pathname === '/');
    await guest.page.goto('/members');
    await expect(guest.page.getByTestId('member')).toHaveCount(0);
  } finally {
    await owner.browser.close();
    await guest.browser.close();
  }
});

test('[ID-30] [ID-31] somebody of another hospital takes a place by their own password, and goes from one to the other', async ({
  app
}) => {
  const { origin } = app;
  const owner = await openPerson({ origin });
  const zhao = await openPerson({ origin, browser: owner.browser });
  const { page } = zhao;
  try {
    await signIn(owner.page, 'chen@qinghe.demo');
    await owner.page.waitForURL((url) => url.pathname === '/');
    await page.goto(await invite(owner.page, { name: '赵刚', email: 'zhao@hospital.demo', role: 'dentist' }));
    await page.locator('input[name=password]').fill(demoPassword);
    await page.getByRole('button', { name: '加入' }).click();
    await page.waitForURL(/\/sign-in/);
    await signIn(page, 'zhao@hospital.demo');
    await page.getByRole('button', { name: /清河镇口腔门诊/ }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto('/patients');
    await expect(page.getByRole('link', { name: /王秀英/ })).toBeVisible();
    await shot(page, 'place-clinic');

    await taken(page);
    await page.getByRole('button', { name: /赵刚/ }).click();
    await shot(page, 'place-menu');
    await page.getByRole('menuitemcheckbox', { name: /市口腔医院/ }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto('/patients');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByRole('link', { name: /王秀英/ })).toHaveCount(0);
    expect(zhao.troubles).toEqual([]);
  } finally {
    await owner.browser.close();
  }
});

test('[ID-9] an unused page warns, signs out, and gives what was typed back to the same person only', async ({
  app
}) => {
  const { browser, page, troubles } = await openPerson({ origin: app.origin });
  const typed = () => page.getByRole('dialog').getByLabel('姓名');
  try {
    await page.clock.install();
    await signIn(page, 'zhou@qinghe.demo');
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto('/patients?new=1');
    await typed().fill('还没写完');
    await page.clock.fastForward(14 * 60_000 + 5_000);
    await expect(page.getByText('即将自动退出')).toBeVisible();
    await shot(page, 'idle');
    await page.getByRole('button', { name: '继续使用' }).click();
    await expect(page.getByText('即将自动退出')).toHaveCount(0);
    await page.clock.fastForward(15 * 60_000 + 2_000);
    await page.waitForURL(/\/sign-in\?notice=idle/);
    await shot(page, 'idle-ended');
    await page.locator('input[name=email]').fill('zhou@qinghe.demo');
    await page.locator('input[name=password]').fill(demoPassword);
    await page.locator('button[type=submit]').click();
    await page.waitForURL(/\/patients\?new=1/);
    await expect(typed()).toHaveValue('还没写完');

    await typed().fill('别人看不到');
    await page.clock.fastForward(15 * 60_000 + 2_000);
    await page.waitForURL(/\/sign-in\?notice=idle/);
    await page.locator('input[name=email]').fill('he@qinghe.demo');
    await page.locator('input[name=password]').fill(demoPassword);
    await page.locator('button[type=submit]').click();
    await page.waitForURL(/\/patients\?new=1/);
    await expect(typed()).toHaveValue('');
    expect(await page.evaluate(() => sessionStorage.getItem('consilium.kept'))).toBeNull();
    expect(troubles).toEqual([]);
  } finally {
    await browser.close();
  }
});
