import { setTimeout as wait } from 'node:timers/promises';
import { getIndicesAbove, type IndexKey } from '@tldraw/utils';
import type { BrowserContext, Page } from 'playwright';
import { createRecord, readBoard, recordsOf, type RawRecord } from '#lib/features/board/format.ts';
import { pageId } from '#lib/features/board/initial.ts';
import { newId } from '#lib/kernel/ids.ts';
import { drag } from '../../e2e/seen.ts';
import { random } from '../../support/random.ts';
import { until } from '../../support/until.ts';
import { LoadClient } from '../collab/client.ts';
import { saved } from './stroke.ts';

const batch = 250;
/** Kinds of mark that are there to be multiplied, and how many of ten are of it. */
const shares = { draw: 8, measure: 1, arrow: 1 } as const;
/** Where they lie, page units: as large as the images of a full-mouth series and their surroundings. */
const field = { w: 14_000, h: 7_000 };

/**
 * Multiplies the marks that were drawn on the board by hand, until it holds `count` shapes: measures on its images, the
 * rest over `field`; through the board's own socket, in the name of whom `context` is signed in as.
 */
export async function fillBoard(options: {
  url: string;
  context: BrowserContext;
  origin: string;
  count: number;
  /** How many shapes the disk has. */
  stored: () => Promise<number>;
}): Promise<void> {
  const { url, context, origin, count, stored } = options;
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const client = new LoadClient({ url, headers: { origin, cookie }, name: null, speaksOurs: false });
  try {
    await client.synced;
    const { doc } = client;
    const all = copies(readBoard(doc), count);
    for (let from = 0; from < all.length; from += batch) {
      doc.transact(() => all.slice(from, from + batch).forEach((each) => createRecord(recordsOf(doc), each)));
      await wait(100);
    }
    await until(async () => (await stored()) >= count, { withinMs: 120_000, everyMs: 1_000 });
  } finally {
    client.close();
  }
}

function copies(records: readonly RawRecord[], count: number): RawRecord[] {
  const shapes = records.filter(({ typeName }) => typeName === 'shape');
  const images = shapes.filter(({ type }) => type === 'xray');
  const models = Object.entries(shares).flatMap(([type, share]) => {
    const found = shapes.find((shape) => shape['type'] === type && onImage(shape, images));
    if (!found) throw new Error(`no ${type} was drawn on an image`);
    return Array<RawRecord>(share).fill(found);
  });
  const pick = random(1);
  const last = shapes
    .map(({ index }) => index as IndexKey)
    .sort()
    .at(-1);
  return getIndicesAbove(last, count - shapes.length).map((index, i) => {
    const model = models[i % models.length]!;
    const copy = { ...structuredClone(model), id: `shape:${newId()}`, index };
    const [across, down] = [pick(1_000) / 1_000, pick(1_000) / 1_000];
    if (model['type'] !== 'measure')
      return { ...copy, parentId: pageId, x: across * field.w, y: down * field.h };
    const { id, props } = images[pick(images.length)]!;
    const { w, h, imageId } = props as { w: number; h: number; imageId: string };
    return {
      ...copy,
      parentId: id,
      meta: { ...(model['meta'] as object), imageId },
      props: { ...model.props, points: movedTo(model, { x: across * w * 0.9, y: down * h }) }
    };
  });
}

/** A measure's points carry its place. */
function movedTo(model: RawRecord, { x, y }: { x: number; y: number }) {
  const points = model.props?.['points'] as { x: number; y: number }[];
  const [first] = points;
  return points.map((point) => ({ x: point.x - first!.x + x, y: point.y - first!.y + y }));
}

function onImage(shape: RawRecord, images: readonly RawRecord[]): boolean {
  return images.some(({ id }) => id === shape['parentId']);
}

/** One mark of each kind on the image around `at`, by hand: what `fillBoard` multiplies. */
export async function drawModels(page: Page, { x, y }: { x: number; y: number }): Promise<void> {
  for (const tool of ['draw', 'arrow', 'length']) {
    await page.click(`[data-tool=${tool}]`);
    await drag(page, [
      [x - 30, y],
      [x, y + 12],
      [x + 30, y]
    ]);
  }
  await saved(page);
}

export interface Panning {
  /** Each task of the page's main thread beyond 50 ms, milliseconds. */
  longTasks: number[];
  framesPerSecond: number;
}

/** Drags the board about with the hand for so long. */
export async function panBoard(page: Page, at: { x: number; y: number }, ms: number): Promise<Panning> {
  await page.click('[data-tool=hand]');
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  await page.evaluate(() => {
    const counted = { longTasks: [] as number[], frames: 0, on: true };
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) counted.longTasks.push(duration);
    });
    observer.observe({ type: 'longtask' });
    const tick = () => {
      counted.frames++;
      if (counted.on) requestAnimationFrame(tick);
      else observer.disconnect();
    };
    requestAnimationFrame(tick);
    Object.assign(window, { panning: counted });
  });
  const began = performance.now();
  for (let turn = 0; performance.now() - began < ms; turn += 0.04)
    await page.mouse.move(at.x + 220 * Math.sin(turn), at.y + 130 * Math.sin(turn * 1.3));
  const seconds = (performance.now() - began) / 1_000;
  const { longTasks, frames } = await page.evaluate(() => {
    const { panning } = window as unknown as {
      panning: { longTasks: number[]; frames: number; on: boolean };
    };
    panning.on = false;
    return panning;
  });
  await page.mouse.up();
  return { longTasks, framesPerSecond: frames / seconds };
}
