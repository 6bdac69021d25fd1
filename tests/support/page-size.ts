import { request as httpRequest } from 'node:http';
import type { BrowserContext, Page } from 'playwright';

export interface PageSize {
  /** kB (1,000 bytes) of JavaScript as gzip, from opening the page until it is at rest. */
  kb: number;
  files: number;
}

/** Opens the page in a context without cache, follows `act`, and adds up the scripts it asked for, each as gzip. */
export async function sizeOf(
  context: BrowserContext,
  url: string,
  act?: (page: Page) => Promise<void>
): Promise<PageSize> {
  const page = await context.newPage();
  const scripts = new Set<string>();
  page.on('response', (response) => {
    const type = response.headers()['content-type'] ?? '';
    if (type.includes('javascript')) scripts.add(response.url());
  });
  const session = await context.newCDPSession(page);
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await page.goto(url);
  await act?.(page);
  // The news stream never ends, so "no request any more" would never come.
  await page.waitForTimeout(3_000);
  await page.close();
  const sizes = await Promise.all([...scripts].map(gzipBytes));
  return { kb: sizes.reduce((sum, bytes) => sum + bytes, 0) / 1000, files: scripts.size };
}

/** Bytes on the wire of a script asked for as gzip. */
async function gzipBytes(url: string): Promise<number> {
  return new Promise((done, failed) => {
    const asked = httpRequest(url, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => done(bytes));
    });
    asked.on('error', failed);
    asked.end();
  });
}
