import type { BrowserContext, Page } from 'playwright';

/** What a person was shown and heard of the others over some time. */
export interface Seen {
  /** Of the time watched: without a new frame for longer than the eye takes for movement. 0…1 */
  frozen: number;
  fps: number;
  /** Pixels; the median of what was drawn. 0: nothing was. */
  height: number;
  /** Of the samples played: made up by the browser because nothing had come in time. 0…1 */
  concealed: number;
}

interface Watched {
  frames: { at: number; height: number }[];
  connections: RTCPeerConnection[];
}
declare global {
  interface Window {
    watched: Watched;
  }
}

/** Every page opened from now on remembers the frames it draws of others, and its connections. */
export async function watch(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const watched: Watched = { frames: [], connections: [] };
    window.watched = watched;
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
      constructor(config?: RTCConfiguration) {
        super(config);
        watched.connections.push(this);
      }
    };
    const known = new WeakSet<HTMLVideoElement>();
    setInterval(() => {
      for (const video of document.querySelectorAll('video')) {
        if (known.has(video) || video.closest('[data-self=true]')) continue;
        known.add(video);
        const look = (at: number) => {
          watched.frames.push({ at, height: video.videoHeight });
          video.requestVideoFrameCallback(look);
        };
        video.requestVideoFrameCallback(look);
      }
    }, 100);
  });
}

/** Watches for `forMs` what `page`, opened in a watched context, shows of one other person. */
export async function see(page: Page, forMs: number): Promise<Seen> {
  const before = await readSound(page);
  const from = await page.evaluate(() => performance.now());
  await page.waitForTimeout(forMs);
  const after = await readSound(page);
  const { frames, to } = await page.evaluate((start) => {
    const end = performance.now();
    return { to: end, frames: window.watched.frames.filter(({ at }) => at >= start && at <= end) };
  }, from);
  const heights = frames.map(({ height }) => height).sort((a, b) => a - b);
  const played = after.played - before.played;
  return {
    frozen: frozenMs({ times: frames.map(({ at }) => at), from, to }) / (to - from),
    fps: (frames.length * 1_000) / (to - from),
    height: heights[Math.floor(heights.length / 2)] ?? 0,
    concealed: played > 0 ? (after.concealed - before.concealed) / played : 1
  };
}

/**
 * Time within frozen pictures, as WebRTC's statistics define one: a frame that comes later than three times the mean of
 * the last thirty and than 150 ms above it. Beginning and end count as frames, so a picture that never moves is frozen
 * all the time.
 */
export function frozenMs({
  times,
  from,
  to
}: {
  times: readonly number[];
  from: number;
  to: number;
}): number {
  const recent: number[] = [];
  let frozen = 0;
  let last = from;
  for (const at of [...times, to]) {
    const gap = at - last;
    const mean = recent.length > 0 ? recent.reduce((sum, one) => sum + one, 0) / recent.length : 33;
    if (gap > Math.max(3 * mean, mean + 150)) frozen += gap;
    else if (recent.push(gap) > 30) recent.shift();
    last = at;
  }
  return frozen;
}

/** Samples of sound played and made up, silence not counted among the latter: a pause needs no packets. */
async function readSound(page: Page): Promise<{ played: number; concealed: number }> {
  return page.evaluate(async () => {
    const sum = { played: 0, concealed: 0 };
    for (const connection of window.watched.connections) {
      if (connection.connectionState === 'closed') continue;
      (await connection.getStats()).forEach((stat: Record<string, number | string>) => {
        if (stat['type'] !== 'inbound-rtp' || stat['kind'] !== 'audio') return;
        sum.played += Number(stat['totalSamplesReceived'] ?? 0);
        sum.concealed += Number(stat['concealedSamples'] ?? 0) - Number(stat['silentConcealedSamples'] ?? 0);
      });
    }
    return sum;
  });
}
