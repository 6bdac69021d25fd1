import type { BrowserContext, Page } from 'playwright';
import { boxOf } from '../../e2e/seen.ts';

/** Before any page of `context` opens: lets `dragWindow` count the frames in which an image of the board was drawn anew. */
export async function countDrawnFrames(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const counted = { frames: 0 };
    let drawn = false;
    const note = (context2d: { canvas: HTMLCanvasElement | OffscreenCanvas }) => {
      if (context2d.canvas instanceof HTMLCanvasElement && context2d.canvas.closest('.board-xray'))
        drawn = true;
    };
    const put = CanvasRenderingContext2D.prototype.putImageData;
    CanvasRenderingContext2D.prototype.putImageData = function (
      this: CanvasRenderingContext2D,
      ...parts: unknown[]
    ) {
      note(this);
      Reflect.apply(put, this, parts);
    };
    const arrays = WebGL2RenderingContext.prototype.drawArrays;
    WebGL2RenderingContext.prototype.drawArrays = function (...parts) {
      note(this);
      arrays.apply(this, parts);
    };
    const tick = () => {
      if (drawn) counted.frames++;
      drawn = false;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(window, { drawnFrames: counted });
  });
}

/** The view so near that the board's first image fills it. @returns the middle of what is seen of the image */
export async function fillWithImage(page: Page): Promise<{ x: number; y: number }> {
  const surface = await boxOf(page.getByTestId('board-surface'));
  const image = page.locator('.board-xray[data-image-state=ready]').first();
  await image.waitFor({ timeout: 60_000 });
  for (;;) {
    const box = await boxOf(image);
    const [left, right] = [
      Math.max(box.x, surface.x),
      Math.min(box.x + box.width, surface.x + surface.width)
    ];
    const [top, bottom] = [
      Math.max(box.y, surface.y),
      Math.min(box.y + box.height, surface.y + surface.height)
    ];
    const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
    const missing = (surface.width * 0.95) / box.width;
    if (missing < 1.1) return middle;
    await page.mouse.move(middle.x, middle.y);
    // One turn of the wheel enlarges by a tenth.
    for (let i = 0; i < Math.log(missing) / Math.log(1.1); i++) await page.mouse.wheel(0, -100);
    await page.waitForTimeout(500);
  }
}

export interface Dragging {
  /** In which the image was drawn anew. */
  framesPerSecond: number;
  /** Processor time of the whole browser for such a frame, beyond what it takes while nothing is dragged, milliseconds. */
  processorMsPerFrame: number;
}

/** Drags the grey window of the image under `at` as a hand does, without a stop. */
export async function dragWindow(page: Page, at: { x: number; y: number }, ms: number): Promise<Dragging> {
  await page.click('[data-tool=window]');
  await page.mouse.move(at.x, at.y);
  const atRest = await processorMs(page);
  await page.waitForTimeout(restMs);
  const beforeDrag = await processorMs(page);
  await page.mouse.down();
  const before = await drawnFrames(page);
  const began = performance.now();
  for (let turn = 0; performance.now() - began < ms; turn += 0.05)
    await page.mouse.move(at.x + 150 * Math.sin(turn), at.y + 90 * Math.sin(turn * 1.3));
  const took = performance.now() - began;
  const frames = (await drawnFrames(page)) - before;
  const used = (await processorMs(page)) - beforeDrag - (took * (beforeDrag - atRest)) / restMs;
  await page.mouse.up();
  return { framesPerSecond: frames / (took / 1_000), processorMsPerFrame: used / Math.max(1, frames) };
}

const restMs = 2_000;

/** Processor time that all processes of the page's browser have taken so far, milliseconds. */
async function processorMs(page: Page): Promise<number> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser');
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return 1_000 * processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

async function drawnFrames(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { drawnFrames: { frames: number } }).drawnFrames.frames);
}
