import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { mintToken } from '../../server/sfu/tokens.ts';
import type { TestApp } from '../support/app.ts';
import type { CleanUp } from './figures.ts';
import { enter, patienceMs } from './room.ts';

/** How long people look at themselves before they press Join; the same for both. */
export const lobbyMs = 3_000;

export interface BarePerson {
  room: string;
  identity: string;
  /** Joins by itself. */
  auto: boolean;
  /** Another page than the one that connects and publishes, and what it is asked. */
  page?: '/codec';
  asked?: Record<string, string>;
  prepare?: (context: BrowserContext) => Promise<void>;
}
export interface BarePages {
  /** A person's page of tests/bench/peers/join in a room of that name, in a context of its own that is prepared first. */
  open(browser: Browser, who: BarePerson): Promise<Page>;
}

/** @param signalUrl the media server's signalling where it is not to be reached directly; `ws://…` */
export async function serveBare(options: {
  app: Pick<TestApp, 'dataDir'>;
  peerFolder: string;
  cleanUp: CleanUp;
  signalUrl?: string;
  /** For every page's context. */
  prepareAll?: (context: BrowserContext) => Promise<void>;
}): Promise<BarePages> {
  const { app, peerFolder, cleanUp } = options;
  const keys = await readKeys(app);
  const port = /^port: (\d+)$/m.exec(await readFile(join(app.dataDir, 'sfu', 'livekit.yaml'), 'utf8'))?.[1];
  if (!port) throw new Error('the media server’s port is not known');
  const signalUrl = options.signalUrl ?? `ws://127.0.0.1:${port}`;

  const files: Readonly<Record<string, readonly [string, string]>> = {
    '/': [join(peerFolder, 'index.html'), 'text/html'],
    '/page.js': [join(peerFolder, 'page.js'), 'text/javascript'],
    '/codec': [join(peerFolder, 'codec.html'), 'text/html'],
    '/codec.js': [join(peerFolder, 'codec.js'), 'text/javascript'],
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

  return {
    async open(browser, { room, identity, auto, prepare, page: path = '/', asked }) {
      const token = await mintToken(keys, {
        room,
        identity,
        name: identity,
        role: 'member',
        canPublish: true,
        canPublishData: true
      });
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      await options.prepareAll?.(context);
      await prepare?.(context);
      const page = await context.newPage();
      const query = new URLSearchParams({ url: signalUrl, token, ...(auto ? { auto: '1' } : {}), ...asked });
      await page.goto(`${origin}${path}?${query}`);
      return page;
    }
  };
}

/** Of the media server the app started. */
export async function readKeys(
  app: Pick<TestApp, 'dataDir'>
): Promise<{ apiKey: string; apiSecret: string }> {
  return JSON.parse(await readFile(join(app.dataDir, 'sfu', 'keys.json'), 'utf8')) as {
    apiKey: string;
    apiSecret: string;
  };
}

/** Presses and waits for the first frame of a picture that is not one's own, by the page's own clock. */
export async function timeToFirstFrame(page: Page, button: string): Promise<number> {
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

/** Times the bare page's Join in a room where somebody is seen already, a new room each time. */
export function bareJoins(bare: BarePages, here: Browser, there: Browser): () => Promise<number> {
  let call = 0;
  return async () => {
    const room = `bare-${call++}`;
    const other = await bare.open(there, { room, identity: 'there', auto: true });
    await other.waitForSelector('[data-live=true]', { timeout: patienceMs });
    await other.waitForTimeout(1_500);
    const page = await bare.open(here, { room, identity: 'here', auto: false });
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

/** Times our Join where `expert` is in the room and seen. */
export async function ourJoin(
  room: string,
  dentist: BrowserContext,
  expert: BrowserContext,
  { board = true }: { board?: boolean } = {}
): Promise<number> {
  // Sent, and the board loaded: what follows measures the one who comes, not the one who is there.
  const other = await enter(room, expert, { board });
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
