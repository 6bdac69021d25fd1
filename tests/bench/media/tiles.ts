import {
  LocalVideoTrack,
  Room,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource
} from '@livekit/rtc-node';
import type { Browser, BrowserContext, Page } from 'playwright';
import { mintToken } from '../../../server/sfu/tokens.ts';
import type { TestApp } from '../../support/app.ts';
import type { Line } from '../../support/line/simulator.ts';
import { readKeys, type BarePages } from '../bare.ts';
import { enter } from '../room.ts';

const publishers = 6;
const hidden = 4;
const [width, height, everyMs] = [640, 360, 66];
const settleMs = 6_000;
const measureMs = 10_000;

/**
 * Six people who show themselves (640 × 360, from Node), one page that looks at two of them: kilobytes a second that
 * pass the media server, in and out, on our page and on the bare one, which has adaptiveStream and dynacast off.
 */
export async function measureTiles(options: {
  app: Pick<TestApp, 'dataDir'>;
  line: Line;
  /** Our room's page, and the media server's name for it. */
  room: string;
  roomName: string;
  dentist: BrowserContext;
  here: Browser;
  pages: BarePages;
  rounds: number;
}): Promise<{ on: number[]; off: number[] }> {
  const { app, line, room, roomName, dentist, here, pages, rounds } = options;
  const [on, off]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    on.push(
      await whileShown({ app, line, roomName, dynacast: true }, async () => {
        const page = await enter(room, dentist, { board: false });
        // As if scrolled out of the strip's sight.
        await hide(page, 'figure:not([data-self=true])');
        return page;
      })
    );
    const name = `tiles-${i}`;
    off.push(
      await whileShown({ app, line, roomName: name, dynacast: false }, async () => {
        const page = await pages.open(here, { room: name, identity: 'here', auto: true });
        await page.waitForSelector('[data-live=true]');
        await hide(page, '#others video');
        return page;
      })
    );
    console.log(
      `tiles ${i + 1}/${rounds}: ours ${on.at(-1)?.toFixed(0)}, bare ${off.at(-1)?.toFixed(0)} kB/s`
    );
  }
  return { on, off };
}

async function hide(page: Page, tiles: string): Promise<void> {
  await page.waitForFunction(([selector, count]) => document.querySelectorAll(selector).length >= count, [
    tiles,
    publishers
  ] as const);
  await page.evaluate(
    ([selector, count]) => {
      for (const tile of [...document.querySelectorAll<HTMLElement>(selector)].slice(-count))
        tile.style.display = 'none';
    },
    [tiles, hidden] as const
  );
}

async function whileShown(
  options: { app: Pick<TestApp, 'dataDir'>; line: Line; roomName: string; dynacast: boolean },
  look: () => Promise<Page>
): Promise<number> {
  const { app, line, roomName, dynacast } = options;
  const keys = await readKeys(app);
  const shown: { room: Room; timer: NodeJS.Timeout; source: VideoSource }[] = [];
  let page: Page | null = null;
  try {
    for (let i = 0; i < publishers; i++) {
      const grant = { room: roomName, identity: `shown-${i}`, name: `Shown ${i}`, role: 'member' } as const;
      const token = await mintToken(keys, { ...grant, canPublish: true, canPublishData: false });
      const room = new Room();
      await room.connect(line.signalUrl, token, { autoSubscribe: false, dynacast });
      const source = new VideoSource(width, height);
      const track = LocalVideoTrack.createVideoTrack('camera', source);
      const camera = new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA, simulcast: true });
      await room.localParticipant?.publishTrack(track, camera);
      let number = 0;
      const timer = setInterval(() => source.captureFrame(picture(number++)), everyMs);
      shown.push({ room, timer, source });
    }
    page = await look();
    await page.waitForTimeout(settleMs);
    const bytes = () => line.carried.upBytes + line.carried.downBytes;
    const [before, began] = [bytes(), performance.now()];
    await page.waitForTimeout(measureMs);
    return (bytes() - before) / (performance.now() - began);
  } finally {
    await page?.close();
    for (const { room, timer, source } of shown) {
      clearInterval(timer);
      await room.disconnect();
      await source.close();
    }
  }
}

/** Bands that move: something to encode, the same for both. */
function picture(number: number): VideoFrame {
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    pixels.fill((y * 3 + number * 5) & 0xff, y * width * 4, (y + 1) * width * 4);
  return new VideoFrame(pixels, width, height, VideoBufferType.RGBA);
}
