import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import { AccessToken } from 'livekit-server-sdk';
import type { Locator, Page } from 'playwright';
import { repositoryRoot } from '../../server/config.ts';
import { readKeys } from '../bench/bare.ts';
import type { TestApp } from '../support/app.ts';
import { shot, type Person } from './people.ts';
import { expectPlaying } from './seen.ts';
import { say } from './words.ts';

/** What arrives at somebody who has a way to the media server and no key. */
interface Overheard {
  /** Of pictures. */
  bytes: number;
  frames: number;
  decoded: number;
}

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
      await expect.poll(async () => (await overhear(spy)).bytes, { timeout: 20_000 }).toBeGreaterThan(50_000);
      // A frame's first bytes stand in the clear, so that now and then noise passes for a picture.
      const { frames, decoded } = await overhear(spy);
      expect(decoded).toBeLessThan(frames / 5);

      await patient.page.keyboard.press('Escape');
      await li.page.getByTestId('encryption-switch').click();
      for (const face of faces) await playing(face.first());
      await expect(patient.page.getByTestId('encryption-sign')).toHaveAttribute('data-on', 'false');
      await expect
        .poll(async () => (await overhear(spy)).decoded, { timeout: 20_000 })
        .toBeGreaterThan(decoded + 30);
      await patient.page.getByTestId('encryption-sign').click();
      await expect(patient.page.getByTestId('encryption')).toContainText(
        say('room_e2ee_why_chosen', { name: '李明' })
      );
      await shot(patient.page, 'encrypted-off');
      await patient.page.keyboard.press('Escape');
    } finally {
      await spy.context().close();
    }
    await li.page.getByTestId('encryption-switch').click();
    await expect(li.page.getByTestId('encryption')).toHaveAttribute('data-on', 'true');
    await li.page.keyboard.press('Escape');
    for (const { page } of [li, patient])
      await expect(page.getByTestId('encryption-sign')).toHaveAttribute('data-on', 'true');
    for (const face of faces) await playing(face.first());
  });
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

async function overhear(page: Page): Promise<Overheard> {
  return page.evaluate(async () => {
    const { call } = window as unknown as { call: import('livekit-client').Room };
    const heard = { bytes: 0, frames: 0, decoded: 0 };
    for (const person of call.remoteParticipants.values())
      for (const { track } of person.videoTrackPublications.values()) {
        const report = await track?.getRTCStatsReport();
        report?.forEach((stat: RTCInboundRtpStreamStats) => {
          if (stat.type !== 'inbound-rtp') return;
          heard.bytes += stat.bytesReceived ?? 0;
          heard.frames += stat.framesReceived ?? 0;
          heard.decoded += stat.framesDecoded ?? 0;
        });
      }
    return heard;
  });
}
