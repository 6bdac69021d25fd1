// The board in two real browsers with video running: a shape drawn → seen, a grey window dragged, what a stroke costs;
// a DICOM file → its picture, beside cornerstone3D; a board of 10,000 shapes moved about.
// `npm run bench:board [-- --pairs N --only viewer,call,large]`
import { parseArgs } from 'node:util';
import { makeDemoUpload } from '#lib/features/imaging/demo.server.ts';
import { visit } from '../e2e/people.ts';
import { boxOf } from '../e2e/seen.ts';
import { say } from '../e2e/words.ts';
import { startApp } from '../support/app.ts';
import { countDrawnFrames, dragWindow, fillWithImage } from './board/drag.ts';
import { drawModels, fillBoard, panBoard, type Panning } from './board/large.ts';
import { readStored } from './board/stored.ts';
import { measureStroke } from './board/stroke.ts';
import { openViewers, subjects, type Subject } from './board/viewers.ts';
import { watchWire } from './board/wire.ts';
import { measureDraw } from './draw.ts';
import { createCleanUp, median, percentile, report, type Figure } from './figures.ts';
import { installPeer } from './install-peer.ts';
import { enter, openBrowser, openConsult, patienceMs, signIn, startWithinMs } from './room.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '12' },
    shapes: { type: 'string', default: '10000' },
    only: { type: 'string', default: 'viewer,call,large' }
  }
});
const pairs = Math.max(1, Number(values.pairs));
const parts = new Set(values.only.split(','));
const largeShapes = Number(values.shapes);
const drawnShapes = 30;
const drags = 5;
const dragMs = 4_000;
const strokePoints = 300;
const viewport = { width: 1440, height: 900 };

const cleanUp = createCleanUp();
const rows: { name: string; samples: number[] }[] = [];
const figures: Figure[] = [];
const figure = (name: string, value: number, unit: Figure['unit']) =>
  void figures.push({ name, value, unit });

async function main(): Promise<void> {
  if (parts.has('viewer')) await compareViewers();
  if (parts.has('call') || parts.has('large')) await useBoard();
  await report({ bench: 'board', runs: pairs, rows, figures });
}

/** The picture of the demo's panoramic, 2800 × 1400 with 16 bits, in the same browser, one after the other. */
async function compareViewers(): Promise<void> {
  const peerFolder = await installPeer('board', '@cornerstonejs/core');
  const { bytes } = makeDemoUpload({ mouth: 'adult', index: 0, name: 'Phantom' });
  const browser = await openBrowser(cleanUp);
  const viewers = await openViewers({ browser, peerFolder, dicom: bytes, cleanUp });
  console.log(`cornerstone3D draws with ${viewers.peerDraws} here`);
  const taken = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]));
  for (let i = 0; i < pairs; i++) {
    for (const subject of subjects) taken.get(subject)!.push(await viewers.open(subject));
    const told = subjects.map((subject) => `${subject} ${taken.get(subject)!.at(-1)!.toFixed(0)} ms`);
    console.log(`pair ${i + 1}/${pairs}: ${told.join(', ')}`);
  }
  await browser.close();
  for (const [subject, samples] of taken) rows.push({ name: `file → picture, ${subject} (ms)`, samples });
  const of = (subject: Subject) => median(taken.get(subject)!);
  figure('first_picture_ratio', of('ours') / of('cornerstone3D'), 'ratio');
  figure('first_picture_cpu_ratio', of('ours') / of('cornerstone3D, cpu'), 'ratio');
  figure('first_picture_server_ratio', of('ours, from our server') / of('cornerstone3D'), 'ratio');
  figure('viewer_js_ratio', viewers.scripts.ours / viewers.scripts.peer, 'ratio');
  figure('viewer_js_kb', viewers.scripts.ours / 1_000, 'kB');
  figure('viewer_js_peer_kb', viewers.scripts.peer / 1_000, 'kB');
}

async function useBoard(): Promise<void> {
  const app = await startApp({ env: { LIVEKIT_URL: '' }, withinMs: startWithinMs });
  cleanUp.add(() => app.stop());
  const [here, there] = await Promise.all([openBrowser(cleanUp), openBrowser(cleanUp)]);
  const dentist = await signIn(app, here, 'li@qinghe.demo', viewport);
  const expert = await signIn(app, there, 'zhao@hospital.demo', viewport);
  const consultId = await openConsult(app, expert);
  const room = `${app.origin}/room/${consultId}`;
  await countDrawnFrames(dentist);
  const wire = watchWire(dentist);

  const to = await enter(room, expert);
  const from = await enter(room, dentist);
  const at = await fillWithImage(from);
  if (parts.has('call')) {
    const drawn = await measureDraw({ from, to, shapes: drawnShapes });
    rows.push({ name: 'drawn → seen (ms)', samples: drawn });
    figure('draw_seen_p95_ms', percentile(drawn, 95), 'ms');

    const rates: number[] = [];
    const costs: number[] = [];
    for (let i = 0; i < drags; i++) {
      const { framesPerSecond, processorMsPerFrame } = await dragWindow(from, at, dragMs);
      rates.push(framesPerSecond);
      costs.push(processorMsPerFrame);
    }
    rows.push({ name: 'window dragged (frames a second)', samples: rates });
    rows.push({ name: 'window dragged (processor ms a frame)', samples: costs });
    figure('window_drag_fps', median(rates), 'fps');
    figure('window_drag_cpu_ms', median(costs), 'ms');

    const { dataDir } = app;
    const stroke = await measureStroke({ page: from, wire, at, points: strokePoints, dataDir, consultId });
    console.log(`a stroke of ${stroke.points} points: ${stroke.messages} messages`);
    figure('stroke_bytes', stroke.wire, 'bytes');
    figure('stroke_log_bytes', stroke.log, 'bytes');
    figure('stroke_state_bytes', stroke.state, 'bytes');
  }
  await drawModels(from, at);
  await Promise.all([from.close(), to.close()]);
  await there.close();
  if (!parts.has('large')) return;

  if (!wire.url) throw new Error('the board was not open');
  const stored = async () => (await readStored(app.dataDir, consultId)).records.length;
  await fillBoard({ url: wire.url, context: dentist, origin: app.origin, count: largeShapes, stored });
  const page = await dentist.newPage();
  await visit(page, room);
  const began = performance.now();
  await page.getByRole('button', { name: say('room_without_call') }).click({ timeout: patienceMs });
  await page.waitForSelector('[data-board-ready=true]', { timeout: 120_000 });
  figure('large_open_ms', performance.now() - began, 'ms');
  // The board can be used from then on; the marks come meanwhile.
  await page.waitForFunction((count) => document.querySelectorAll('.tl-shape').length >= count, largeShapes, {
    timeout: 120_000,
    polling: 500
  });
  figure('large_shown_ms', performance.now() - began, 'ms');
  await page.waitForTimeout(5_000);
  const { x, y, width, height } = await boxOf(page.getByTestId('board-surface'));
  const whole = [await panBoard(page, { x: x + width / 2, y: y + height / 2 }, dragMs)];
  const middle = await fillWithImage(page);
  const near: Panning[] = [];
  for (let i = 0; i < drags; i++) near.push(await panBoard(page, middle, dragMs));
  for (const [name, pans] of [
    ['pan_all', whole],
    ['pan', near]
  ] as const) {
    const longest = pans.map(({ longTasks }) => Math.max(0, ...longTasks));
    rows.push({ name: `${name}: the longest task over 50 ms of a drag (ms)`, samples: longest });
    figure(`${name}_long_task_ms`, median(longest), 'ms');
    figure(`${name}_fps`, median(pans.map(({ framesPerSecond }) => framesPerSecond)), 'fps');
  }
}

try {
  await main();
} finally {
  await cleanUp.run();
}
