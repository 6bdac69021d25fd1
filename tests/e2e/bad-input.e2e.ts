import { open, readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import type { Locator, Page } from 'playwright';
import postgres from 'postgres';
import { makeDemoUpload } from '#lib/features/imaging/demo.server.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { makeDemoDataDir, removeDataDir } from '../support/data-folder.ts';
import { accept, ask } from './asking.ts';
import { boardOf, chooseTool, marks, openBoard } from './board.ts';
import { keepEvidence, openPatient, openPerson, signIn, taken, visit, type Person } from './people.ts';
import { boxOf } from './seen.ts';
import { say } from './words.ts';

/** Everything people and their machines get wrong: a clear message in their language, and nothing is lost. */
test.describe.configure({ timeout: 240_000 });
test.use({ trace: 'off', video: 'off', screenshot: 'off' });

const uploadLimitMb = 64;
let dataDir: string;
let app: TestApp;
let li: Person;
let wang: Person;
let sun: Person;

test.beforeAll(async () => {
  test.setTimeout(500_000);
  dataDir = await makeDemoDataDir();
  app = await startApp({ dataDir, env: { MAX_UPLOAD_MB: String(uploadLimitMb) }, withinMs: 400_000 });
  const { origin } = app;
  [li, wang, sun] = await Promise.all([
    openPerson({ origin }),
    openPerson({ origin }),
    openPerson({ origin })
  ]);
  await signIn(li, 'li@qinghe.demo');
  await signIn(wang, 'wang@hospital.demo');
  await signIn(sun, 'sun@hospital.demo');
});

test.afterAll(async () => {
  test.setTimeout(120_000);
  await Promise.all([li, wang, sun].map((person) => person?.browser.close()));
  await app?.stop();
  if (dataDir) await removeDataDir(dataDir);
});

test.afterEach(async ({}, info) => keepEvidence(info, app, { li, wang, sun }));

/** As the app's own pages do it, from its own origin. */
async function send(
  person: Person,
  path: string,
  data: unknown
): Promise<{ status: number; body: { code?: string } }> {
  const answer = await person.context.request.post(path, { data, headers: { origin: app.origin } });
  return { status: answer.status(), body: (await answer.json()) as { code?: string } };
}

async function sqlOf<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const { port, password } = JSON.parse(await readFile(join(dataDir, 'postgres', 'access.json'), 'utf8')) as {
    port: number;
    password: string;
  };
  const sql = postgres({
    host: '127.0.0.1',
    port,
    username: 'postgres',
    password,
    database: 'consilium',
    max: 1
  });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const phantom = () =>
  makeDemoUpload({ mouth: 'elderly', index: 0, name: '王秀英', number: 'P000001', sex: 'F' }).bytes;

test('a text file named .dcm, a truncated DICOM and a file of 2 GB are refused, each with its reason', async () => {
  const { page } = li;
  await openPatient(li, '王秀英');
  await taken(page);
  const images = page.locator('#images');
  const before = await images.locator('ul button img').count();
  const picker = images.locator('input[type=file]');
  const refusal = (code: string) => images.getByText(say(`error_${code}`));

  await picker.setInputFiles({
    name: 'notes.dcm',
    mimeType: 'application/dicom',
    buffer: Buffer.from('牙片\n'.repeat(500))
  });
  await expect(refusal('file_not_an_image')).toBeVisible();
  const whole = phantom();
  await picker.setInputFiles({
    name: 'half.dcm',
    mimeType: 'application/dicom',
    buffer: Buffer.from(whole.subarray(0, whole.length / 2))
  });
  await expect(refusal('dicom_truncated')).toBeVisible();

  const huge = join(dataDir, 'huge.dcm');
  const file = await open(huge, 'w');
  await file.truncate(2 * 1024 ** 3);
  await file.close();
  await picker.setInputFiles(huge);
  await expect(refusal('file_too_large')).toBeVisible();
  expect(await images.locator('ul button img').count()).toBe(before);
});

/** POST to /api/images in pieces, as a program does. @returns status and how many bytes were taken until then */
async function upload(
  patientId: string,
  { declared, piece, pieces }: { declared?: number; piece: Buffer; pieces: number }
): Promise<{ status: number; code: string; sent: number }> {
  const cookies = await li.context.cookies();
  return new Promise((done, failed) => {
    let sent = 0;
    let answered = false;
    const outgoing = httpRequest(`${app.origin}/api/images?patient=${patientId}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/octet-stream',
        'x-file-name': 'stream.dcm',
        origin: app.origin,
        cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
        ...(declared ? { 'content-length': String(declared) } : {})
      }
    });
    outgoing.on('response', (response) => {
      answered = true;
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        outgoing.destroy();
        done({ status: response.statusCode ?? 0, code: (JSON.parse(body) as { code: string }).code, sent });
      });
    });
    outgoing.on('error', (error) => answered || failed(error));
    const more = () => {
      for (; sent < pieces * piece.length && !answered; sent += piece.length)
        if (!outgoing.write(piece))
          return void outgoing.once('drain', () => ((sent += piece.length), more()));
    };
    more();
  });
}

test('2 GB announced is refused before it is sent; 2 GB unannounced is cut at the limit', async () => {
  const patientId = await openPatient(li, '王秀英');
  // Begins as a DICOM file does, so that only its size is at fault.
  const piece = Buffer.alloc(1024 * 1024);
  piece.write('DICM', 128, 'latin1');
  const announced = await upload(patientId, { declared: 2 * 1024 ** 3, piece, pieces: 1 });
  expect(announced).toMatchObject({ status: 413, code: 'file_too_large' });
  const unannounced = await upload(patientId, { piece, pieces: 2048 });
  expect(unannounced).toMatchObject({ status: 413, code: 'file_too_large' });
  expect(unannounced.sent).toBeLessThan(4 * uploadLimitMb * 1024 ** 2);
  const { status } = await li.context.request
    .get(`/patients/${patientId}`)
    .then((answer) => ({ status: answer.status() }));
  expect(status).toBe(200);
});

test('a second click on "Accept" changes nothing; of two experts one gets the consult, the other is told', async () => {
  const consultId = await ask(
    li,
    '张伟',
    { kind: 'any', specialty: 'endodontics' },
    '16 远中邻面龋,是否需要牙髓治疗?'
  );
  await Promise.all([visit(wang.page, `/consults/${consultId}`), visit(sun.page, `/consults/${consultId}`)]);
  // Wang has a page that has not heard of it yet.
  await wang.page.route('**/api/events**', (route) => route.abort());
  await visit(wang.page, `/consults/${consultId}`);
  await sun.page.getByRole('button', { name: say('consults_accept') }).dblclick();
  await expect(sun.page).toHaveURL(new RegExp(`/room/${consultId}$`));
  await wang.page.getByRole('button', { name: say('consults_accept') }).click();
  await expect(wang.page.getByText(say('error_consult_already_accepted'))).toBeVisible();
  await wang.page.unroute('**/api/events**');
  // Before its script has come, a page sends its form as browsers always did.
  const early = await wang.context.request.post(`/consults/${consultId}?/accept`, {
    form: {},
    headers: { origin: app.origin, accept: 'text/html' }
  });
  expect(early.status()).toBe(409);
  expect(await early.text()).toContain(say('error_consult_already_accepted'));
  const [row] = await sqlOf(
    (sql) =>
      sql<
        { status: string; expert_name: string }[]
      >`select status, expert_name from consult where id = ${consultId}`
  );
  expect(row).toMatchObject({ status: 'accepted', expert_name: '孙雅琴' });
  // The same once more, as a form sent twice.
  const again = await sun.context.request.post(`/consults/${consultId}?/accept`, {
    form: {},
    headers: { origin: app.origin, 'x-sveltekit-action': 'true' }
  });
  expect(await again.json()).toMatchObject({ type: 'redirect' });
});

test('a guessed, an expired and a locked link say so and let nobody in', async () => {
  const consultId = await ask(li, '郑浩然', { kind: 'expert', name: '孙雅琴' }, '定期检查,请看片。');
  await accept(sun, consultId);
  const { body } = await send(li, `/api/consults/${consultId}/invite`, {});
  const { url } = body as { url: string };
  const visitor = await openPerson({ origin: app.origin, device: 'phone' });
  try {
    const { page } = visitor;
    const door = page.getByTestId('door');
    await visit(page, `/v/${'A'.repeat(32)}`);
    await expect(door).toHaveAttribute('data-door', 'invalid');
    await expect(door).toContainText(say('visit_invalid_text'));

    await visit(page, url);
    for (let i = 0; i < 5; i++) {
      const digits = page.getByLabel(say('visit_digits'));
      await digits.fill(`000${i}`);
      const answered = page.waitForResponse((response) => response.request().method() === 'POST');
      await page.getByRole('button', { name: say('visit_enter') }).click();
      await answered;
    }
    await expect(door).toContainText(say('visit_locked_title'));

    const fresh = (await send(li, `/api/consults/${consultId}/invite`, {})).body as { url: string };
    await sqlOf(
      (sql) =>
        sql`update consult_invite set expires_at = now() - interval '1 hour' where consult_id = ${consultId}`
    );
    await visit(page, fresh.url);
    await expect(door).toHaveAttribute('data-door', 'expired');
    await expect(door).toContainText(say('visit_expired_text'));
  } finally {
    await visitor.browser.close();
  }
});

test('an unknown tooth is refused, on the page and by the server', async () => {
  const patientId = await openPatient(li, '王秀英');
  await taken(li.page);
  for (const tooth of ['99', '19', '00', '3', '<b>'])
    expect(
      await send(li, `/api/patients/${patientId}/findings`, {
        id: crypto.randomUUID(),
        tooth,
        surfaces: [],
        code: 'percussion',
        status: 'needs',
        grade: null,
        note: ''
      })
    ).toMatchObject({ status: 422, body: { code: 'unknown_tooth' } });
  await li.page
    .getByTestId('patient-banner')
    .getByRole('button', { name: say('consults_ask_open') })
    .click();
  const field = li.page.getByTestId('ask-form').getByLabel(say('consults_ask_tooth_add'));
  await field.fill('99');
  await field.press('Enter');
  await expect(li.page.getByTestId('ask-form').getByText(say('error_unknown_tooth'))).toBeVisible();
  await expect(field).toHaveValue('99');
});

const html = '<img src="x" onerror="window.hit=1"><script>window.hit=1</script><b>粗</b>';

/** The markup is there to be read, and made nothing. */
async function expectText(page: Page, place: Locator): Promise<void> {
  await expect(place.getByText(html).first()).toBeVisible();
  await expect(page.locator('img[src="x"]')).toHaveCount(0);
  expect(await page.evaluate(() => 'hit' in window)).toBe(false);
}

test('HTML in the fields of the record and the request is text', async () => {
  await openPatient(li, '何俊杰');
  await taken(li.page);
  await li.page
    .getByTestId('patient-banner')
    .getByRole('button', { name: say('consults_note') })
    .click();
  const dialog = li.page.getByRole('dialog');
  await dialog.getByRole('textbox').fill(`记录 ${html}`);
  await dialog.getByRole('button', { name: say('patients_note_save') }).click();
  await expectText(li.page, li.page.locator('#timeline'));

  const consultId = await ask(li, '何俊杰', { kind: 'expert', name: '王志远' }, `问题 ${html}`);
  await expectText(li.page, li.page.locator('main'));
  await visit(wang.page, `/consults/${consultId}`);
  await expectText(wang.page, wang.page.locator('main'));
  await wang.page.getByRole('button', { name: say('consults_ask_more'), exact: true }).click();
  await wang.page.getByLabel(say('consults_ask_more_text')).fill(`补充 ${html}`);
  await wang.page.getByRole('button', { name: say('consults_send'), exact: true }).click();
  await expect(li.page.getByText(say('consults_more_asked_text'))).toBeVisible();
  await expectText(li.page, li.page.locator('main'));
  await li.page.getByLabel(say('consults_answer_more_text')).fill(`说明 ${html}`);
  await li.page.getByRole('button', { name: say('consults_answer_more'), exact: true }).click();
  await expect(wang.page.getByText(`说明 ${html}`)).toBeVisible();
  await wang.page.getByRole('button', { name: say('consults_decline'), exact: true }).click();
  await wang.page.getByLabel(say('consults_decline_reason')).fill(`婉拒 ${html}`);
  await wang.page.getByRole('button', { name: say('consults_decline'), exact: true }).click();
  await expect(li.page.getByText(say('consults_declined_text', { reason: `婉拒 ${html}` }))).toBeVisible();
  await expectText(li.page, li.page.locator('main'));
  for (const person of [li, wang]) expect(person.troubles).toEqual([]);
});

test('HTML in chat, pin and opinion is text; a revoked member is cut off within a second and told', async () => {
  const consultId = await ask(li, '赵国强', { kind: 'expert', name: '王志远' }, '46 缺失,种植前评估。');
  await accept(wang, consultId);
  const closed = new Promise<number>((done) =>
    wang.page.on('websocket', (socket) => {
      if (socket.url().includes('/collab/')) socket.on('close', () => done(Date.now()));
    })
  );
  await Promise.all([openBoard(li.page, consultId), openBoard(wang.page, consultId)]);
  const tab = (person: Person, key: string) => person.page.getByRole('tab', { name: new RegExp(say(key)) });

  await tab(li, 'consults_chat').click();
  await tab(wang, 'consults_chat').click();
  await wang.page.getByLabel(say('consults_chat_write')).fill(html);
  await wang.page.keyboard.press('Enter');
  await expectText(li.page, li.page.getByRole('tabpanel'));

  await chooseTool(wang.page, 'pin');
  const box = await boxOf(boardOf(wang.page).surface);
  await wang.page.mouse.click(box.x + box.width / 2, box.y + 60);
  await wang.page.getByTestId('pin-popover').getByRole('textbox').fill(html);
  await wang.page.keyboard.press('Enter');
  await expect(marks(li.page, 'pin')).toHaveCount(1);
  const pin = await boxOf(marks(li.page, 'pin').locator('circle'));
  await li.page.mouse.click(pin.x + pin.width / 2, pin.y + pin.height / 2);
  await expectText(li.page, li.page.getByTestId('pin-popover'));

  await tab(wang, 'consults_opinion').click();
  const form = wang.page.getByTestId('opinion-form');
  await form.getByLabel(say('consults_opinion_text'), { exact: true }).fill(html);
  await expect(form.getByText(say('consults_opinion_saved'))).toBeVisible();
  await form.getByRole('button', { name: say('consults_opinion_sign') }).click();
  const dialog = wang.page.getByRole('dialog', { name: say('consults_opinion_sign_title') });
  await dialog.locator('input[type=password]').fill('consilium-demo');
  await dialog.locator('input[type=password]').press('Enter');
  await tab(li, 'consults_opinion').click();
  await expectText(li.page, li.page.getByTestId('signed-opinion'));
  for (const person of [li, wang]) expect(person.troubles).toEqual([]);

  // As the owner's "remove from the organisation" does it: the row and the news in one transaction.
  const revoked = await sqlOf((sql) =>
    sql.begin(async (tx) => {
      const [gone] = await tx<{ user_id: string }[]>`
        update member set revoked_at = now() where name = '王志远' and revoked_at is null returning user_id`;
      const news = { topic: 'access', name: 'member.revoked', data: { userId: gone!.user_id } };
      await tx`select pg_notify('live', ${JSON.stringify(news)})`;
      return Date.now();
    })
  );
  const took = (await closed) - revoked;
  console.log(`  revoked → the socket is closed: ${took} ms`);
  expect(took).toBeLessThan(5_000);
  await expect(wang.page.getByRole('alert').filter({ hasText: say('board_ended_access') })).toBeVisible();
  expect((await wang.context.request.get(`/consults/${consultId}`, { maxRedirects: 0 })).status()).toBe(303);
});
