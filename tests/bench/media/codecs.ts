import type { Browser, Page } from 'playwright';
import type { BarePages } from '../bare.ts';
import { patienceMs } from '../room.ts';

/**
 * Simulcast sends three pictures of different size side by side, SVC one in layers; that may take as much as the largest
 * of the three, or as much as all of them.
 */
export const ways = {
  simulcast: { codec: 'vp8', rate: 1_700_000 },
  SVC: { codec: 'vp9', rate: 1_700_000 },
  'SVC of the same rate': { codec: 'vp9', rate: 2_350_000 }
} as const;
export type Way = keyof typeof ways;

export interface Sent {
  /** All that was sent of the picture, kilobits a second. */
  kbps: number;
  /** Time of the encoder for each picture drawn, in all its sizes, milliseconds. */
  encodeMs: number;
  high: Taken;
  low: Taken;
}
interface Taken {
  fps: number;
  height: number;
  /** Beside what was drawn, at 1280 × 720, decibels. */
  decibels: number;
}

const settleMs = 12_000;
const measureMs = 15_000;

/** One person sends a drawn picture of 1280 × 720; one looks at it large, one small. */
export async function measureWay(options: {
  way: Way;
  room: string;
  pages: BarePages;
  here: Browser;
  there: Browser;
}): Promise<Sent> {
  const { way, room, pages, here, there } = options;
  const { codec, rate } = ways[way];
  const open = (browser: Browser, identity: string, asked: Record<string, string>) =>
    pages.open(browser, { room, identity, auto: true, page: '/codec', asked });
  const all: Page[] = [];
  try {
    const sender = await open(here, 'sender', { send: codec, rate: String(rate) });
    all.push(sender);
    await sender.waitForSelector('[data-live=true]', { state: 'attached', timeout: patienceMs });
    const high = await open(there, 'high', { take: 'high' });
    const low = await open(there, 'low', { take: 'low' });
    all.push(high, low);
    for (const page of [high, low]) await page.waitForSelector('video', { timeout: patienceMs });
    await sender.waitForTimeout(settleMs);
    await Promise.all([high, low].map(readTaken));
    const before = await readSent(sender);
    await sender.waitForTimeout(measureMs);
    const after = await readSent(sender);
    if (!after.codec.toLowerCase().endsWith(codec)) throw new Error(`${after.codec} was sent, not ${codec}`);
    const frames = after.frames - before.frames;
    const ms = after.at - before.at;
    const [seenHigh, seenLow] = await Promise.all([high, low].map(readTaken));
    console.log(`${way}: limited by ${after.limited}`);
    return {
      kbps: ((after.bytes - before.bytes) * 8) / ms,
      encodeMs: ((after.encodeSeconds - before.encodeSeconds) * 1_000) / frames,
      high: average(seenHigh!, ms),
      low: average(seenLow!, ms)
    };
  } finally {
    await Promise.all(all.map((page) => page.context().close()));
  }
}

interface Counted {
  at: number;
  bytes: number;
  encodeSeconds: number;
  frames: number;
  codec: string;
  limited: string;
}
interface Compared {
  frames: number;
  heights: number[];
  decibels: number[];
}

const readSent = (page: Page) =>
  page.evaluate(() => (window as unknown as { readSent: () => Promise<Counted> }).readSent());
const readTaken = (page: Page) =>
  page.evaluate(() => (window as unknown as { readTaken: () => Compared }).readTaken());

function average({ frames, heights, decibels }: Compared, ms: number): Taken {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { fps: (frames * 1_000) / ms, height: mean(heights), decibels: mean(decibels) };
}
