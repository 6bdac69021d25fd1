import type { Page } from 'playwright';
import { readStored } from './stored.ts';
import type { Wire } from './wire.ts';

export interface StrokeBytes {
  points: number;
  /** Sent by who draws, while drawing and when it is done. */
  wire: number;
  messages: number;
  /** Added to the log, which is never pruned. */
  log: number;
  /** Added to what a newcomer is sent and a snapshot holds. */
  state: number;
}

/** A stroke of so many points, drawn with the mouse on the real board at the speed of a hand. */
export async function measureStroke(options: {
  page: Page;
  wire: Wire;
  at: { x: number; y: number };
  points: number;
  dataDir: string;
  consultId: string;
}): Promise<StrokeBytes> {
  const { page, wire, at, points, dataDir, consultId } = options;
  await page.click('[data-tool=draw]');
  await saved(page);
  const before = await readStored(dataDir, consultId);
  const [sent, messages] = [wire.changes, wire.messages];
  const place = (i: number) => [at.x + 160 * Math.sin(i / 17), at.y + 100 * Math.sin(i / 11)] as const;
  await page.mouse.move(...place(0));
  await page.mouse.down();
  for (let i = 1; i < points; i++) await page.mouse.move(...place(i));
  await page.mouse.up();
  await page.waitForTimeout(500);
  await saved(page);
  const after = await readStored(dataDir, consultId);
  const known = new Set(before.records.map(({ id }) => id));
  const drawn = after.records.find(({ id, type }) => type === 'draw' && !known.has(id));
  const segments = (drawn?.props?.['segments'] ?? []) as { points: unknown[] }[];
  return {
    points: segments.reduce((sum, segment) => sum + segment.points.length, 0),
    wire: wire.changes - sent,
    messages: wire.messages - messages,
    log: after.logBytes - before.logBytes,
    state: after.stateBytes - before.stateBytes
  };
}

export async function saved(page: Page): Promise<void> {
  await page.waitForSelector('[data-testid=saved][data-state=saved]', { timeout: 60_000 });
}
