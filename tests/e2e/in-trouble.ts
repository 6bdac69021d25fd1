import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import type { Page } from 'playwright';
import type { TestApp } from '../support/app.ts';
import { openRoomAndJoin } from './board.ts';
import { openPerson, shot, signIn, taken, visit, type Person } from './people.ts';
import { expectPlaying } from './seen.ts';
import { say, saying } from './words.ts';

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

/** What the microphones that are open in this page say of themselves. */
const noiseOfMicrophones = (page: Page) =>
  withAll(page, 'MediaStreamTrack', (all: MediaStreamTrack[]) =>
    all
      .filter(({ kind, readyState }) => kind === 'audio' && readyState === 'live')
      .map((track) => track.getSettings().noiseSuppression)
      .filter((noise) => noise !== undefined)
  );

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

/** What goes wrong in a call, and who else comes into it. Leaves the two people in the call as they were. */
export function inTrouble(people: () => { li: Person; wang: Person; app: TestApp; consultId: string }): void {
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

  test('[CALL-32] noise suppression is off where one wants it off, and stays so in the next call', async () => {
    const { page } = people().li;
    const choose = async () => {
      await page.getByTestId('call-more').click();
      await page.getByRole('menuitemcheckbox', { name: say('room_noise') }).click();
    };
    expect(await noiseOfMicrophones(page)).toContain(true);
    await choose();
    await expect.poll(() => noiseOfMicrophones(page)).not.toContain(true);
    expect(await noiseOfMicrophones(page)).toContain(false);
    await page.reload();
    await taken(page);
    await openRoomAndJoin(page);
    await expectPlaying(theirs(page).locator('video'));
    const off = await noiseOfMicrophones(page);
    expect(off).toContain(false);
    expect(off).not.toContain(true);
    await choose();
    await expect.poll(() => noiseOfMicrophones(page)).toContain(true);

    // Another program has it at that very moment: it goes on as it was, and that is said.
    await page.evaluate(() => {
      const media = navigator.mediaDevices;
      media.getUserMedia = () => {
        Reflect.deleteProperty(media, 'getUserMedia');
        return Promise.reject(new DOMException('in use', 'NotReadableError'));
      };
    });
    await choose();
    await expect(page.getByText(say('room_noise_failed'))).toBeVisible();
    await page.getByTestId('call-more').click();
    await expect(page.getByRole('menuitemcheckbox', { name: say('room_noise') })).toBeChecked();
    await page.keyboard.press('Escape');
    expect(await noiseOfMicrophones(page)).not.toContain(false);
    await expectHeard(people().wang.page);
  });

  test('[CN-45] [CALL-35] two colleagues come, one by the bell, one by the address; a computer that cannot keep up shows fewer', async () => {
    const { li, wang, app, consultId } = people();
    const { page } = li;
    const options = { origin: app.origin, browser: wang.browser };
    const [zhou, chen] = [await openPerson(options), await openPerson(options)];
    try {
      await signIn(zhou, 'zhou@qinghe.demo');
      await page.getByTestId('call-people-open').click();
      const name = page.getByRole('textbox', { name: say('room_call_in_name') });
      await name.fill('周');
      const ring = page.getByRole('button', { name: say('room_call_in_ring'), exact: true });
      await expect(ring).toHaveCount(1);
      await shot(page, 'in-trouble-call-in');
      await ring.click();
      await expect(page.getByRole('button', { name: say('room_called_in') })).toBeDisabled();
      await li.context.grantPermissions(['camera', 'microphone', 'clipboard-read', 'clipboard-write']);
      await page.getByRole('button', { name: say('room_link_copy') }).click();
      const address = await page.evaluate(() => navigator.clipboard.readText());
      expect(address).toBe(`${app.origin}/room/${consultId}`);
      await page.keyboard.press('Escape');

      await zhou.page.getByRole('button', { name: saying('common_bell_unread') }).click();
      await zhou.page
        .getByRole('button', { name: new RegExp(say('notifications_room_called_title', { by: '李明' })) })
        .click();
      await expect(zhou.page).toHaveURL(new RegExp(`/room/${consultId}`));
      await openRoomAndJoin(zhou.page);
      await expect(theirs(page)).toHaveCount(2);
      // No longer offered: she is here.
      await page.getByTestId('call-people-open').click();
      await name.fill('周');
      await expect(ring).toHaveCount(0);
      await page.keyboard.press('Escape');

      await signIn(chen, 'chen@qinghe.demo');
      await visit(chen.page, new URL(address).pathname);
      await openRoomAndJoin(chen.page);
      await expect(theirs(page)).toHaveCount(3);

      await page.evaluate(() => {
        const work = setInterval(() => {
          const until = performance.now() + 350;
          while (performance.now() < until);
        }, 500);
        Object.assign(window, { stopWork: () => clearInterval(work) });
      });
      const notice = page.getByText(say('room_low_cpu_on'));
      await expect(notice).toBeVisible({ timeout: 60_000 });
      await page.evaluate(() => (window as unknown as { stopWork(): void }).stopWork());
      await expect(page.locator('figure')).toHaveCount(2);
      // Everybody is heard all the same.
      await expect(page.locator('audio')).toHaveCount(3);
      await shot(page, 'in-trouble-low-cpu');
      await page.getByRole('button', { name: say('room_low_cpu_undo') }).click();
      await expect(notice).toHaveCount(0);
      await expect(page.locator('figure')).toHaveCount(4);
      await expectPlaying(theirs(page).locator('video').first());
    } finally {
      for (const one of [zhou, chen]) await one.context.close();
    }
    await expect(theirs(page)).toHaveCount(1, { timeout: 60_000 });
    expect([...zhou.troubles, ...chen.troubles]).toEqual([]);
  });
}
