import { expect, test } from 'playwright/test';
import { applyWindow } from '#lib/features/imaging/window.ts';
import type { Uploaded } from '#lib/features/imaging/upload.server.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { accept, ask } from './asking.ts';
import { boardOf, chooseTool, marks, openBoard, saved } from './board.ts';
import { demoPassword, keepEvidence, openPatient, openPerson, shot, signIn, type Person } from './people.ts';
import { hands } from './hands.ts';
import { ballMm, files, names, phantom, wideColumns, window, type Name } from './phantom.ts';
import { boxOf, drag, greyOf, type Box } from './seen.ts';
import { sightOf } from './sight.ts';
import { say, saying } from './words.ts';

/** Images whose every grey and millimetre is known, on a board: how they are shown, marked, measured and arranged. */
test.describe.configure({ mode: 'serial', timeout: 240_000 });
test.use({ trace: 'off', video: 'off', screenshot: 'off' });

let app: TestApp;
let li: Person;
let wang: Person;
let consultId: string;

const ids = {} as Record<Name, string>;
const { image, pixelsOf, settled, show, screen, drawnBy, whiteIn } = sightOf(() => li.page, ids);

test.beforeAll(async () => {
  test.setTimeout(400_000);
  app = await startApp({ withinMs: 300_000 });
  const { origin } = app;
  li = await openPerson({ origin, touch: true });
  wang = await openPerson({ origin, browser: li.browser });
  await Promise.all([signIn(li, 'li@qinghe.demo'), signIn(wang, 'wang@hospital.demo')]);
  const patientId = await openPatient(li, '林小雨');
  for (const [i, data] of files().entries()) {
    const answer = await li.context.request.post(`/api/images?patient=${patientId}`, {
      headers: { origin, 'content-type': 'application/octet-stream' },
      data: Buffer.from(data)
    });
    ids[names[i]!] = ((await answer.json()) as Uploaded).image.id;
  }
  consultId = await ask(li, '林小雨', { kind: 'expert', name: '王志远' }, '36?', { allImages: true });
  await accept(wang, consultId);
  await openBoard(li.page, consultId);
  await expect(boardOf(li.page).xrays).toHaveCount(4, { timeout: 60_000 });
});

test.afterAll(async () => {
  test.setTimeout(120_000);
  await li?.browser.close();
  await app?.stop();
});

test.afterEach(async ({}, info) => keepEvidence(info, app, { li, wang }));

test('a window shows every grey within one level of the formula, on the board as it is seen', async () => {
  const { at, scale } = await show('phantom', phantom.columns);
  const { steps } = phantom;
  const seen = await screen({ x: 0, y: 0, width: 1440, height: 900 });
  for (const [i, value] of steps.values.entries()) {
    const wanted = Math.round(applyWindow(value, window) * 255);
    const [x, y] = at((i + 0.5) * steps.width, steps.y + steps.height / 2);
    const [grey] = seen.pixel(x, y);
    expect([i, Math.abs(grey - wanted) <= 1, grey, wanted]).toEqual([i, true, grey, wanted]);
  }
  expect(scale).toBeGreaterThan(0.9);
});

/** A line of a tool between two places of the phantom. */
async function line(tool: string, from: readonly [number, number], to: readonly [number, number]) {
  const { at } = await pixelsOf('phantom');
  await chooseTool(li.page, tool);
  return drawnBy('measure', () => drag(li.page, [at(...from), at(...to)]));
}

async function calibrateOnBall(mm: number): Promise<void> {
  const { ball } = phantom;
  await line('calibrate', [ball.x - ball.radius, ball.y], [ball.x + ball.radius, ball.y]);
  await li.page.getByTestId('calibrate-mm').fill(String(mm));
  await li.page.getByRole('button', { name: say('board_calibrate_apply'), exact: true }).click();
  await expect(li.page.getByRole('dialog')).toHaveCount(0);
  await expect(marks(li.page, 'measure').first()).toContainText('mm');
}

const lengthOf = async (mark: string) =>
  Number.parseFloat((await boardOf(li.page).surface.locator(mark).textContent()) ?? '');

test('calibrated on a ball, a known implant measures what it is; signed text that quotes it is marked once that changes', async () => {
  const { implant, ball } = phantom;
  const middle = implant.x + implant.width / 2;
  const mark = await line('length', [middle, implant.y], [middle, implant.y + implant.height]);
  await expect(marks(li.page, 'measure')).toContainText('px');
  await calibrateOnBall(ballMm);
  // 160 px, and 5 mm are 80 px; a mouse places a point to a pixel of the screen, at both ends of both lines.
  const mmPerPixel = ballMm / (2 * ball.radius);
  const length = await lengthOf(mark);
  expect(Math.abs(length - implant.height * mmPerPixel)).toBeLessThan(0.25);
  await shot(li.page, 'calibrated');
  await expect(li.page.getByTestId('saved')).toHaveAttribute('data-state', 'saved');

  const text = `植体长 ${length.toFixed(1)} mm`;
  await openBoard(wang.page, consultId);
  await wang.page.getByRole('tab', { name: new RegExp(say('consults_opinion')) }).click();
  const form = wang.page.getByTestId('opinion-form');
  await form.getByLabel(say('consults_opinion_diagnosis')).fill('36 缺失');
  await form.getByLabel(say('consults_opinion_text'), { exact: true }).fill(text);
  await form.getByLabel(say('consults_opinion_advice')).fill('复查');
  await form.getByRole('button', { name: say('consults_opinion_sign') }).click();
  await wang.page.getByRole('dialog').locator('input[type=password]').fill(demoPassword);
  await wang.page.getByRole('dialog').locator('input[type=password]').press('Enter');
  await expect(wang.page.getByTestId('signed-opinion')).toContainText(text);

  await li.page.getByRole('tab', { name: new RegExp(say('consults_opinion')) }).click();
  await expect(li.page.getByTestId('signed-opinion')).toContainText(text);
  const stale = li.page.getByText(say('consults_stale_title'));
  await expect(stale).toHaveCount(0);
  await calibrateOnBall(2 * ballMm);
  await expect(stale).toBeVisible();
  await expect.poll(async () => Math.abs((await lengthOf(mark)) - 2 * length)).toBeLessThan(0.5);
  await expect(li.page.getByTestId('signed-opinion')).toContainText(text);
  await shot(li.page, 'stale-quote');
});

test('a mark stays on its point of the anatomy: zoomed, turned, mirrored, in a window of another size', async () => {
  const { page } = li;
  const { landmark } = phantom;
  const center = [landmark.x + landmark.side / 2, landmark.y + landmark.side / 2] as const;
  const mark = await line('length', [landmark.x - 80, landmark.y - 60], center);
  await chooseTool(page, 'select');
  const end = boardOf(page).surface.locator(mark).locator('circle').last();
  const check = async (what: string) => {
    // A mark is read and the screen taken one after the other: both count only where nothing moved in between.
    await expect(async () => {
      await settled('phantom');
      const point = await boxOf(end);
      const at = { x: point.x + point.width / 2, y: point.y + point.height / 2 };
      // Zoomed in, the landmark is 60 pixels wide; further out the board's own bars begin.
      const reach = 36;
      const white = await whiteIn({ x: at.x - reach, y: at.y - reach, width: 2 * reach, height: 2 * reach });
      expect(await boxOf(end), `${what}: still moving`).toEqual(point);
      expect(
        Math.hypot(white.x - at.x, white.y - at.y),
        `${what}: ${JSON.stringify({ white, at })}`
      ).toBeLessThan(4);
    }).toPass({ timeout: 15_000 });
  };
  const press = (name: string) => page.getByRole('button', { name: say(name), exact: true }).click();
  /** The board zooms in steps of its own time: it has begun once the image is of another size. */
  const zoom = async (name: string) => {
    const { scale } = await pixelsOf('phantom');
    await press(name);
    await expect.poll(async () => (await pixelsOf('phantom')).scale).not.toBe(scale);
  };
  await check('drawn');
  await zoom('board_zoom_in');
  await check('zoomed in');
  await zoom('board_zoom_out');
  await press('board_rotate');
  await check('turned');
  await page.getByTestId('board-flip').click();
  await check('turned and mirrored');
  await page.setViewportSize({ width: 1180, height: 820 });
  await check('in a smaller window');
  await page.setViewportSize({ width: 1440, height: 900 });
  await check('in its window again');
  await press('board_undo');
  await press('board_undo');
  await check('as it was');
});

test('the magnifier shows what is under the pointer, three times as large', async () => {
  const { page } = li;
  const { at, scale } = await pixelsOf('phantom');
  await page.getByRole('button', { name: say('board_loupe') }).click();
  const { steps } = phantom;
  // On the border of two steps: it stands in the middle of the lens, and each step is three times as wide.
  const border = at(8 * steps.width, steps.y + steps.height / 2);
  await page.mouse.move(...border);
  const lens = page.locator('.board-loupe');
  await expect(lens).toBeVisible();
  const box = await boxOf(lens);
  const greys = steps.values.map((value) => applyWindow(value, window) * 255);
  const between = greys.slice(1).map((value, i) => (value + greys[i]!) / 2);
  // It stands there before it is painted.
  await expect(async () => {
    const seen = await screen(box);
    const row = Array.from({ length: seen.width - 40 }, (_, x) => seen.pixel(x + 20, seen.height / 2)[0]);
    const edges = row.flatMap((value, x) =>
      between.some((level) => row[x - 1]! < level && value >= level) ? [x + 20] : []
    );
    const middle = edges.find((x) => Math.abs(x - seen.width / 2) <= 4);
    expect(middle, `edges at ${edges.join()}`).toBeDefined();
    const wide = 3 * scale * steps.width;
    for (const edge of edges) {
      const parts = (edge - middle!) / wide;
      expect(Math.abs(parts - Math.round(parts)) * wide).toBeLessThan(4);
    }
  }).toPass({ timeout: 15_000 });
  await shot(page, 'magnifier');
  await page.getByRole('button', { name: say('board_loupe') }).click();
});

test('of an image with frames each has its own marks and pins', async () => {
  const { page } = li;
  await show('frames', 420);
  const { at, box } = await pixelsOf('frames');
  await chooseTool(page, 'select');
  await page.mouse.click(box.x + 1, box.y + box.height / 2);
  const number = page.getByTestId('board-frame');
  const shown = (frame: number) =>
    expect(image('frames').locator('.board-xray')).toHaveAttribute('data-frame', String(frame));
  await expect(number).toHaveText(say('board_frame_of', { number: 1, count: 3 }));
  const clip = { x: box.x + 300, y: box.y + 250, width: 40, height: 40 };
  const first = (await greyOf(page, clip)).mean;
  const there = await marks(page, 'measure').count();
  await page.getByRole('button', { name: say('board_frame_next') }).click();
  await shown(2);
  await expect(number).toHaveText(say('board_frame_of', { number: 2, count: 3 }));
  await expect.poll(async () => (await greyOf(page, clip)).mean - first).toBeGreaterThan(50);
  await chooseTool(page, 'length');
  await drag(page, [at(100, 100), at(200, 150)]);
  await expect(marks(page, 'measure')).toHaveCount(there + 1);
  await chooseTool(page, 'pin');
  await page.mouse.click(...at(150, 250));
  await expect(marks(page, 'pin')).toHaveCount(1);
  await shot(page, 'frame');
  await chooseTool(page, 'select');
  await page.mouse.click(box.x + 1, box.y + box.height / 2);
  await page.keyboard.press('.');
  await shown(3);
  await expect(marks(page, 'measure')).toHaveCount(there);
  await expect(marks(page, 'pin')).toHaveCount(0);
  await page.keyboard.press(',');
  await shown(2);
  await expect(marks(page, 'measure')).toHaveCount(there + 1);
  await expect(marks(page, 'pin')).toHaveCount(1);
  await expect(page.getByTestId('saved')).toHaveAttribute('data-state', 'saved');
});

test('an image larger than a canvas is drawn with less detail, said on it, and never blank', async () => {
  const { page } = li;
  await show('wide', wideColumns);
  const canvas = image('wide').locator('canvas');
  // Its lower edge is out of sight; what is said stands where it is seen.
  const said = image('wide').getByText(saying('board_image_reduced'));
  await expect(said).toBeInViewport({ ratio: 1 });
  const size = await canvas.evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    return { width, height };
  });
  expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(16_384);
  expect(size.width * size.height).toBeLessThanOrEqual(16_000_000);
  const surface = await boxOf(boardOf(page).surface);
  const middle = { x: surface.x + surface.width / 2, y: surface.y + surface.height / 2 };
  const beside = (dx: number) => greyOf(page, { x: middle.x + dx, y: middle.y, width: 30, height: 30 });
  await expect.poll(async () => Math.abs((await beside(-150)).mean - 40)).toBeLessThan(2);
  await expect.poll(async () => Math.abs((await beside(120)).mean - 200)).toBeLessThan(2);
  await shot(page, 'larger-than-a-canvas');
});

test('two by two, and mounted as a full-mouth series', async () => {
  const { page } = li;
  const boxes = async () => {
    await settled('phantom');
    const all = await Promise.all(
      (['phantom', 'frames', 'upper'] as const).map(async (of) => (await pixelsOf(of)).box)
    );
    return all as [Box, Box, Box];
  };
  const arrange = async (choice: string) => {
    await page.getByTestId('board-menu').click();
    await page.getByRole('menuitem', { name: say(choice) }).click();
    await page.getByRole('button', { name: say('board_zoom_fit') }).click();
  };
  await arrange('board_layout_grid');
  await settled('phantom');
  const grid = await Promise.all((await boardOf(page).xrays.all()).map((xray) => boxOf(xray)));
  const lefts = grid.map(({ x }) => Math.round(x));
  const tops = new Set(grid.map(({ y }) => Math.round(y)));
  expect(tops.size).toBe(2);
  expect(Math.min(...lefts)).toBe(lefts.toSorted((a, b) => a - b)[1]);
  await arrange('board_layout_mount');
  const [phantomBox, , upperBox] = await boxes();
  expect(upperBox.y + upperBox.height).toBeLessThan(phantomBox.y);
  await shot(page, 'mounted');
  for (let i = 0; i < 2; i++)
    await page.getByRole('button', { name: say('board_undo'), exact: true }).click();
});

test('before and after are compared by a swipe', async () => {
  const { page } = li;
  const menu = async (choice: string) => {
    await page.getByTestId('board-menu').click();
    await page.getByRole('menuitem', { name: say(choice) }).click();
  };
  await menu('consults_moment_name');
  await page.getByRole('textbox', { name: say('consults_moment_label') }).fill('治疗前');
  await page.getByRole('button', { name: say('consults_moment_save'), exact: true }).click();
  await expect(page.getByTestId('saved')).toHaveAttribute('data-state', 'saved');
  // Black on its left and white on its right, and then the other way round.
  await page.getByRole('button', { name: say('board_zoom_fit') }).click();
  await settled('wide');
  await chooseTool(page, 'select');
  const { x, y, width, height } = await boxOf(image('wide'));
  await page.mouse.click(x + 0.4 * width, y + 0.8 * height);
  await saved(page, () => page.getByRole('button', { name: say('board_invert'), exact: true }).click());
  await menu('board_replay');
  const replay = page.getByTestId('board-replay');
  await replay.getByRole('button', { name: '治疗前' }).click();
  await replay.getByText(say('board_replay_swipe')).click();
  await expect(replay.locator('[data-moment-ready=true]')).toHaveCount(2, { timeout: 60_000 });
  const wide = replay.locator(`[data-shape-id="shape:image-${ids.wide}"] canvas`);
  await expect(wide).toHaveCount(2, { timeout: 60_000 });
  const slider = replay.getByRole('slider', { name: say('board_replay_swipe') });
  const halves = async () => {
    const { x, y, width, height } = await boxOf(wide.first());
    const at = async (part: number) =>
      (await greyOf(page, { x: x + part * width, y: y + 0.7 * height, width: 10, height: 6 })).mean;
    return [await at(0.25), await at(0.75)].map((grey) => (grey > 128 ? 'light' : 'dark')).join();
  };
  for (const [place, seen] of [
    ['0', 'light,dark'],
    ['100', 'dark,light'],
    ['50', 'dark,dark']
  ] as const) {
    await slider.fill(place);
    await expect.poll(halves).toBe(seen);
  }
  await shot(page, 'swiped');
  await replay.getByRole('button', { name: say('common_close') }).click();
  await page.getByRole('button', { name: say('board_undo'), exact: true }).click();
});

test('a pen draws while the hand rests; fingers move and do not draw until it is gone or they say so', async () => {
  const { page } = li;
  const { at, box } = await show('phantom', 700);
  const cdp = await li.context.newCDPSession(page);
  const { pen, fingers } = hands(cdp);
  const strokes = marks(page, 'draw');
  const notice = page.getByTestId('pen-use');
  await chooseTool(page, 'draw');

  // Without a pen a finger draws.
  await fingers('touchStart', at(100, 560));
  for (const x of [130, 160, 190]) await fingers('touchMove', at(x, 560));
  await fingers('touchEnd');
  await expect(strokes).toHaveCount(1);
  await expect(notice).toHaveCount(0);

  // The hand comes down first and begins to smear; then the pen, then a second part of the hand; both leave later.
  const drawn = await drawnBy('draw', async () => {
    await fingers('touchStart', at(300, 560));
    await fingers('touchMove', at(320, 560));
    await fingers('touchMove', at(340, 560));
    await pen('mousePressed', at(100, 60));
    for (let x = 120; x <= 300; x += 20) {
      await pen('mouseMoved', at(x, 60));
      if (x === 200) await fingers('touchStart', at(345, 560), at(420, 570));
      if (x === 240) await fingers('touchMove', at(300, 500), at(500, 590));
    }
    await fingers('touchEnd');
    await pen('mouseMoved', at(320, 60));
    await pen('mouseReleased', at(320, 60));
  });
  await expect(strokes).toHaveCount(2);
  await expect(notice).toContainText(say('board_pen_only'));
  expect((await pixelsOf('phantom')).box).toEqual(box);
  const stroke = await boxOf(boardOf(page).surface.locator(drawn).locator('path').first());
  const { scale } = await pixelsOf('phantom');
  expect(Math.abs(stroke.width - 220 * scale)).toBeLessThan(12);
  await shot(page, 'pen');

  // One finger draws nothing, two move and zoom; the mouse works all the while.
  await page.waitForTimeout(700);
  await fingers('touchStart', at(400, 300));
  await fingers('touchMove', at(450, 320));
  await fingers('touchEnd');
  await expect(strokes).toHaveCount(2);
  await fingers('touchStart', at(300, 300), at(400, 300));
  for (let d = 0; d <= 100; d += 10) await fingers('touchMove', at(300 - d, 300), at(400 + d, 300));
  await fingers('touchEnd');
  await expect.poll(async () => (await pixelsOf('phantom')).box.width).toBeGreaterThan(box.width * 1.3);
  await settled('phantom');
  await expect(strokes).toHaveCount(2);
  const now = (await pixelsOf('phantom')).at;
  await drag(page, [now(300, 250), now(360, 250)]);
  await expect(strokes).toHaveCount(3);

  // By the switch, and back.
  await pen('mouseMoved', now(300, 300));
  await notice.getByRole('button', { name: say('board_pen_only_off') }).click();
  await expect(notice).toContainText(say('board_pen_and_touch'));
  await page.waitForTimeout(700);
  await fingers('touchStart', now(300, 330));
  for (const x of [320, 340, 360]) await fingers('touchMove', now(x, 330));
  await fingers('touchEnd');
  await expect(strokes).toHaveCount(4);
  await notice.getByRole('button', { name: say('board_pen_only_on') }).click();

  // By itself, some seconds after the pen was last seen.
  await expect(notice).toHaveCount(0, { timeout: 12_000 });
  await fingers('touchStart', now(300, 360));
  for (const x of [320, 340, 360]) await fingers('touchMove', now(x, 360));
  await fingers('touchEnd');
  await expect(strokes).toHaveCount(5);
});

test('nobody asked another host, and nothing broke on the way', () => {
  expect([...li.troubles, ...wang.troubles]).toEqual([]);
});
