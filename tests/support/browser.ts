import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright';
import { installPackages, isExecutable, onPath, tryToRun } from './packages.ts';

const run = promisify(execFile);

/** Flags every browser of the tests and benches starts with; nothing may phone home. */
export const browserFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
];

/** For calls: a camera that beeps and turns, at 30 frames a second, allowed without asking. */
export const mediaFlags: readonly string[] = [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream=fps=30',
  '--autoplay-policy=no-user-gesture-required'
];

const names = [
  'google-chrome-stable',
  'google-chrome',
  'chromium',
  'chromium-browser',
  'chrome',
  'microsoft-edge'
];
const usualPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/snap/bin/chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe'
];

/** A Chrome or Chromium of this machine: CHROME_PATH, on PATH, a usual place, Playwright's own. Null: none. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | null {
  const given = env['CHROME_PATH'];
  if (given) {
    if (isExecutable(given)) return given;
    throw new Error(`CHROME_PATH is ${given}: no program is there.`);
  }
  return onPath(names, env) ?? [...usualPlaces, playwrightsOwn()].find(isExecutable) ?? null;
}

/**
 * A browser and Chinese glyphs, got where they are missing: Playwright's download, else the system's
 * packages (as root). @throws where neither works, with what to do
 */
export async function ensureBrowser(root: string, say: (line: string) => void): Promise<string> {
  let path = await findRunning(say);
  if (!path) {
    say("no Chrome or Chromium found: trying Playwright's download");
    // Its headless shell is another browser than people use: not needed.
    const args = [join(root, 'node_modules', 'playwright', 'cli.js'), 'install', '--no-shell', 'chromium'];
    await tryToRun(process.execPath, args, say);
    path = await findRunning(say);
  }
  if (!path) {
    say("trying the system's package");
    await installPackages(['chromium', 'fonts-noto-cjk'], say);
    path = await findRunning(say);
  }
  if (!path)
    throw new Error('No browser for the tests: install Chrome or Chromium, or set CHROME_PATH to one.');
  if (!(await hasChineseFont())) {
    say('no font with Chinese glyphs found: installing fonts-noto-cjk');
    await installPackages(['fonts-noto-cjk'], say);
    if (!(await hasChineseFont())) throw new Error('No font with Chinese glyphs: install fonts-noto-cjk.');
  }
  return path;
}

/** A bare Linux has Playwright's browser without the libraries it needs. Elsewhere `--version` opens a window. */
async function findRunning(say: (line: string) => void): Promise<string | null> {
  const path = findBrowser();
  if (path === null || process.platform !== 'linux') return path;
  return (await tryToRun(path, ['--version'], say)) ? path : null;
}

async function hasChineseFont(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  try {
    return (await run('fc-list', [':lang=zh', 'file'])).stdout.trim() !== '';
  } catch {
    return existsSync('/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc');
  }
}

function playwrightsOwn(): string {
  try {
    return chromium.executablePath();
  } catch {
    return '';
  }
}
