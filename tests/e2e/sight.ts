import type { Locator, Page } from 'playwright';
import { expect } from 'playwright/test';
import sharp from 'sharp';
import { say } from './words.ts';
import { boardOf, marks } from './board.ts';
import { phantom, wideColumns, type Name } from './phantom.ts';
import { boxOf, type Box } from './seen.ts';

/** How the images of phantom.ts are found, brought near and looked at on the board of `page`. @param ids of the record's images */
export function sightOf(page: () => Page, ids: Record<Name, string>) {
  function image(of: Name): Locator {
    return boardOf(page()).surface.locator(`[data-shape-id="shape:image-${ids[of]}"]`).first();
  }

  /** Where an image's own pixels are on the screen now: it lies as it was taken. */
  async function pixelsOf(of: Name) {
    const box = await boxOf(image(of).locator('canvas'));
    const columns = of === 'phantom' ? phantom.columns : of === 'wide' ? wideColumns : 400;
    const scale = box.width / columns;
    return { box, scale, at: (x: number, y: number) => [box.x + x * scale, box.y + y * scale] as const };
  }

  /** The view has come to rest. */
  async function settled(of: Name): Promise<void> {
    const place = () => boxOf(image(of));
    let before = await place();
    await expect(async () => {
      const last = before;
      before = await place();
      expect(before).toEqual(last);
    }).toPass({ intervals: [120] });
  }

  /** A turn of the wheel zooms by a tenth at most. */
  const wheelStep = 0.1;

  /** Bring an image into the middle of the view, so wide, with wheel and middle button as a hand does. */
  async function show(of: Name, width: number) {
    // On a busy machine a drag may fling it out of sight: again from the whole board.
    await expect(() => bring(of, width)).toPass({ timeout: 120_000, intervals: [0] });
    return pixelsOf(of);
  }

  async function bring(of: Name, width: number): Promise<void> {
    await page()
      .getByRole('button', { name: say('board_zoom_fit') })
      .click();
    await settled(of);
    const middle = async () => {
      const box = await boxOf(image(of));
      return [box.x + box.width / 2, box.y + box.height / 2] as const;
    };
    // What is under the pointer stays there.
    await page().mouse.move(...(await middle()));
    await expect(async () => {
      const ratio = width / (await pixelsOf(of)).box.width;
      const turns = Math.trunc(Math.log(ratio) / Math.log(1 + Math.sign(ratio - 1) * wheelStep));
      for (let i = 0; i < turns; i++) await page().mouse.wheel(0, ratio > 1 ? -100 : 100);
      if (turns === 0) await page().mouse.wheel(0, (1 - ratio) * 100);
      await settled(of);
      expect(Math.abs(width / (await pixelsOf(of)).box.width - 1)).toBeLessThan(0.03);
    }).toPass({ timeout: 60_000, intervals: [0] });
    const surface = await boxOf(boardOf(page()).surface);
    const goal = [surface.x + surface.width / 2, surface.y + surface.height / 2] as const;
    // On a busy machine the board misses the beginning of a quick drag: again from where it came to lie.
    await expect(async () => {
      await page().mouse.move(...(await middle()));
      await page().mouse.down({ button: 'middle' });
      await page().mouse.move(...goal, { steps: 4 });
      // Let go of in motion, the board slides on.
      await page().waitForTimeout(250);
      await settled(of);
      await page().mouse.up({ button: 'middle' });
      await settled(of);
      const [x, y] = await middle();
      expect(Math.hypot(x - goal[0], y - goal[1])).toBeLessThan(10);
    }).toPass({ timeout: 10_000, intervals: [0] });
  }

  /** What the screen shows in a box, as RGB. */
  async function screen(clip: Box) {
    const { data, info } = await sharp(await page().screenshot({ clip }))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return {
      width: info.width,
      height: info.height,
      pixel: (x: number, y: number) => {
        const at = (Math.floor(y) * info.width + Math.floor(x)) * 3;
        return [data[at]!, data[at + 1]!, data[at + 2]!] as const;
      }
    };
  }

  /** What an act puts on the board, by the name of its shape: they do not stand in the page in the order of drawing. */
  async function drawnBy(kind: string, act: () => Promise<unknown>): Promise<string> {
    const shapes = marks(page(), kind);
    const names = () =>
      shapes.evaluateAll((all) => all.map((each) => each.getAttribute('data-shape-id') ?? ''));
    const before = await names();
    await act();
    await expect(shapes).toHaveCount(before.length + 1);
    return `[data-shape-id="${(await names()).find((name) => !before.includes(name))}"]`;
  }

  /** The middle of what is white in a box of the screen: the landmark, whatever else is drawn there. */
  async function whiteIn(clip: Box): Promise<{ x: number; y: number }> {
    const seen = await screen(clip);
    let [sumX, sumY, count] = [0, 0, 0];
    for (let y = 0; y < seen.height; y++)
      for (let x = 0; x < seen.width; x++)
        if (seen.pixel(x, y).every((value) => value > 235))
          [sumX, sumY, count] = [sumX + x + 0.5, sumY + y + 0.5, count + 1];
    expect(count).toBeGreaterThan(40);
    return { x: clip.x + sumX / count, y: clip.y + sumY / count };
  }

  return { image, pixelsOf, settled, show, screen, drawnBy, whiteIn };
}
