import type { BrowserContext, Page } from 'playwright';
import { enter } from '../room.ts';

const settleMs = 8_000;
const measureMs = 10_000;

interface Rates {
  received: number[];
  sent: number[];
  receivedLow: number[];
  sentLow: number[];
}

/**
 * Two people who look at each other large; one turns on "low data": kilobits of sound and picture a second that their
 * browser takes and gives, as its statistics tell. `dentist` is a watched context.
 */
export async function measureLowData(options: {
  room: string;
  dentist: BrowserContext;
  expert: BrowserContext;
  rounds: number;
}): Promise<Rates> {
  const { room, dentist, expert, rounds } = options;
  const all: Rates = { received: [], sent: [], receivedLow: [], sentLow: [] };
  const [there, here] = [
    await enter(room, expert, { board: false }),
    await enter(room, dentist, { board: false })
  ];
  try {
    for (const page of [there, here]) {
      await page.waitForSelector('figure[data-self=false] video');
      // Both large: the layout after "tiles beside the board".
      await page.locator('[data-testid=patient-banner] p').first().click();
      await page.keyboard.press('l');
    }
    for (let i = 0; i < rounds; i++) {
      const full = await rateOf(here);
      await toggle(here);
      const low = await rateOf(here);
      await toggle(here);
      all.received.push(full.received);
      all.sent.push(full.sent);
      all.receivedLow.push(low.received);
      all.sentLow.push(low.sent);
      console.log(`low data ${i + 1}/${rounds}:`, full, low);
    }
    return all;
  } finally {
    await Promise.all([here.close(), there.close()]);
  }
}

async function toggle(page: Page): Promise<void> {
  await page.getByTestId('call-more').click();
  await page.getByRole('menuitemcheckbox', { name: '省流量' }).click();
}

async function rateOf(page: Page): Promise<{ received: number; sent: number }> {
  await page.waitForTimeout(settleMs);
  const before = await bytesOf(page);
  await page.waitForTimeout(measureMs);
  const after = await bytesOf(page);
  const kbps = (bytes: number) => (bytes * 8) / (after.at - before.at);
  return { received: kbps(after.received - before.received), sent: kbps(after.sent - before.sent) };
}

/** Of what is open now; `at` in ms. */
async function bytesOf(page: Page): Promise<{ at: number; received: number; sent: number }> {
  return page.evaluate(async () => {
    const sum = { at: performance.now(), received: 0, sent: 0 };
    for (const connection of window.watched.connections) {
      if (connection.connectionState === 'closed') continue;
      (await connection.getStats()).forEach((stat: Record<string, number | string>) => {
        if (stat['type'] !== 'transport') return;
        sum.received += Number(stat['bytesReceived'] ?? 0);
        sum.sent += Number(stat['bytesSent'] ?? 0);
      });
    }
    return sum;
  });
}
