import { readFile } from 'node:fs/promises';
import { expect, test } from 'playwright/test';
import type { Page } from 'playwright';
import { shot, type Person } from './people.ts';
import { expectPlaying } from './seen.ts';
import { say } from './words.ts';

const chatTab = (page: Page) => page.getByRole('tab', { name: say('consults_chat') });
/** What the consult is about. */
const tooth = '16';
const messages = (page: Page) => page.getByTestId('chat-message');
const theirs = (page: Page) => page.locator('figure[data-self=false]');
const pressed = (page: Page, key: string, name?: string) =>
  page.getByRole('button', { name: say(key, name ? { name } : {}), exact: true });

/** The focus is on nothing: plain letters are the call's. */
async function rest(page: Page): Promise<void> {
  await page.getByTestId('patient-banner').locator('p').first().click();
}

async function write(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: say('consults_chat_write') }).fill(text);
  await pressed(page, 'consults_send').click();
}

/** What two people in a call do beside the board. Ends with the first of them out of the call, at another page. */
export function inTheRoom(people: () => { li: Person; wang: Person }): void {
  test('[CN-40] [CN-41] what one writes, points at and sends, the other reads at once', async () => {
    const { li, wang } = people();
    await chatTab(wang.page).click();
    await pressed(wang.page, 'consults_chat_link').click();
    await wang.page
      .getByRole('menuitem', { name: say('consults_chat_tooth', { tooth }), exact: true })
      .click();
    await write(wang.page, '请看根尖');
    await expect(chatTab(li.page)).toContainText('1');
    await rest(li.page);
    await li.page.keyboard.press('c');
    await expect(messages(li.page).last()).toContainText('请看根尖');
    await expect(chatTab(li.page)).not.toContainText('1');
    await messages(li.page)
      .last()
      .getByRole('button', { name: say('consults_chat_tooth', { tooth }), exact: true })
      .click();
    const shown = li.page.getByTestId('tooth-marks');
    await expect(shown).toContainText(say('board_tooth_marks', { tooth, count: 0 }));

    const sent = Buffer.from('%PDF-1.4\n%%EOF\n');
    await li.page
      .getByTestId('chat-file')
      .setInputFiles({ name: '检验单.pdf', mimeType: 'application/pdf', buffer: sent });
    await expect(messages(wang.page).last()).toContainText('检验单.pdf');
    const download = wang.page.waitForEvent('download');
    await messages(wang.page).last().getByRole('link').click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('检验单.pdf');
    expect(await readFile(await file.path())).toEqual(sent);
    await shot(li.page, 'in-room-chat');
    await shown.getByRole('button', { name: say('board_tooth_all') }).click();
  });

  test('[CN-42] [CN-44] a raised hand is seen, in its order, and a host takes it down', async () => {
    const { li, wang } = people();
    const hand = wang.page.getByTestId('call-hand');
    await hand.click();
    await expect(hand).toHaveAttribute('aria-pressed', 'true');
    await expect(theirs(li.page).getByTestId('tile-hand')).toBeVisible();
    await rest(li.page);
    await li.page.keyboard.press('h');
    await li.page.getByTestId('call-people-open').click();
    const rows = li.page.getByTestId('call-people').getByRole('listitem');
    await expect(rows.nth(0)).toContainText('王志远');
    await expect(rows.nth(0)).toContainText(say('room_hand_number', { number: 1 }));
    await expect(rows.nth(1)).toContainText(say('room_hand_number', { number: 2 }));
    await shot(li.page, 'in-room-people');
    await pressed(li.page, 'room_host_lower', '王志远').click();
    await expect(theirs(li.page).getByTestId('tile-hand')).toHaveCount(0);
    await expect(hand).toHaveAttribute('aria-pressed', 'false');
    await li.page.keyboard.press('Escape');
    await li.page.getByTestId('call-hand').click();
    await expect(theirs(wang.page).getByTestId('tile-hand')).toHaveCount(0);
  });

  test('[CN-42] [CALL-31] [CALL-33] a host silences; held, Space talks; only oneself is heard again', async () => {
    const { li, wang } = people();
    const muted = theirs(li.page).getByLabel(say('room_tile_muted', { name: '王志远' }));
    await li.page.getByTestId('call-people-open').click();
    const mute = pressed(li.page, 'room_host_mute', '王志远');
    await mute.click();
    await expect(wang.page.getByTestId('call-silenced')).toBeVisible();
    await expect(muted).toBeVisible();
    await shot(wang.page, 'in-room-silenced');
    // There is nothing by which a host would turn it on.
    await expect(mute).toBeDisabled();
    await li.page.keyboard.press('Escape');

    await rest(wang.page);
    await wang.page.keyboard.down('Space');
    await expect(wang.page.getByTestId('call-talking')).toBeVisible();
    await expect(muted).toHaveCount(0);
    await wang.page.keyboard.up('Space');
    await expect(muted).toBeVisible();
    // In a text, Space is a space.
    const text = wang.page.getByRole('textbox', { name: say('consults_chat_write') });
    await text.press('Space');
    await expect(text).toHaveValue(' ');
    await expect(wang.page.getByTestId('call-talking')).toHaveCount(0);
    await text.fill('');
    await rest(wang.page);
    await wang.page.keyboard.press('m');
    await expect(muted).toHaveCount(0);
  });

  test('[CN-44] nothing is seen of who is back soon, until they are back', async () => {
    const { li, wang } = people();
    await rest(wang.page);
    await wang.page.keyboard.press('b');
    await expect(theirs(li.page).getByTestId('tile-away')).toBeVisible();
    await expect(theirs(li.page).locator('video')).toHaveCount(0);
    await expect(theirs(li.page).getByLabel(say('room_tile_muted', { name: '王志远' }))).toBeVisible();
    await shot(wang.page, 'in-room-away');
    await pressed(wang.page, 'room_away_back').click();
    await expect(theirs(li.page).getByTestId('tile-away')).toHaveCount(0);
    await expectPlaying(theirs(li.page).locator('video'));
    await expect(theirs(li.page).getByLabel(say('room_tile_muted', { name: '王志远' }))).toHaveCount(0);
  });

  test('[CALL-65] who spares data sends and takes small pictures, and everybody sees that they do', async () => {
    const { li, wang } = people();
    // Large, so that all its lines would be asked for.
    await rest(li.page);
    await rest(wang.page);
    for (const { page } of [li, wang]) for (const key of ['l', 'l']) await page.keyboard.press(key);
    const lines = ({ page }: Person) =>
      theirs(page)
        .locator('video')
        .evaluateAll((videos) =>
          Math.max(0, ...videos.map((video) => (video as HTMLVideoElement).videoHeight))
        );
    for (const one of [li, wang])
      await expect.poll(() => lines(one), { timeout: 60_000 }).toBeGreaterThan(180);
    const choose = async () => {
      await wang.page.getByTestId('call-more').click();
      await wang.page.getByRole('menuitemcheckbox', { name: say('room_low_data_menu') }).click();
    };
    await choose();
    await expect(theirs(li.page).getByTestId('tile-low-data')).toBeVisible();
    await expect(theirs(wang.page).getByTestId('tile-low-data')).toHaveCount(0);
    for (const one of [li, wang]) {
      await expect.poll(() => lines(one), { timeout: 60_000 }).toBe(180);
      await expectPlaying(theirs(one.page).locator('video'));
    }
    await shot(li.page, 'in-room-low-data');
    await choose();
    await expect(theirs(li.page).getByTestId('tile-low-data')).toHaveCount(0);
    for (const one of [li, wang])
      await expect.poll(() => lines(one), { timeout: 60_000 }).toBeGreaterThan(180);
    for (const { page } of [li, wang]) await page.getByTestId('stage-to-board').click();
  });

  test('[CALL-52] a second camera is seen by oneself first, then by all as a tile of its own, and comes back when lost', async () => {
    const { li, wang } = people();
    const { page } = li;
    const mouth = (of: Page) => of.locator('figure[data-picture=intraoral]');
    const open = async () => {
      await page.getByTestId('call-more').click();
      await page.getByRole('menuitem', { name: say('room_intraoral_menu') }).click();
    };
    await open();
    const dialog = page.getByTestId('intraoral');
    await expectPlaying(dialog.locator('video'));
    // Two of three: the one that shows the face is not offered.
    await expect(dialog.locator('option:not([disabled]):not([value=""])')).toHaveCount(2);
    await expect(mouth(wang.page)).toHaveCount(0);
    await shot(page, 'in-room-intraoral-before');
    await page.getByTestId('intraoral-show').click();
    await expectPlaying(mouth(wang.page).locator('video'));
    await expect(mouth(wang.page)).toContainText(say('room_tile_intraoral', { name: '李明' }));
    await expectPlaying(wang.page.locator('figure[data-self=false][data-picture=camera] video'));
    await shot(wang.page, 'in-room-intraoral');

    await wang.page.getByTestId('call-closely').click();
    const closely = wang.page.getByTestId('closely');
    await expectPlaying(closely.locator('video'));
    await pressed(wang.page, 'room_closely_freeze').click();
    // All the lines the camera gives, sooner or later.
    await expect(closely).toHaveAttribute('data-frozen', /x/);
    await wang.page.keyboard.press('Escape');

    const first = await mouth(wang.page).locator('video').elementHandle();
    // As the browser tells of a camera that is unplugged.
    await mouth(page)
      .locator('video')
      .evaluate((video) => {
        const [track] = ((video as HTMLVideoElement).srcObject as MediaStream).getVideoTracks();
        track?.stop();
        track?.dispatchEvent(new Event('ended'));
      });
    await expect.poll(() => first!.evaluate((video) => video.isConnected)).toBe(false);
    await expectPlaying(mouth(wang.page).locator('video'));
    await open();
    await page.getByTestId('intraoral-stop').click();
    await expect(mouth(wang.page)).toHaveCount(0);
    await page.keyboard.press('Escape');
  });

  test('[CALL-30] [CALL-31] one looks at the call in four ways, pins somebody, and reads the keys', async () => {
    const { page } = people().li;
    const stage = page.getByTestId('call-stage');
    await rest(page);
    for (const [layout, pictures] of [
      ['speaker', 2],
      ['grid', 2],
      ['focus', 1]
    ] as const) {
      await page.keyboard.press('l');
      await expect(stage).toHaveAttribute('data-layout', layout);
      await expect(stage.locator('video')).toHaveCount(pictures);
      await expectPlaying(stage.locator('figure[data-self=false] video'));
      await shot(page, `in-room-${layout}`);
    }
    await page.getByTestId('stage-to-board').click();
    await expect(stage).toHaveCount(0);
    // As wide as a phone.
    await page.setViewportSize({ width: 390, height: 844 });
    for (const button of ['call-mic', 'call-camera', 'call-leave'])
      await expect(page.getByTestId(button)).toBeInViewport({ ratio: 1 });
    await shot(page, 'in-room-phone');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByTestId('call-people-open').click();
    await pressed(page, 'room_pin', '李明').click();
    await page.keyboard.press('Escape');
    await page.getByTestId('call-more').click();
    await page.getByRole('menuitemcheckbox', { name: say('room_layout_focus') }).click();
    await expectPlaying(stage.locator('figure[data-self=true] video'));
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: say('room_keys') });
    await expect(keys.locator('dt')).toHaveCount(9);
    await shot(page, 'in-room-keys');
    await page.keyboard.press('Escape');
    await expect(keys).toHaveCount(0);
  });

  test('[CALL-34] the call goes on at other pages of the app and in front of other programs, the same on return', async () => {
    const { li, wang } = people();
    const { page } = li;
    // The very picture the other sees: a call joined anew would have a new one.
    const seen = await theirs(wang.page).locator('video').elementHandle();
    await page.getByTestId('call-more').click();
    await page.getByRole('menuitem', { name: say('room_pip') }).click();
    await expectInFront(page);

    await page.getByTestId('room-out').click();
    const kept = page.getByTestId('kept-call');
    await expectPlaying(kept.locator('figure[data-self=false] video'));
    await shot(page, 'in-room-kept');
    await page
      .getByRole('link', { name: say('common_nav_patients') })
      .first()
      .click();
    await expect(page).toHaveURL(/\/patients$/);
    await expectPlaying(kept.locator('figure[data-self=false] video'));
    await expectInFront(page);
    const muted = theirs(wang.page).getByLabel(say('room_tile_muted', { name: '李明' }));
    await kept.getByRole('button', { name: say('room_mic_off') }).click();
    await expect(muted).toBeVisible();
    await shot(page, 'in-room-kept-patients');

    await page.getByTestId('kept-return').click();
    await expect(kept).toHaveCount(0);
    await expect(page.getByTestId('call-mic')).toHaveAccessibleName(new RegExp(say('room_mic_on')));
    // As one had chosen to see it.
    const stage = page.getByTestId('call-stage');
    await expect(stage).toHaveAttribute('data-layout', 'focus');
    await expectPlaying(stage.locator('video'));
    await page.getByTestId('stage-to-board').click();
    await page.getByTestId('call-mic').click();
    await expect(muted).toHaveCount(0);
    await expectPlaying(theirs(wang.page).locator('video'));
    expect(await seen!.evaluate((video) => video.isConnected)).toBe(true);

    await page.getByTestId('room-out').click();
    await page.getByTestId('kept-leave').click();
    await expect(kept).toHaveCount(0);
    await expect(theirs(wang.page)).toHaveCount(0);
  });
}

/** The other's picture moves in the window that stands in front of other programs. */
export async function expectInFront(page: Page): Promise<void> {
  const clock = () =>
    page.evaluate(() => {
      const { window } = (globalThis as unknown as { documentPictureInPicture: { window: Window | null } })
        .documentPictureInPicture;
      const video = window?.document.querySelector('video');
      return video && video.videoWidth > 0 ? video.currentTime : null;
    });
  await expect.poll(clock).not.toBeNull();
  const before = (await clock())!;
  await expect.poll(clock).toBeGreaterThan(before);
}

/** A patient in the call with their dentist: asks for the word and writes, and is answered. */
export function inTheRoomWithPatient(people: () => { li: Person; patient: Person }): void {
  test('[CN-40] [CN-42] [CN-44] [CALL-65] the patient’s hand, words and wish for less data are seen by the dentist, and answered', async () => {
    const { li, patient } = people();
    const hand = patient.page.getByTestId('patient-hand');
    await hand.click();
    await expect(theirs(li.page).getByTestId('tile-hand')).toBeVisible();
    await expect(hand).toHaveAttribute('aria-pressed', 'true');
    await shot(patient.page, 'in-room-patient-hand');
    await li.page.getByTestId('call-people-open').click();
    await pressed(li.page, 'room_host_lower', '王秀英').click();
    await expect(hand).toHaveAttribute('aria-pressed', 'false');
    await li.page.keyboard.press('Escape');

    const sparing = patient.page.getByTestId('patient-low-data');
    await sparing.click();
    await expect(theirs(li.page).getByTestId('tile-low-data')).toBeVisible();
    await shot(patient.page, 'in-room-patient-low-data');
    await sparing.click();
    await expect(theirs(li.page).getByTestId('tile-low-data')).toHaveCount(0);

    await chatTab(li.page).click();
    // What is typed while a line is on its way is kept.
    const { promise: line, resolve: lineIsBack } = Promise.withResolvers<void>();
    await li.page.route('**/messages', (route) => line.then(() => route.continue()), { times: 1 });
    await write(li.page, '血糖需复查');
    await li.page.getByText(say('consults_chat_all'), { exact: true }).click();
    const text = li.page.getByRole('textbox', { name: say('consults_chat_write') });
    await text.fill('哪一边更疼?');
    lineIsBack();
    await expect(messages(li.page).last()).toContainText('血糖需复查');
    await expect(text).toHaveValue('哪一边更疼?');
    await pressed(li.page, 'consults_send').click();
    const chat = patient.page.getByTestId('patient-chat');
    await expect(chat).toContainText('1');
    await shot(patient.page, 'in-room-patient');
    await chat.click();
    const dialog = patient.page.getByTestId('visit-chat');
    await expect(messages(patient.page)).toHaveCount(1);
    await expect(messages(patient.page)).toContainText('哪一边更疼?');
    await dialog.getByRole('textbox').fill('左边,晚上更疼');
    await dialog.getByRole('button', { name: say('visit_chat_send') }).click();
    await expect(messages(patient.page)).toHaveCount(2);
    await shot(patient.page, 'in-room-patient-chat');
    await expect(messages(li.page).last()).toContainText('左边,晚上更疼');
    await expect(messages(li.page).last()).toContainText(say('consults_chat_patient_side'));
    await shot(li.page, 'in-room-patient-answer');
    await patient.page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(chat).not.toContainText('1');
  });
  test('[CN-43] a host ends the call for everybody, after being asked; the consult goes on', async () => {
    const { li, patient } = people();
    await li.page.getByTestId('call-people-open').click();
    // It stays under the finger, however long the lists above it are.
    const end = li.page.getByTestId('call-end');
    const rings = li.page.getByRole('button', { name: say('room_call_in_ring') });
    await expect(rings).not.toHaveCount(0);
    await shot(li.page, 'in-room-host');
    // The dialog grows while it opens: a click is possible once it stands still.
    await end.click({ trial: true });
    const before = await end.boundingBox();
    await li.page.getByLabel(say('room_call_in_name')).fill('没有这个人');
    await expect(rings).toHaveCount(0);
    expect(await end.boundingBox()).toEqual(before);
    await end.click();
    await pressed(li.page, 'room_end_all').last().click();
    await expect(li.page.getByTestId('call-mic')).toHaveCount(0);
    await expect(patient.page.getByTestId('visit')).not.toHaveAttribute('data-stage', 'in-call');
    await shot(patient.page, 'in-room-ended-patient');
    await patient.page.getByTestId('lobby-join').click();
    await expect(patient.page.getByTestId('visit')).toHaveAttribute('data-stage', 'in-call');
  });
}
