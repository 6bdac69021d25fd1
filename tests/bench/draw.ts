import type { Page } from 'playwright';

/**
 * How long a shape takes from one person's board to the other's, both in the room with video running: from its
 * element standing in the drawing page to the next frame that shows it in the other. One machine, one clock.
 * @param options.from page that draws  @param options.to page that watches, in another browser process
 * @returns milliseconds, one for each shape
 */
export async function measureDraw(options: { from: Page; to: Page; shapes: number }): Promise<number[]> {
  const { from, to, shapes } = options;
  for (const page of [from, to]) {
    await page.waitForSelector('.tl-canvas', { timeout: 60_000 });
    await page.evaluate(watchShapes);
  }
  const canvas = await from.locator('.tl-canvas').boundingBox();
  if (!canvas) throw new Error('the board is not on the screen');
  await from.click('[data-tool=draw]');
  const samples: number[] = [];
  for (let i = 0; i < shapes; i++) {
    const before = await drawn(from);
    const x = canvas.x + canvas.width * (0.2 + 0.5 * ((i * 7) % 10) * 0.1);
    const y = canvas.y + canvas.height * (0.25 + 0.4 * ((i * 3) % 10) * 0.1);
    await from.mouse.move(x, y);
    await from.mouse.down();
    await from.mouse.move(x + 30, y + 20, { steps: 4 });
    await from.mouse.up();
    const id = await newShape(from, before);
    const left = (await drawn(from))[id];
    const seen = await seenIn(to, id);
    if (left !== undefined) samples.push(Math.max(0, seen - left));
    await from.waitForTimeout(250);
  }
  return samples;
}

/** Runs in the page: notes when each shape's element came, in milliseconds since 1970. */
function watchShapes(): void {
  const seen: Record<string, number> = {};
  const note = (element: Element) => {
    const id = element.getAttribute('data-shape-id');
    if (id === null || id in seen) return;
    seen[id] = 0;
    requestAnimationFrame(() => (seen[id] = performance.timeOrigin + performance.now()));
  };
  for (const element of document.querySelectorAll('.tl-shape')) note(element);
  new MutationObserver((changes) => {
    for (const change of changes)
      for (const node of change.addedNodes)
        if (node instanceof Element) {
          note(node);
          for (const element of node.querySelectorAll('.tl-shape')) note(element);
        }
  }).observe(document.body, { childList: true, subtree: true });
  Object.assign(window, { shapesSeen: seen });
}

async function drawn(page: Page): Promise<Record<string, number>> {
  return page.evaluate(() => ({
    ...(window as unknown as { shapesSeen: Record<string, number> }).shapesSeen
  }));
}

async function newShape(page: Page, before: Record<string, number>): Promise<string> {
  const end = Date.now() + 5_000;
  while (Date.now() < end) {
    for (const [id, at] of Object.entries(await drawn(page))) if (!(id in before) && at > 0) return id;
    await page.waitForTimeout(20);
  }
  throw new Error('nothing was drawn');
}

async function seenIn(page: Page, id: string): Promise<number> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    const at = (await drawn(page))[id];
    if (at) return at;
    await page.waitForTimeout(20);
  }
  throw new Error('the shape did not reach the other board');
}
