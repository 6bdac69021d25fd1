import { expect, test } from 'playwright/test';
import type { Locator, Page } from 'playwright';
import { startApp, type TestApp } from '../support/app.ts';
import { accept, ask } from './asking.ts';
import { boardOf, chooseTool, marks, openRoomAndJoin } from './board.ts';
import { inTheRoom } from './in-room.ts';
import { inTrouble } from './in-trouble.ts';
import { keepEvidence, openPerson, shot, signIn, visit, type Person } from './people.ts';
import { boxOf, drag, expectPlaying, greyOf, pixelOf } from './seen.ts';
import { say } from './words.ts';

/** What two people in a room do to show each other something. Each test leaves the room as it found it. */
test.describe.configure({ mode: 'serial', timeout: 240_000 });
test.use({ trace: 'off', video: 'off', screenshot: 'off' });

const sharedTitle = 'what-is-shared';
const sharedColor = { r: 0, g: 160, b: 80 };

let app: TestApp;
let li: Person;
let wang: Person;
let consultId: string;

test.beforeAll(async () => {
  test.setTimeout(400_000);
  app = await startApp({ withinMs: 300_000 });
  [li, wang] = await Promise.all([
    openPerson({ origin: app.origin, sharesTab: sharedTitle, cameras: 3 }),
    openPerson({ origin: app.origin })
  ]);
  await Promise.all([signIn(li, 'li@qinghe.demo'), signIn(wang, 'wang@hospital.demo')]);
  consultId = await ask(li, '王秀英', { kind: 'expert', name: '王志远' }, '36 能否保留?');
  await accept(wang, consultId);
  await visit(li.page, `/room/${consultId}`);
  await Promise.all([openRoomAndJoin(li.page), openRoomAndJoin(wang.page)]);
  for (const { page } of [li, wang]) {
    await expectPlaying(page.locator('figure[data-self=false] video').first());
    await expect(boardOf(page).panoramic).toBeVisible({ timeout: 60_000 });
  }
});

test.afterAll(async () => {
  test.setTimeout(120_000);
  await Promise.all([li, wang].map((person) => person?.browser.close()));
  await app?.stop();
});

test.afterEach(async ({}, info) => keepEvidence(info, app, { li, wang }));

/** A place on the X-ray as this person sees it: 0–1 from its left and top. */
async function onXray(page: Page) {
  const box = await boxOf(boardOf(page).panoramic);
  return (x: number, y: number) => [box.x + box.width * x, box.y + box.height * y] as const;
}

for (const [from, to] of [
  ['dentist', 'expert'],
  ['expert', 'dentist']
] as const)
  test(`the laser of the ${from} is seen by the ${to} where it points, and fades`, async () => {
    const [pointing, watching] = from === 'dentist' ? [li.page, wang.page] : [wang.page, li.page];
    const beam = watching.locator('.tl-collaborator__scribble path');
    await chooseTool(pointing, 'laser');
    const at = await onXray(pointing);
    await pointing.mouse.move(...at(0.3, 0.4));
    await pointing.mouse.down();
    // A laser fades behind the hand: it stays while it moves.
    await expect(async () => {
      for (const x of [0.35, 0.45, 0.4]) await pointing.mouse.move(...at(x, 0.5), { steps: 6 });
      await expect(beam).toBeVisible({ timeout: 500 });
      const [seen, xray] = [await boxOf(beam), await boxOf(boardOf(watching).panoramic)];
      const middle = (seen.x + seen.width / 2 - xray.x) / xray.width;
      expect(middle).toBeGreaterThan(0.3);
      expect(middle).toBeLessThan(0.5);
    }).toPass({ timeout: 30_000 });
    await shot(watching, `laser-of-the-${from}`);
    await pointing.mouse.up();
    await expect(beam).toHaveCount(0);
    // It is a pointer, not a mark: nothing of it is on the board.
    for (const page of [pointing, watching]) await expect(marks(page, 'draw')).toHaveCount(0);
    await chooseTool(pointing, 'select');
  });

/** Where a mark lies on the X-ray as this person sees it, by its corners, 0–1 from the X-ray's left and top. */
async function expectBox(
  mark: Locator,
  page: Page,
  from: readonly [number, number],
  to: readonly [number, number]
): Promise<void> {
  await expect(async () => {
    const xray = await boxOf(boardOf(page).panoramic);
    const path = await boxOf(mark.locator('path').first());
    const seen = [
      (path.x - xray.x) / xray.width,
      (path.y - xray.y) / xray.height,
      (path.x + path.width - xray.x) / xray.width,
      (path.y + path.height - xray.y) / xray.height
    ];
    const wanted = [
      Math.min(from[0], to[0]),
      Math.min(from[1], to[1]),
      Math.max(from[0], to[0]),
      Math.max(from[1], to[1])
    ];
    // A mouse places a point to the pixel; the line has a width.
    for (const [i, value] of seen.entries()) expect(Math.abs(value - wanted[i]!)).toBeLessThan(0.02);
  }).toPass({ timeout: 20_000 });
}

/** A length between two places of the X-ray, and where it must be seen once the image is shown another way. */
async function markedOn(page: Page) {
  await page.getByRole('button', { name: say('board_zoom_fit') }).click();
  const [from, to] = [[0.15, 0.25] as const, [0.4, 0.55] as const];
  return {
    from,
    to,
    expectOn: (seenBy: Page, place: (x: number, y: number) => readonly [number, number]) =>
      expectBox(marks(seenBy, 'measure').filter({ hasText: 'px' }), seenBy, place(...from), place(...to))
  };
}

test.describe('a shared screen', () => {
  let tab: Page;

  test.beforeEach(async () => {
    tab = await li.context.newPage();
    const { r, g, b } = sharedColor;
    // It must change now and then: a still tab sends no picture.
    await tab.setContent(
      `<title>${sharedTitle}</title><body style="margin:0;background:rgb(${r},${g},${b})"><p>0</p>
       <script>setInterval(() => { document.querySelector('p').textContent = Date.now(); }, 100)</script>`
    );
    await li.page.bringToFront();
  });
  test.afterEach(async () => {
    if (!tab.isClosed()) await tab.close();
  });

  const button = () => li.page.getByTestId('call-share');
  const screen = (): Locator =>
    wang.page
      .getByRole('list', { name: say('room_strip') })
      .locator(`video[aria-label="${say('room_tile_screen', { name: '李明' })}"]`);

  async function share(): Promise<void> {
    await expect(button()).toHaveAccessibleName(new RegExp(say('room_share')));
    await button().click();
    await expect(button()).toHaveAccessibleName(new RegExp(say('room_share_stop')));
    await expectPlaying(screen());
    // [CALL-30] It opens large by itself.
    await expectPlaying(wang.page.getByTestId('call-stage').locator('video').first());
    await expect
      .poll(async () => {
        const { r, g, b } = await pixelOf(screen());
        return Math.max(
          Math.abs(r - sharedColor.r),
          Math.abs(g - sharedColor.g),
          Math.abs(b - sharedColor.b)
        );
      })
      .toBeLessThan(40);
  }

  async function expectEnded(): Promise<void> {
    await expect(screen()).toHaveCount(0);
    await expect(wang.page.getByTestId('call-stage')).toHaveCount(0);
    await expect(button()).not.toHaveAccessibleName(new RegExp(say('room_share_stop')));
    // The cameras went on all the while.
    for (const { page } of [li, wang])
      await expectPlaying(page.locator('figure[data-self=false] video').first());
  }

  test('is what the other sees, until its owner ends it in the room', async () => {
    await share();
    await shot(wang.page, 'shared-screen');
    await button().click();
    await expectEnded();
  });

  test('ends for both when the browser ends it', async () => {
    await share();
    await tab.close();
    await expectEnded();
  });

  test('ends when its owner leaves the call', async () => {
    await share();
    await li.page.getByTestId('call-leave').click();
    await expect(screen()).toHaveCount(0);
    await visit(li.page, `/room/${consultId}`);
    await openRoomAndJoin(li.page);
    await expectPlaying(wang.page.locator('figure[data-self=false] video').first());
    await expect(screen()).toHaveCount(0);
  });
});

test('the window set by the expert is the window of the dentist, also after a reload', async () => {
  const theirs = boardOf(li.page).panoramic;
  const before = (await greyOf(theirs)).mean;
  await chooseTool(wang.page, 'window');
  const at = await onXray(wang.page);
  await drag(wang.page, [at(0.5, 0.2), at(0.5, 0.85)]);
  await expect.poll(async () => Math.abs((await greyOf(theirs)).mean - before)).toBeGreaterThan(5);
  const changed = (await greyOf(theirs)).mean;
  await expect(wang.page.getByTestId('saved')).toHaveAttribute('data-state', 'saved');

  await visit(li.page, `/room/${consultId}`);
  await openRoomAndJoin(li.page);
  await expect(theirs).toBeVisible({ timeout: 60_000 });
  await expect.poll(async () => Math.abs((await greyOf(theirs)).mean - changed)).toBeLessThan(4);

  await wang.page.getByRole('button', { name: say('board_preset_file'), exact: true }).click();
  await expect.poll(async () => Math.abs((await greyOf(theirs)).mean - before)).toBeLessThan(4);
  await chooseTool(wang.page, 'select');
});

test('a mark stays on its place of the image while that is zoomed, turned, flipped, and in another size', async () => {
  const image = await markedOn(li.page);
  await chooseTool(li.page, 'length');
  const at = await onXray(li.page);
  await drag(li.page, [at(...image.from), at(...image.to)]);
  await chooseTool(li.page, 'arrow');
  await drag(li.page, [at(0.8, 0.8), at(0.7, 0.6)]);
  await chooseTool(li.page, 'select');
  for (const { page } of [li, wang]) await expect(marks(page, 'measure')).toHaveCount(1);
  // Whose mark it is, for who asks.
  await chooseTool(wang.page, 'select');
  await wang.page.mouse.click(...(await onXray(wang.page))(...image.from));
  await expect(wang.page.getByTestId('made-by')).toContainText('李明');
  const value = () => marks(li.page, 'measure').filter({ hasText: 'px' }).textContent();
  const text = await value();

  await li.page.getByTestId('board-flip').click();
  for (const { page } of [li, wang]) await image.expectOn(page, (x, y) => [1 - x, y]);
  await expect(boardOf(wang.page).surface).toContainText(say('board_flipped'));
  // What is drawn on a flipped image lies where it was drawn.
  await chooseTool(li.page, 'angle');
  const flipped = await onXray(li.page);
  await li.page.mouse.click(...flipped(0.2, 0.2));
  await li.page.mouse.click(...flipped(0.3, 0.4));
  await li.page.mouse.click(...flipped(0.2, 0.6));
  await expectBox(marks(wang.page, 'measure').filter({ hasText: '°' }), wang.page, [0.2, 0.2], [0.3, 0.6]);
  await chooseTool(li.page, 'select');
  await shot(li.page, 'flipped');

  await li.page.getByRole('button', { name: say('board_rotate') }).click();
  for (const { page } of [li, wang]) await image.expectOn(page, (x, y) => [1 - y, 1 - x]);
  await wang.page.getByRole('button', { name: say('board_zoom_out') }).click();
  await wang.page.setViewportSize({ width: 1100, height: 800 });
  await image.expectOn(wang.page, (x, y) => [1 - y, 1 - x]);
  await wang.page.setViewportSize({ width: 1440, height: 900 });
  expect(await value()).toBe(text);

  // What leaves says whose it is, and the marks with what their values rest on.
  const take = async (choice: string) => {
    await li.page.getByTestId('board-menu').click();
    const download = li.page.waitForEvent('download');
    await li.page.getByRole('menuitem', { name: choice, exact: true }).click();
    const chunks: Buffer[] = [];
    for await (const chunk of await (await download).createReadStream()) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  const [head, ...rows] = (await take(say('consults_export_csv'))).toString('utf8').trimEnd().split('\r\n');
  expect(head).toMatch(/^\ufeff/);
  expect(rows).toHaveLength(2);
  expect(rows.join()).toContain(`,px,,,,,${say('board_scale_detector', { mm: '0.100' })},1,`);
  expect((await take(say('consults_export_image_png'))).subarray(1, 4).toString()).toBe('PNG');
  expect((await take(say('consults_export_board_svg'))).toString('utf8')).toContain('王秀英');
  expect((await take(say('consults_export_pdf'))).subarray(0, 5).toString()).toBe('%PDF-');

  for (let i = 0; i < 5; i++) await li.page.getByRole('button', { name: say('board_undo') }).click();
  for (const { page } of [li, wang]) await expect(marks(page, 'measure')).toHaveCount(0);
  await wang.page.getByRole('button', { name: say('board_zoom_fit') }).click();
});

test('a named moment is seen again, compared, and put back as a copy; what was erased is in the replay', async () => {
  const past = async (choice: string) => {
    await li.page.getByTestId('board-menu').click();
    await li.page.getByRole('menuitem', { name: choice }).click();
  };
  await past(say('consults_moment_name'));
  await li.page.getByRole('textbox', { name: say('consults_moment_label') }).fill('治疗前');
  await li.page.getByRole('button', { name: say('consults_moment_save'), exact: true }).click();
  await expect(li.page.getByTestId('saved')).toHaveAttribute('data-state', 'saved');
  await chooseTool(li.page, 'length');
  const at = await onXray(li.page);
  await drag(li.page, [at(0.2, 0.3), at(0.5, 0.4)]);
  await expect(marks(wang.page, 'measure')).toHaveCount(1);
  await expect(li.page.getByTestId('saved')).toHaveAttribute('data-state', 'saved');

  await past(say('board_replay'));
  const replay = li.page.getByTestId('board-replay');
  const images = replay.locator('.board-xray[data-image-state=ready]');
  const drawn = replay.locator('.tl-shape[data-shape-type="measure"]');
  await expect(images.first()).toBeVisible({ timeout: 60_000 });
  await expect(drawn).toHaveCount(1);
  await expect(replay.getByTestId('replay-step')).toContainText('李明');
  await replay.getByRole('button', { name: '治疗前' }).click();
  await expect(drawn).toHaveCount(0);
  await replay.getByText(say('board_replay_side')).click();
  await expect(replay.locator('[data-moment-ready=true]')).toHaveCount(2, { timeout: 60_000 });
  await expect(drawn).toHaveCount(1);
  await shot(li.page, 'compared');
  const before = await boardOf(wang.page).xrays.count();
  await replay.getByRole('button', { name: say('board_replay_copy') }).click();
  await expect(replay).toHaveCount(0);
  await wang.page.getByRole('button', { name: say('board_zoom_fit') }).click();
  await expect(boardOf(wang.page).xrays).toHaveCount(before * 2, { timeout: 60_000 });
  for (let i = 0; i < 2; i++) await li.page.getByRole('button', { name: say('board_undo') }).click();
  await expect(boardOf(wang.page).xrays).toHaveCount(before);
  await chooseTool(li.page, 'select');
  for (const { page } of [li, wang]) await page.getByRole('button', { name: say('board_zoom_fit') }).click();
});

/** The board's menu, as this person has it. */
async function choose(page: Page, item: string): Promise<void> {
  await page.getByTestId('board-menu').click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('[BD-17] a draft is seen by nobody else until it is shown, and one undo takes all of it back', async () => {
  const drafts = wang.page.getByTestId('drafts');
  await chooseTool(wang.page, 'draft-first');
  const at = await onXray(wang.page);
  for (const y of [0.3, 0.5]) {
    await chooseTool(wang.page, 'arrow');
    await drag(wang.page, [at(0.3, y), at(0.5, y + 0.1)]);
  }
  await expect(drafts).toContainText(say('board_drafts', { count: 2 }));
  await shot(wang.page, 'drafts');
  await wang.page.locator('[data-tool=draft-first]').click();
  await expect(wang.page.getByTestId('saved')).toHaveAttribute('data-state', 'saved');
  await expect(marks(li.page, 'arrow')).toHaveCount(0);
  await drafts.getByRole('button', { name: say('board_drafts_show') }).click();
  await expect(drafts).toHaveCount(0);
  await expect(marks(li.page, 'arrow')).toHaveCount(2);
  await wang.page.getByRole('button', { name: say('board_undo') }).click();
  await expect(marks(li.page, 'arrow')).toHaveCount(0);
  await expect(marks(wang.page, 'arrow')).toHaveCount(2);
  // Who would lose drafts is asked, by the browser or by us.
  const isAsked = () =>
    wang.page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })));
  expect(await isAsked()).toBe(true);
  await wang.page.evaluate(() => {
    const link = document.createElement('a');
    link.href = '/consults';
    document.body.append(link);
    link.click();
    link.remove();
  });
  const asked = wang.page.getByRole('dialog', { name: say('board_drafts_leave_title') });
  await asked.getByRole('button', { name: say('board_drafts_stay') }).click();
  await drafts.getByRole('button', { name: say('board_drafts_discard') }).click();
  // Who was only asked is still in the call.
  await expectPlaying(li.page.locator('figure[data-self=false] video').first());
  await expect(wang.page.getByTestId('call-leave')).toBeVisible();
  await expect(marks(wang.page, 'arrow')).toHaveCount(0);
  await chooseTool(wang.page, 'select');
});

test('[BD-15] a board that the asking dentist has locked is only looked at by others, until it is unlocked', async () => {
  const pencil = wang.page.locator('[data-tool=draw]');
  await choose(li.page, say('board_lock'));
  await expect(wang.page.getByTestId('board-lock')).toContainText('李明');
  await expect(pencil).toHaveCount(0);
  await shot(wang.page, 'locked');
  await chooseTool(li.page, 'length');
  const at = await onXray(li.page);
  await drag(li.page, [at(0.2, 0.3), at(0.5, 0.4)]);
  await expect(marks(wang.page, 'measure')).toHaveCount(1);
  await li.page
    .getByTestId('board-lock')
    .getByRole('button', { name: say('board_unlock') })
    .click();
  await expect(pencil).toBeVisible();
  await li.page.getByRole('button', { name: say('board_undo') }).click();
  await expect(marks(wang.page, 'measure')).toHaveCount(0);
  await chooseTool(li.page, 'select');
});

test('[BD-18] who is called looks where the other looks, once, and goes back', async () => {
  const width = async (page: Page) => (await boxOf(boardOf(page).panoramic)).width;
  const before = await width(li.page);
  for (let i = 0; i < 2; i++)
    await wang.page.getByRole('button', { name: say('board_zoom_in'), exact: true }).click();
  await wang.page.locator('[data-tool=look-here]').click();
  const called = li.page.getByTestId('look-here');
  await expect(called).toContainText('王志远');
  await expect.poll(() => width(li.page)).toBeGreaterThan(before * 1.1);
  // It is no following: what the caller does next is theirs.
  await wang.page.getByRole('button', { name: say('board_zoom_fit') }).click();
  expect(await width(li.page)).toBeGreaterThan(before * 1.1);
  await called.getByRole('button', { name: say('board_look_back') }).click();
  await expect.poll(async () => Math.abs((await width(li.page)) / before - 1)).toBeLessThan(0.05);
});

test('[BD-19] from a tooth of the chart to its comment and its marks', async () => {
  const tooth = boardOf(li.page).chart.locator('[data-tooth="36"]');
  const act = async (label: string) => {
    await tooth.focus();
    await li.page.keyboard.press('Shift+Enter');
    await li.page.getByRole('button', { name: label }).click();
  };
  await act(say('board_tooth_pin'));
  const pin = li.page.getByTestId('pin-popover');
  await expect(pin).toContainText('36');
  await shot(li.page, 'tooth-pin');
  await pin.getByRole('button', { name: say('common_close') }).click();
  await act(say('board_tooth_only'));
  const chosen = li.page.getByTestId('tooth-marks');
  await expect(chosen).toContainText(say('board_tooth_marks', { tooth: '36', count: 1 }));
  await shot(li.page, 'tooth-marks');
  await chosen.getByRole('button', { name: say('board_tooth_all') }).click();
  await li.page.getByRole('button', { name: say('board_undo') }).click();
  await expect(marks(wang.page, 'pin')).toHaveCount(0);
});

test('who looks for themselves changes nobody else’s window, and comes back to the board’s', async () => {
  const [mine, theirs] = [boardOf(wang.page).panoramic, boardOf(li.page).panoramic];
  const before = (await greyOf(theirs)).mean;
  const own = wang.page.getByRole('button', { name: say('board_own_look'), exact: true });
  await own.click();
  await wang.page.getByRole('button', { name: say('board_invert') }).click();
  await expect.poll(async () => Math.abs((await greyOf(mine)).mean - before)).toBeGreaterThan(20);
  expect(Math.abs((await greyOf(theirs)).mean - before)).toBeLessThan(2);
  await own.click();
  await expect.poll(async () => Math.abs((await greyOf(mine)).mean - before)).toBeLessThan(4);
});

inTrouble(() => ({ li, wang, app, consultId }));

inTheRoom(() => ({ li, wang }));

test('[CN-50] on another page one is led back to the room, for as long as it is open', async () => {
  await visit(li.page, '/patients');
  const bar = li.page.getByTestId('return-bar');
  await expect(bar).toContainText(say('consults_return_others', { count: 1 }));
  await shot(li.page, 'return-bar');
  await bar.getByRole('link', { name: say('consults_return') }).click();
  await expect(li.page).toHaveURL(new RegExp(`/room/${consultId}$`));
  await openRoomAndJoin(li.page);
  await expectPlaying(li.page.locator('figure[data-self=false] video').first());
});

test('who follows the expert sees what the expert sees; it ends when the expert is gone', async () => {
  const following = li.page.getByText(say('board_following', { name: '王志远' }));
  await wang.page.locator('[data-tool=follow-me]').click();
  await expect(following).toBeVisible();
  const before = await boxOf(boardOf(li.page).panoramic);
  await wang.page.getByRole('button', { name: say('board_zoom_in'), exact: true }).click();
  await expect
    .poll(async () => (await boxOf(boardOf(li.page).panoramic)).width)
    .toBeGreaterThan(before.width * 1.1);

  await wang.page.close();
  await expect(following).toHaveCount(0);
  // The board is the dentist's own again.
  await li.page.getByRole('button', { name: say('board_zoom_fit') }).click();
  await expect
    .poll(async () => Math.abs((await boxOf(boardOf(li.page).panoramic)).width / before.width - 1))
    .toBeLessThan(0.05);
});

test('[CN-63] the owner reads how these calls went', async () => {
  const chen = await openPerson({ origin: app.origin, browser: li.browser });
  await signIn(chen, 'chen@qinghe.demo');
  const { page } = chen;
  await visit(page, '/');
  await page.getByRole('link', { name: say('organisation_nav') }).click();
  await page.getByRole('link', { name: say('organisation_quality') }).click();
  await expect(page).toHaveURL(/\/organisation\/quality$/);
  const tile = (name: string) => page.getByTestId(`quality-${name}`).locator('dd').first();
  // Told ten seconds after joining, and by whoever has gone.
  await expect(async () => {
    await page.reload();
    await expect(tile('stays')).toHaveText(/^[1-9]/, { timeout: 2_000 });
    await expect(tile('join')).toHaveText(/\d/, { timeout: 1_000 });
    await expect(tile('trip')).toHaveText(/\d/, { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await shot(page, 'call-quality');
  await chen.context.close();
});

test('nobody asked another host, and nothing broke on the way', () => {
  expect([...li.troubles, ...wang.troubles]).toEqual([]);
});
