import type { Locator, Page } from 'playwright';
import { expect } from 'playwright/test';
import sharp from 'sharp';

export interface Grey {
  /** Mean brightness, 0–255. */
  mean: number;
  /** Standard deviation: near 0 for a blank area. */
  spread: number;
}

/** How an area looks on the screen, in grey: works for canvases of any kind. */
export async function greyOf(target: Locator | Page, clip?: Box): Promise<Grey> {
  const bytes = await ('goto' in target ? target.screenshot(clip ? { clip } : {}) : target.screenshot());
  const channel = (await sharp(bytes).greyscale().stats()).channels[0]!;
  return { mean: channel.mean, spread: channel.stdev };
}

/** The colour in the middle of what is drawn there. */
export async function pixelOf(target: Locator): Promise<{ r: number; g: number; b: number }> {
  const { data, info } = await sharp(await target.screenshot())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * info.channels;
  return { r: data[at]!, g: data[at + 1]!, b: data[at + 2]! };
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export async function boxOf(target: Locator): Promise<Box> {
  const box = await target.boundingBox();
  if (!box) throw new Error('not on the screen');
  return box;
}

/** Drag with the mouse through `points` (CSS pixels of the page), as a hand does: in several moves. */
export async function drag(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  const [first, ...rest] = points;
  await page.mouse.move(...first!);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point, { steps: 8 });
  await page.mouse.up();
}

/** A video shows moving pictures: it has a size and its clock goes on. */
export async function expectPlaying(video: Locator, timeout = 45_000): Promise<void> {
  await expect(video).toBeVisible({ timeout });
  const state = () =>
    video.evaluate((element) => {
      const { videoWidth, currentTime } = element as HTMLVideoElement;
      return { videoWidth, currentTime };
    });
  await expect.poll(async () => (await state()).videoWidth, { timeout }).toBeGreaterThan(0);
  const before = (await state()).currentTime;
  await expect.poll(async () => (await state()).currentTime, { timeout }).toBeGreaterThan(before);
}
