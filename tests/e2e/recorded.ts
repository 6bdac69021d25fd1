import { expect, test } from 'playwright/test';
import type { Locator, Page } from 'playwright';
import { shot, type Person } from './people.ts';
import { expectPlaying } from './seen.ts';
import { say } from './words.ts';

const sign = (page: Page) => page.getByTestId('recording-sign');
/** Pieces the server has from this page. */
const kept = (page: Page) =>
  page.waitForResponse(
    (answer) => answer.request().method() === 'PUT' && answer.url().includes('/recording?')
  );

/** A dentist and their patient in the call, recorded with both their words for it. */
export function recorded(people: () => { li: Person; patient: Person }): void {
  test('[RC-1] [RC-2] [RC-4] recorded once both agree, seen by both, paused, ended by a no; it plays and can be jumped in', async () => {
    const { li, patient } = people();
    const { page } = li;
    await page.getByTestId('recording-ask').click();
    const missing = page.getByTestId('recording-missing');
    await expect(missing).toContainText('王秀英');
    await expect(missing).toContainText('李明');
    await expect(page.getByTestId('recording-begin')).toBeDisabled();
    await shot(page, 'recording-missing');
    await page.getByTestId('recording-agree').click();
    await expect(missing).not.toContainText('李明');
    await page.keyboard.press('Escape');

    const choice = patient.page.getByTestId('consent-choices').locator('[data-purpose=recording]');
    await patient.page.getByTestId('my-choices').click();
    await choice.click();
    await expect(choice).toBeChecked();
    await patient.page.keyboard.press('Escape');

    await page.getByTestId('recording-ask').click();
    await expect(missing).toHaveCount(0);
    await page.getByTestId('recording-begin').click();
    for (const one of [li, patient]) {
      await expect(sign(one.page)).toHaveAttribute('data-paused', 'false');
      await expect(one.page.getByRole('status').filter({ hasText: say('recording_on') })).toHaveCount(1);
    }
    for (let pieces = 0; pieces < 2; pieces++) await kept(page);
    await shot(page, 'recording-staff');
    await shot(patient.page, 'recording-patient');

    await page.getByTestId('recording-pause').click();
    for (const one of [li, patient]) await expect(sign(one.page)).toHaveAttribute('data-paused', 'true');
    await shot(patient.page, 'recording-paused');
    await page.getByTestId('recording-pause').click();
    for (const one of [li, patient]) await expect(sign(one.page)).toHaveAttribute('data-paused', 'false');
    await kept(page);

    await patient.page.getByTestId('my-choices').click();
    await choice.click();
    for (const one of [li, patient]) await expect(sign(one.page)).toHaveCount(0);
    await expect(page.getByText(say('recording_end_withdrawn')).first()).toBeVisible();
    await patient.page.keyboard.press('Escape');

    const row = page.getByTestId('recordings').locator('li').first();
    await expect(row).toHaveAttribute('data-recording-state', 'ready', { timeout: 30_000 });
    await row.getByTestId('recording-play').click();
    const video = row.locator('video');
    await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.readyState)).toBeGreaterThan(0);
    const seconds = await video.evaluate((one: HTMLVideoElement) => one.duration);
    expect(seconds).toBeGreaterThan(3);
    expect(seconds).toBeLessThan(120);
    const to = seconds - 2;
    expect(await jumpTo(video, to)).toBeCloseTo(to, 0);
    expect(await differingPixels(video)).toBeGreaterThan(1_000);
    await video.scrollIntoViewIfNeeded();
    await shot(page, 'recording-late');
    await row.locator('[data-moment=consent]').first().click();
    await expectPlaying(video);
    await expect
      .poll(() =>
        video.evaluate(
          (one) => (one as unknown as { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount
        )
      )
      .toBeGreaterThan(0);
    await row.scrollIntoViewIfNeeded();
    await shot(page, 'recording-player');

    await row.getByTestId('recording-to-board').click();
    await expect(page.getByTestId('board-replay')).toBeVisible();
    await expect(page).toHaveURL(/\?moment=/);
    await shot(page, 'recording-moment');
    await page
      .getByTestId('board-replay')
      .getByRole('button', { name: say('common_close') })
      .click();
    await expect(page.getByTestId('board-replay')).toHaveCount(0);
    await expectPlaying(page.locator('figure[data-self=false] video').first());
  });

  test('[RC-14] a recording is deleted at the patient’s wish, after it was said what goes; that it was stays said', async () => {
    const { page } = people().li;
    const row = page.getByTestId('recordings').locator('li').first();
    await row.getByTestId('recording-delete').click();
    const dialog = page.getByRole('dialog', { name: say('recording_delete_title') });
    await dialog.getByLabel(say('recording_delete_reason')).fill('患者要求删除');
    await shot(page, 'recording-delete');
    await dialog.getByRole('button', { name: say('recording_delete'), exact: true }).click();
    await expect(row).toHaveAttribute('data-recording-state', 'deleted');
    await expect(row).toContainText(say('recording_deleted_by', { name: '李明', reason: '患者要求删除' }));
    await expect(row.getByTestId('recording-download')).toHaveCount(0);
    await shot(page, 'recording-deleted');
  });
}

/** @returns where it stands once the picture there is decoded, in seconds */
function jumpTo(video: Locator, seconds: number): Promise<number> {
  return video.evaluate(
    (one: HTMLVideoElement, to) =>
      new Promise<number>((resolve, reject) => {
        one.addEventListener('seeked', () => resolve(one.currentTime), { once: true });
        one.addEventListener('error', () => reject(new Error(one.error?.message)), { once: true });
        one.currentTime = to;
      }),
    seconds
  );
}

/** How many pixels of the picture that is shown are unlike its first one. */
function differingPixels(video: Locator): Promise<number> {
  return video.evaluate((one: HTMLVideoElement) => {
    const canvas = new OffscreenCanvas(320, 180);
    const context = canvas.getContext('2d')!;
    context.drawImage(one, 0, 0, 320, 180);
    const { data } = context.getImageData(0, 0, 320, 180);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (Math.abs(data[at]! - data[0]!) > 24) count++;
    return count;
  });
}
