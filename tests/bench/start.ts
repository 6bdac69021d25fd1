// How fast a second start is, and how much JavaScript the pages of a patient and of a clinic load.
// `npm run bench:start [-- RUNS]`
import { chromium, type Browser, type Page } from 'playwright';
import { startApp, type TestApp } from '../support/app.ts';
import { browserFlags, findBrowser, mediaFlags } from '../support/browser.ts';
import { makeDataDir, removeDataDir } from '../support/data-folder.ts';
import { sizeOf } from '../support/page-size.ts';
import { createCleanUp, median, report } from './figures.ts';
import { openConsult, signIn } from './room.ts';

const runs = Math.max(5, Number(process.argv[2] ?? 7));
const cleanUp = createCleanUp();

async function main(): Promise<void> {
  const dataDir = await makeDataDir();
  cleanUp.add(() => removeDataDir(dataDir));
  console.log('first start: builds and makes the demo world where needed');
  const first = await startApp({ dataDir, withinMs: 900_000 });
  await first.stop();

  const seconds: number[] = [];
  for (let i = 0; i < runs; i++) {
    const app = await startApp({ dataDir });
    seconds.push(app.startedInMs / 1000);
    console.log(`start ${i + 1}/${runs}: ${seconds.at(-1)?.toFixed(2)} s`);
    await app.stop();
  }

  const app = await startApp({ dataDir });
  cleanUp.add(() => app.stop());
  const executablePath = findBrowser();
  const browser = await chromium.launch({
    args: [...browserFlags, ...mediaFlags],
    ...(executablePath ? { executablePath } : {})
  });
  cleanUp.add(() => browser.close());
  const pages = await pageSizes(app, browser);
  for (const [name, size] of Object.entries(pages))
    console.log(`${name.padEnd(28)} ${size.kb.toFixed(1).padStart(7)} kB gzip in ${size.files} files`);

  await report({
    bench: 'start',
    runs,
    rows: [{ name: 'second start (ms)', samples: seconds.map((s) => s * 1000) }],
    figures: [
      { name: 'second_start_s', value: median(seconds), unit: 's' },
      // What a patient loads until the call starts: the door, and then the lobby behind it.
      { name: 'patient_page_kb', value: Math.max(pages.door.kb, pages.lobby.kb), unit: 'kB' },
      { name: 'clinic_page_kb', value: Math.max(pages.today.kb, pages.patient.kb), unit: 'kB' }
    ]
  });
}

async function pageSizes(app: TestApp, browser: Browser) {
  const staff = await signIn(app, browser, 'li@qinghe.demo');
  const page = await staff.newPage();
  await page.goto(app.origin);

  const today = await sizeOf(staff, `${app.origin}/`);
  const patient = await sizeOf(staff, `${app.origin}/patients/${(await firstPatient(page)).id}`);
  // Accepted: else the patient is told to wait, and neither consent nor lobby is shown.
  await openConsult(app, await signIn(app, browser, 'zhao@hospital.demo'));
  const { link, digits } = await invite(page);
  await staff.close();

  const visitor = await browser.newContext({ locale: 'zh-CN', permissions: ['camera', 'microphone'] });
  const door = await sizeOf(visitor, link);
  const lobby = await sizeOf(visitor, link, async (opened) => {
    await opened.fill('input[name=digits]', digits);
    await opened.keyboard.press('Enter');
    await opened.waitForSelector('[data-testid=visit]');
  });
  await visitor.close();
  return { today, patient, door, lobby };
}

interface PatientHit {
  id: string;
  name: string;
}

async function firstPatient(page: Page): Promise<PatientHit> {
  const { patients } = await api<{ patients: PatientHit[] }>(page, 'GET', '/api/search?q=');
  const patient = patients.find(({ name }) => name === '王秀英') ?? patients[0];
  if (!patient) throw new Error('the demo world has no patients');
  return patient;
}

/** The link of a patient who is asked into a consult, and the digits that open it. */
async function invite(page: Page): Promise<{ link: string; digits: string }> {
  const { consults } = await api<{ consults: { id: string }[] }>(page, 'GET', '/api/search?q=周建军');
  const consult = consults[0];
  if (!consult) throw new Error('the demo world has no consult');
  const { url } = await api<{ url: string }>(page, 'POST', `/api/consults/${consult.id}/invite`);
  // 周建军, whose wisdom tooth the demo's question is about: 138 0000 7890.
  return { link: url, digits: '7890' };
}

async function api<T>(page: Page, method: string, path: string): Promise<T> {
  return page.evaluate(
    async ([verb, where]) => {
      const sent = { headers: { 'content-type': 'application/json' }, body: '{}' };
      const response = await fetch(where ?? '', { method: verb ?? 'GET', ...(verb === 'GET' ? {} : sent) });
      if (!response.ok) throw new Error(`${verb} ${where}: ${response.status} ${await response.text()}`);
      return response.json() as Promise<never>;
    },
    [method, path] as const
  );
}

try {
  await main();
} finally {
  await cleanUp.run();
}
