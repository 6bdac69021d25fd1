import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import { AccessToken } from 'livekit-server-sdk';
import type { Locator, Page, Route } from 'playwright';
import { repositoryRoot } from '../../server/config.ts';
import { readKeys } from '../bench/bare.ts';
import type { TestApp } from '../support/app.ts';
import { correlation } from '../support/likeness.ts';
import { expectInFront } from './in-room.ts';
import { demoPassword, shot, type Person } from './people.ts';
import { expectPlaying } from './seen.ts';
import { say } from './words.ts';

/** Two people in a visit's call: nobody between them sees it. */
export function encrypted(
  scene: () => { app: TestApp; consultId: string; li: Person; patient: Person }
): void {
  test('[CALL-70] [CALL-71] [CN-81] both read the same numbers; who has no key sees nothing, until a host turns it off', async () => {
    const { app, consultId, li, patient } = scene();
    const faces = [li.page.locator('figure[data-self=false] video'), patient.page.locator('figure video')];
    for (const face of faces) await playing(face.first());
    for (const { page } of [li, patient]) await expect.poll(() => loudest(page)).toBeGreaterThan(0.01);

    const phrases: string[] = [];
    for (const { page } of [li, patient]) {
      await page.getByTestId('encryption-sign').click();
      await expect(page.getByTestId('encryption')).toHaveAttribute('data-on', 'true');
      phrases.push(await page.getByTestId('phrase').innerText());
    }
    expect(phrases[0]).toMatch(/^(\d{4}\s*){4}$/);
    expect(phrases[1]).toBe(phrases[0]);
    await shot(li.page, 'encrypted-staff');
    await shot(patient.page, 'encrypted-patient');

    const spy = await eavesdrop(app, li, consultId);
    try {
      // A decoder makes something of any bytes: what counts is whether it is what the others see.
      const likeness = async () => {
        const [[shown = []], overheard] = await Promise.all([
          greys(li.page, 'figure[data-self=false]'),
          greys(spy)
        ]);
        return Math.max(0, ...overheard.map((picture) => correlation(picture, shown)));
      };
      await expect.poll(() => overheardBytes(spy), { timeout: 20_000 }).toBeGreaterThan(50_000);
      for (let i = 0; i < 5; i++) expect(await likeness()).toBeLessThan(0.4);

      await patient.page.keyboard.press('Escape');
      await li.page.getByTestId('encryption-switch').click();
      for (const face of faces) await playing(face.first());
      await expect(patient.page.getByTestId('encryption-sign')).toHaveAttribute('data-on', 'false');
      await expect.poll(likeness, { timeout: 20_000 }).toBeGreaterThan(0.8);
      await patient.page.getByTestId('encryption-sign').click();
      await expect(patient.page.getByTestId('encryption')).toContainText(
        say('room_e2ee_why_chosen', { name: '李明' })
      );
      await shot(patient.page, 'encrypted-off');
      await patient.page.keyboard.press('Escape');
    } finally {
      await spy.context().close();
    }
    // Each gets a new connection; a raised hand stays up.
    const raised = li.page.locator('figure[data-self=false]').getByTestId('tile-hand');
    await patient.page.getByTestId('patient-hand').click();
    await expect(raised).toBeVisible();
    await li.page.getByTestId('encryption-switch').click();
    await li.page.keyboard.press('Escape');
    for (const { page } of [li, patient])
      await expect(page.getByTestId('encryption-sign')).toHaveAttribute('data-on', 'true');
    for (const face of faces) await playing(face.first());
    await expect(raised).toBeVisible();
    await patient.page.getByTestId('patient-hand').click();
    await expect(raised).toHaveCount(0);
  });

  test('[CN-42] [CN-43] [CN-82] [CALL-34] shown out of a locked call and let in again, with a new key; it goes on at other pages and in front of other programs', async () => {
    const { app, consultId, li, patient } = scene();
    const { page } = li;
    const faces = [page.locator('figure[data-self=false] video'), patient.page.locator('figure video')];
    const before = await phraseOf(page);
    await page.getByTestId('call-people-open').click();
    await page.getByRole('switch', { name: say('room_lock') }).click();
    await page.getByRole('button', { name: say('room_host_remove', { name: '王秀英' }) }).click();
    await page.getByRole('button', { name: say('room_host_remove_yes') }).click();
    await expect(patient.page.getByTestId('visit')).toHaveAttribute('data-stage', 'waiting');
    await expect(page.getByRole('switch', { name: say('room_lock') })).toBeChecked();
    const nurse = await li.browser.newContext({
      baseURL: app.origin,
      extraHTTPHeaders: { origin: app.origin }
    });
    await nurse.request.post('/sign-in', { form: { email: 'zhou@qinghe.demo', password: demoPassword } });
    const asked = await nurse.request.post(`/api/consults/${consultId}/ticket`, { data: { held: false } });
    expect(asked.status()).toBe(423);
    await nurse.close();
    await page.getByRole('switch', { name: say('room_lock') }).click();
    await page.keyboard.press('Escape');
    await page
      .getByTestId('patient-waiting')
      .getByRole('button', { name: say('consults_patient_admit') })
      .click();
    await patient.page.getByTestId('lobby-join').click();
    for (const face of faces) await playing(face.first());
    const after = await phraseOf(page);
    expect(after).not.toBe(before);
    expect(await phraseOf(patient.page)).toBe(after);

    await page.getByTestId('call-more').click();
    await page.getByRole('menuitem', { name: say('room_pip') }).click();
    await expectInFront(page);
    await page.getByTestId('room-out').click();
    await expectPlaying(page.getByTestId('kept-call').locator('figure[data-self=false] video'));
    await expectInFront(page);
    await page.getByTestId('kept-return').click();
    await expect(page.getByTestId('encryption-sign')).toHaveAttribute('data-on', 'true');
    await expectPlaying(faces[0]!.first());
  });

  test('[CALL-75] [CALL-76] what encrypts crashes and is replaced; who gets no answer for the key that follows asks until there is one', async () => {
    const { li, patient } = scene();
    const faces = [li.page.locator('figure[data-self=false] video'), patient.page.locator('figure video')];
    for (const face of faces) await playing(face.first());
    const before = await phraseOf(li.page);

    let refused = 0;
    const refuse = (route: Route) => {
      if ((route.request().postDataJSON() as { step?: string }).step !== 'key') return route.fallback();
      refused++;
      return route.fulfill({ status: 503, json: { code: 'internal' } });
    };
    await patient.page.route('**/api/visit', refuse);
    // The old room has been left: from here on there is a new key.
    await crash(li.page);
    await expect.poll(() => refused, { timeout: 30_000 }).toBeGreaterThan(1);
    await expect(patient.page.getByTestId('encryption-waiting')).toBeVisible({ timeout: 30_000 });
    await shot(patient.page, 'encrypted-waiting');
    await patient.page.unroute('**/api/visit', refuse);

    for (const face of faces) await playing(face.first());
    await expect(async () => {
      const after = await phraseOf(li.page);
      expect(after).not.toBe(before);
      expect(await phraseOf(patient.page)).toBe(after);
    }).toPass();
    for (const { page } of [li, patient])
      await expect(page.getByTestId('encryption-sign')).toHaveAttribute('data-on', 'true');
    // This one was made here.
    li.troubles.splice(li.troubles.indexOf('error in the page: crashed'), 1);
  });
}

/** What encrypts on this page fails. */
async function crash(page: Page): Promise<void> {
  let crashed = 0;
  for (const worker of page.workers()) {
    if ((await worker.evaluate(() => self.name)) !== 'call-encryption') continue;
    crashed++;
    await worker.evaluate(() => {
      setTimeout(() => {
        throw new Error('crashed');
      });
    });
  }
  expect(crashed).toBe(1);
}

/** What both would read to each other now. */
async function phraseOf(page: Page): Promise<string> {
  await page.getByTestId('encryption-sign').click();
  const phrase = await page.getByTestId('phrase').innerText();
  await page.keyboard.press('Escape');
  return phrase;
}

/** The room may be built anew meanwhile, whose pictures begin at 0. */
async function playing(face: Locator): Promise<void> {
  await expect(() => expectPlaying(face, 5_000)).toPass({ timeout: 60_000 });
}

/** The largest sample of all that is played here, in half a second. */
async function loudest(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const context = new AudioContext();
    await context.resume();
    const looks = [...document.querySelectorAll('audio')].flatMap(({ srcObject }) => {
      if (!(srcObject instanceof MediaStream)) return [];
      const analyser = new AnalyserNode(context, { fftSize: 2048 });
      context.createMediaStreamSource(srcObject).connect(analyser);
      return analyser;
    });
    let most = 0;
    for (let i = 0; i < 12; i++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      for (const analyser of looks) {
        const samples = new Float32Array(analyser.fftSize);
        analyser.getFloatTimeDomainData(samples);
        most = Math.max(most, ...samples.map(Math.abs));
      }
    }
    await context.close();
    return most;
  });
}

/** A page of nothing but the media client, unseen in the room, as whoever runs the media server could be. */
async function eavesdrop(app: TestApp, { browser }: Person, room: string): Promise<Page> {
  const keys = await readKeys(app);
  const token = new AccessToken(keys.apiKey, keys.apiSecret, { identity: 'unseen', ttl: 300 });
  token.addGrant({ roomJoin: true, room, hidden: true, canSubscribe: true, canPublish: false });
  // A real page of this origin, for the browser lets none but it reach the media server; its own policy aside.
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  await page.goto(`${app.origin}/sign-in`);
  await page.addScriptTag({
    path: join(repositoryRoot, 'node_modules/livekit-client/dist/livekit-client.umd.js')
  });
  await page.evaluate(
    async ({ url, jwt }) => {
      const { LivekitClient } = window as unknown as { LivekitClient: typeof import('livekit-client') };
      const call = new LivekitClient.Room();
      call.on(LivekitClient.RoomEvent.TrackSubscribed, (track) => document.body.append(track.attach()));
      await call.connect(url, jwt, { rtcConfig: { iceServers: [] } });
      Object.assign(window, { call });
    },
    { url: `${app.origin.replace('http', 'ws')}/sfu`, jwt: await token.toJwt() }
  );
  return page;
}

/** Of pictures, that came to a page of the media client. */
async function overheardBytes(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const { call } = window as unknown as { call: import('livekit-client').Room };
    let bytes = 0;
    for (const person of call.remoteParticipants.values())
      for (const { track } of person.videoTrackPublications.values()) {
        const report = await track?.getRTCStatsReport();
        report?.forEach((stat: { type: string; bytesReceived?: number }) => {
          if (stat.type === 'inbound-rtp') bytes += stat.bytesReceived ?? 0;
        });
      }
    return bytes;
  });
}

/** What the videos of a page show, each as 32 by 18 grey values; without those that show nothing yet. */
async function greys(page: Page, within = 'body'): Promise<number[][]> {
  return page.evaluate((within) => {
    const canvas = new OffscreenCanvas(32, 18);
    const pen = canvas.getContext('2d', { willReadFrequently: true })!;
    return [...document.querySelectorAll<HTMLVideoElement>(`${within} video`)]
      .filter(({ videoWidth }) => videoWidth > 0)
      .map((video) => {
        pen.drawImage(video, 0, 0, canvas.width, canvas.height);
        const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
        return Array.from(
          { length: data.length / 4 },
          (_, i) => data[4 * i]! + data[4 * i + 1]! + data[4 * i + 2]!
        );
      });
  }, within);
}
