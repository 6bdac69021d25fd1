import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import type { Page } from 'playwright';
import type { TestApp } from '../support/app.ts';
import { shot, type Person } from './people.ts';
import { expectPlaying } from './seen.ts';
import { say } from './words.ts';

const theirs = (page: Page) => page.locator('figure[data-self=false]');

/** What the page holds of one kind, though it shows none of it: `act` is run in the page with the list. */
async function withAll<T>(page: Page, kind: string, act: (all: never[]) => T): Promise<T> {
  const control = await page.context().newCDPSession(page);
  try {
    const { result } = await control.send('Runtime.evaluate', { expression: `${kind}.prototype` });
    const { objects } = await control.send('Runtime.queryObjects', { prototypeObjectId: result.objectId! });
    const answer = await control.send('Runtime.callFunctionOn', {
      objectId: objects.objectId!,
      functionDeclaration: `function () { return (${act.toString()})(Array.from(this)); }`,
      returnByValue: true
    });
    return answer.result.value as T;
  } finally {
    await control.detach();
  }
}

/** As a router does that forgets a connection: the page learns of it, the media go on. */
const cutSignalling = (page: Page) =>
  withAll(page, 'WebSocket', (all: WebSocket[]) => {
    for (const socket of all) if (socket.url.includes('/sfu')) socket.close();
  });

/** The other's made-up microphone beeps once a second. */
async function expectHeard(page: Page): Promise<void> {
  const loudest = () =>
    page.evaluate(async () => {
      const streams = [...document.querySelectorAll('audio')].map((element) => element.srcObject);
      const context = new AudioContext();
      await context.resume();
      const analyser = new AnalyserNode(context, { fftSize: 2048 });
      for (const stream of streams)
        if (stream instanceof MediaStream) context.createMediaStreamSource(stream).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      let most = 0;
      for (let i = 0; i < 60 && most < 0.01; i++) {
        await new Promise((resolve) => setTimeout(resolve, 25));
        analyser.getFloatTimeDomainData(samples);
        most = Math.max(most, ...samples);
      }
      await context.close();
      return most;
    });
  await expect.poll(loudest).toBeGreaterThan(0.01);
}

/** What goes wrong in a call. Leaves the two people in the call as they were. */
export function inTrouble(people: () => { li: Person; wang: Person; app: TestApp }): void {
  test('[CALL-3] [CALL-4] a cut line and a media server that dies: both are back, once, and who was muted is muted', async () => {
    const { li, wang, app } = people();
    const muted = theirs(wang.page).getByLabel(say('room_tile_muted', { name: '李明' }));
    const allIsWell = async () => {
      for (const { page } of [li, wang]) {
        await expect(page.getByTestId('call-reconnecting')).toHaveCount(0);
        await expectPlaying(theirs(page).locator('video'));
        await expect(theirs(page)).toHaveCount(1);
        await expect(page.locator('figure[data-self=true]')).toHaveCount(1);
        await expect(page.locator('audio')).toHaveCount(1);
      }
      await expectHeard(li.page);
      await expect(muted).toBeVisible();
      await expect(li.page.getByTestId('call-mic')).toHaveAccessibleName(new RegExp(say('room_mic_on')));
    };
    await li.page.getByTestId('call-mic').click();
    await allIsWell();

    const again = li.page.waitForEvent('websocket', (socket) => socket.url().includes('/sfu'));
    await cutSignalling(li.page);
    await again;
    await allIsWell();

    const { pid } = JSON.parse(await readFile(join(app.dataDir, 'sfu', 'livekit.pid'), 'utf8')) as {
      pid: number;
    };
    const told = [li, wang].map(({ page }) => expect(page.getByTestId('call-reconnecting')).toBeVisible());
    process.kill(pid, 'SIGKILL');
    await Promise.all(told);
    await shot(li.page, 'in-trouble');
    await allIsWell();
    await li.page.getByTestId('call-mic').click();
    await expect(muted).toHaveCount(0);
    await expectHeard(wang.page);
  });
}
