import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import type { Page } from 'playwright';
import { resolveBinary } from '../../server/sfu/resolve.ts';
import { supervise, type SupervisedServer } from '../../server/sfu/supervise.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { makeDemoDataDir, removeDataDir } from '../support/data-folder.ts';
import { openEgressPeer, type EgressPeer } from '../support/egress-peer.ts';
import { mediaDefaults } from '../support/media.ts';
import { lastingPort } from '../support/ports.ts';
import { silent } from '../support/silent.ts';
import { accept, ask } from './asking.ts';
import { keepEvidence, openPerson, shot, signIn, taken, visit, type Person } from './people.ts';
import { say } from './words.ts';

/** A site with a LiveKit of its own and an egress service, which a peer speaks for. */
test.describe.configure({ mode: 'serial', timeout: 180_000 });
test.use({ trace: 'off', video: 'off', screenshot: 'off' });

const keys = { apiKey: 'APIelsewhere', apiSecret: 'of the other machine, at least 32 long' };
let dataDir: string;
let folder: string;
let real: SupervisedServer;
let peer: EgressPeer;
let app: TestApp;
let li: Person;

test.beforeAll(async () => {
  test.setTimeout(400_000);
  dataDir = await makeDemoDataDir();
  folder = join(dataDir, 'egress');
  await mkdir(folder);
  const port = await lastingPort();
  const webhook = `http://127.0.0.1:${port}/sfu/webhook`;
  const elsewhere = join(dataDir, 'elsewhere');
  const binary = await resolveBinary({ dataDir, log: silent, onProgress: () => undefined });
  real = supervise({
    binary,
    folder: elsewhere,
    config: mediaDefaults,
    keys,
    appPort: () => port,
    log: silent
  });
  await real.settled;
  const target = () => `http://127.0.0.1:${real.ports()!.signal}`;
  peer = await openEgressPeer({ target, keys, webhook: () => webhook });
  const env = {
    LIVEKIT_URL: peer.url,
    LIVEKIT_API_KEY: keys.apiKey,
    LIVEKIT_API_SECRET: keys.apiSecret,
    EGRESS: folder
  };
  app = await startApp({ dataDir, env, args: ['--port', String(port)], withinMs: 390_000 });
  li = await openPerson({ origin: app.origin });
  await signIn(li, 'li@qinghe.demo');
});

test.afterAll(async () => {
  test.setTimeout(120_000);
  await li?.browser.close();
  await app?.stop();
  await peer?.close();
  await real?.stop();
  if (dataDir) await removeDataDir(dataDir);
});

test.afterEach(async ({}, info) => keepEvidence(info, app, { li }));

const inAnotherContext = async (who: (person: Person) => Promise<void>) => {
  const context = await li.browser.newContext({ baseURL: app.origin, locale: 'zh-CN' });
  await who({ ...li, context, page: await context.newPage() });
  await context.close();
};
const sign = (page: Page) => page.getByTestId('recording-sign');
const row = (page: Page) => page.getByTestId('recordings').locator('li').first();

test('[RC-15] in the call of an encrypted visit the browser records; not encrypted, the media server does, and that is said first', async () => {
  const { page } = li;
  const consultId = await ask(li, '王秀英', { kind: 'expert', name: '王志远' }, '能否保留?');
  await inAnotherContext(async (wang) => {
    await signIn(wang, 'wang@hospital.demo');
    await accept(wang, consultId);
  });
  const path = `/api/consults/${consultId}`;
  const invite = await page.request.post(`${path}/invite`, { data: {} });
  const { url } = (await invite.json()) as { url: string };
  await inAnotherContext(async ({ page: own }) => {
    await visit(own, url);
    await own.getByLabel(say('visit_digits')).fill('1234');
    await own.getByRole('button', { name: say('visit_enter') }).click();
    const consent = own.getByTestId('consent');
    for (const answer of ['consent_agree', 'consent_agree', 'consent_refuse', 'consent_refuse']) {
      const purpose = await consent.getAttribute('data-purpose');
      await consent.getByRole('button', { name: say(answer), exact: true }).click();
      await expect(own.locator(`[data-testid=consent][data-purpose=${purpose}]`)).toHaveCount(0);
    }
  });

  await visit(page, `/room/${consultId}`);
  await page.getByTestId('lobby-join').click();
  await expect(page.getByTestId('encryption-sign')).toHaveAttribute('data-on', 'true', { timeout: 60_000 });
  await page.getByTestId('recording-ask').click();
  await page.getByTestId('recording-agree').click();
  await expect(page.getByTestId('recording-missing')).toHaveCount(0);
  await expect(page.getByTestId('recording-by-server')).toHaveCount(0);
  await expect(page.getByText(say('recording_keep_open'))).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByTestId('encryption-sign').click();
  await page.getByTestId('encryption-switch').click();
  await expect(page.getByTestId('encryption-sign')).toHaveAttribute('data-on', 'false');
  await page.keyboard.press('Escape');

  await page.getByTestId('recording-ask').click();
  await expect(page.getByTestId('recording-by-server')).toHaveText(say('recording_by_server'));
  await expect(page.getByText(say('recording_by_server_shows'))).toBeVisible();
  await shot(page, 'server-recording-ask');
  // Dialogs that come and go do not scroll the room.
  await expect(page.getByTestId('patient-banner')).toBeInViewport();
  await page.getByTestId('recording-begin').click();
  await expect(sign(page)).toHaveAttribute('data-paused', 'false');
  await expect(page.getByTestId('recording-pause')).toHaveCount(0);
  await expect.poll(() => peer.works.length).toBe(1);
  await expect(page.getByTestId('patient-banner')).toBeInViewport();
  await shot(page, 'server-recording-on');
});

test('[RC-16] [RC-17] the host leaves and comes back, it goes on; stopped, it plays, and nothing lies in the clear', async () => {
  const { page } = li;
  peer.film = await filmOf(page);
  await page.reload();
  await taken(page);
  await expect(sign(page)).toHaveAttribute('data-paused', 'false');
  await page.getByTestId('lobby-join').click();
  await page.getByTestId('recording-stop').click();
  await expect(sign(page)).toHaveCount(0);
  await expect(row(page)).toHaveAttribute('data-recording-state', 'ready', { timeout: 30_000 });
  await expect(row(page)).toContainText(say('recording_made_by_server'));
  expect(await readdir(folder)).toEqual([]);
  await row(page).getByTestId('recording-play').click();
  const video = row(page).locator('video');
  await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.readyState)).toBeGreaterThan(0);
  await row(page).scrollIntoViewIfNeeded();
  await shot(page, 'server-recording-player');
});

test('[RC-15] where the media server refuses, the browser records, and that is said', async () => {
  const { page } = li;
  peer.refuses = { code: 'unavailable', status: 503 };
  await page.getByTestId('recording-ask').click();
  await page.getByTestId('recording-begin').click();
  await expect(page.getByText(say('recording_server_fallback'))).toBeVisible();
  await expect(sign(page)).toHaveAttribute('data-paused', 'false');
  await expect(page.getByTestId('recording-pause')).toBeVisible();
  // The one before, and that of the browser; not what was refused.
  await expect(page.getByTestId('recordings').getByRole('listitem')).toHaveCount(2);
  await shot(page, 'server-recording-refused');
  await page.getByTestId('recording-stop').click();
  await expect(sign(page)).toHaveCount(0);
  await expect(row(page)).toHaveAttribute('data-recording-state', 'ready', { timeout: 30_000 });
});

/** Two seconds of a drawn picture, in the format that egress writes as near as this browser has it. */
async function filmOf(page: Page): Promise<Buffer> {
  const coded = await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d')!;
    const type = ['video/mp4;codecs=avc1.42E01F', 'video/mp4;codecs=vp9', 'video/mp4'].find((one) =>
      MediaRecorder.isTypeSupported(one)
    );
    const recorder = new MediaRecorder(canvas.captureStream(10), type ? { mimeType: type } : {});
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((done) => (recorder.onstop = done));
    recorder.start();
    for (let i = 0; i < 20; i++) {
      context.fillStyle = `hsl(${i * 18} 80% 50%)`;
      context.fillRect(0, 0, 300, 150);
      await new Promise((next) => setTimeout(next, 100));
    }
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
  });
  return Buffer.from(coded, 'base64');
}
