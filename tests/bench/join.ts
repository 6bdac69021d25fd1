// Click "Join" → first remote video frame, ours against a bare page that connects and then publishes, on the
// same media server; and how soon a drawn shape is seen by the other. `npm run bench:join [-- PAIRS]`
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { mintToken } from '../../server/sfu/tokens.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { measureDraw } from './draw.ts';
import { createCleanUp, median, percentile, report } from './figures.ts';
import { installPeer } from './install-peer.ts';
import { enter, openBrowser, openConsult, patienceMs, signIn, startWithinMs } from './room.ts';

const pairs = Math.max(1, Number(process.argv[2] ?? 12));
const shapes = 30;
/** How long people look at themselves before they press Join; the same for both. */
const lobbyMs = 3_000;

const cleanUp = createCleanUp();

async function main(): Promise<void> {
  const peerFolder = await installPeer('join', 'livekit-client');
  const app = await startApp({ env: { LIVEKIT_URL: '' }, withinMs: startWithinMs });
  cleanUp.add(() => app.stop());
  const [here, there] = await Promise.all([openBrowser(cleanUp), openBrowser(cleanUp)]);
  const dentist = await signIn(app, here, 'li@qinghe.demo');
  const expert = await signIn(app, there, 'zhao@hospital.demo');
  const room = `${app.origin}/room/${await openConsult(app, expert)}`;
  const bare = await bareCalls({ app, peerFolder, here, there });

  // Once each, not counted: the first client of a media server pays for what all later ones find ready.
  await oursOnce(room, dentist, expert);
  await bare();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < pairs; i++) {
    ours.push(await oursOnce(room, dentist, expert));
    theirs.push(await bare());
    console.log(
      `pair ${i + 1}/${pairs}: ours ${ours.at(-1)?.toFixed(0)} ms, bare ${theirs.at(-1)?.toFixed(0)} ms`
    );
  }
  const drawn = await drawTogether(room, dentist, expert);

  await report({
    bench: 'join',
    runs: pairs,
    rows: [
      { name: 'join, ours (ms)', samples: ours },
      { name: 'join, bare page (ms)', samples: theirs },
      { name: 'drawn → seen (ms)', samples: drawn }
    ],
    figures: [
      { name: 'join_median_ratio', value: median(ours) / median(theirs), unit: 'ratio' },
      { name: 'join_p95_ms', value: percentile(ours, 95), unit: 'ms' },
      { name: 'draw_seen_p95_ms', value: percentile(drawn, 95), unit: 'ms' }
    ]
  });
}

/** The expert is in the room and seen; the dentist comes. */
async function oursOnce(room: string, dentist: BrowserContext, expert: BrowserContext): Promise<number> {
  // Sent, and the board loaded: what follows measures the one who comes, not the one who is there.
  const other = await enter(room, expert);
  const page = await dentist.newPage();
  try {
    await page.goto(room);
    await page.waitForSelector('[data-testid=lobby-join]', { timeout: patienceMs });
    await page.waitForTimeout(lobbyMs);
    return await timeToFirstFrame(page, '[data-testid=lobby-join]');
  } finally {
    await page.close();
    await other.close();
    // The media server takes a moment to see both gone.
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Presses and waits for the first frame of a picture that is not one's own, by the page's own clock. */
async function timeToFirstFrame(page: Page, button: string): Promise<number> {
  await page.evaluate((selector) => {
    const target = document.querySelector(selector);
    if (!target) throw new Error(`no ${selector}`);
    const measured = new Promise<number>((resolve) => {
      target.addEventListener(
        'click',
        () => {
          const clicked = performance.now();
          const watched = new WeakSet<HTMLVideoElement>();
          const own = new Set(document.querySelectorAll('video'));
          const look = () => {
            for (const video of document.querySelectorAll('video')) {
              if (watched.has(video) || own.has(video) || video.closest('[data-self=true]')) continue;
              watched.add(video);
              video.requestVideoFrameCallback(() => resolve(performance.now() - clicked));
            }
          };
          new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
        },
        { capture: true, once: true }
      );
    });
    Object.assign(window, { firstFrame: measured });
  }, button);
  await page.click(button);
  return await Promise.race([
    page.evaluate(() => (window as unknown as { firstFrame: Promise<number> }).firstFrame),
    page.waitForTimeout(patienceMs).then(() => {
      throw new Error('no picture came');
    })
  ]);
}

/** The bare page in the same two browsers, on the same media server. */
async function bareCalls({
  app,
  peerFolder,
  here,
  there
}: {
  app: TestApp;
  peerFolder: string;
  here: Browser;
  there: Browser;
}): Promise<() => Promise<number>> {
  const keys = JSON.parse(await readFile(join(app.dataDir, 'sfu', 'keys.json'), 'utf8')) as {
    apiKey: string;
    apiSecret: string;
  };
  const port = /^port: (\d+)$/m.exec(await readFile(join(app.dataDir, 'sfu', 'livekit.yaml'), 'utf8'))?.[1];
  if (!port) throw new Error('the media server’s port is not known');

  const files: Readonly<Record<string, readonly [string, string]>> = {
    '/': [join(peerFolder, 'index.html'), 'text/html'],
    '/page.js': [join(peerFolder, 'page.js'), 'text/javascript'],
    '/livekit-client.js': [
      join(peerFolder, 'node_modules', 'livekit-client', 'dist', 'livekit-client.umd.js'),
      'text/javascript'
    ]
  };
  const web = createServer((request, response) => {
    const file = files[new URL(request.url ?? '/', 'http://internal').pathname];
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', file[1]);
    createReadStream(file[0]).pipe(response);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  cleanUp.add(async () => {
    web.closeAllConnections();
    web.close();
  });
  const address = web.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const origin = `http://127.0.0.1:${address.port}`;

  const open = async (browser: Browser, room: string, identity: string, auto: boolean) => {
    const token = await mintToken(keys, {
      room,
      identity,
      name: identity,
      role: 'member',
      canPublish: true,
      canPublishData: true
    });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const query = new URLSearchParams({
      url: `ws://127.0.0.1:${port}`,
      token,
      ...(auto ? { auto: '1' } : {})
    });
    await page.goto(`${origin}/?${query}`);
    return page;
  };

  let call = 0;
  return async () => {
    const room = `bare-${call++}`;
    const other = await open(there, room, 'there', true);
    await other.waitForSelector('[data-live=true]', { timeout: patienceMs });
    await other.waitForTimeout(1_500);
    const page = await open(here, room, 'here', false);
    try {
      await page.waitForTimeout(lobbyMs);
      return await timeToFirstFrame(page, '#join');
    } finally {
      await page.context().close();
      await other.context().close();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };
}

async function drawTogether(
  room: string,
  dentist: BrowserContext,
  expert: BrowserContext
): Promise<number[]> {
  const to = await enter(room, expert);
  const from = await enter(room, dentist);
  try {
    return await measureDraw({ from, to, shapes });
  } finally {
    await from.close();
    await to.close();
  }
}

try {
  await main();
} finally {
  await cleanUp.run();
}
