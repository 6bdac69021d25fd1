import type { Locator, Page } from 'playwright';
import { expect } from 'playwright/test';
import { visit } from './people.ts';
import { say } from './words.ts';

export interface BoardParts {
  surface: Locator;
  /** Images that have loaded and are drawn. */
  xrays: Locator;
  /** The panoramic among them. */
  panoramic: Locator;
  chart: Locator;
}

export function boardOf(page: Page): BoardParts {
  const surface = page.getByTestId('board-surface');
  const xrays = surface.locator('.board-xray[data-image-state=ready]');
  return {
    surface,
    xrays,
    panoramic: xrays.filter({ hasText: say('board_kind_panoramic') }),
    chart: surface.locator('.board-chart')
  };
}

/** Shapes of one kind on the board, as drawn. */
export function marks(page: Page, kind: string): Locator {
  return page.getByTestId('board-surface').locator(`.tl-shape[data-shape-type="${kind}"]`);
}

export async function chooseTool(page: Page, tool: string): Promise<void> {
  const button = page.locator(`[data-tool="${tool}"]`);
  await button.click();
  await expect(button).toHaveAttribute('aria-pressed', 'true');
}

/** The room without the call: the board and the record need no camera. */
export async function openBoard(page: Page, consultId: string): Promise<void> {
  await visit(page, `/room/${consultId}`);
  await page.getByRole('button', { name: say('room_without_call') }).click();
  await expect(page.locator('[data-board-ready=true]')).toBeVisible({ timeout: 90_000 });
}

/** From the lobby into the call, and until the board can be used. */
export async function openRoomAndJoin(page: Page): Promise<void> {
  await expect(page.getByTestId('lobby-verdict')).not.toHaveText(say('room_verdict_checking'), {
    timeout: 60_000
  });
  await page.getByTestId('lobby-join').click();
  await expect(page.locator('[data-board-ready=true]')).toBeVisible({ timeout: 90_000 });
}

/** Do something to the board, and wait until the server has said that it is saved: the mark says so before, too. */
export async function saved(page: Page, act: () => Promise<unknown>): Promise<void> {
  const states = await page.getByTestId('saved').evaluateHandle((mark) => {
    const seen: (string | undefined)[] = [];
    new MutationObserver(() => seen.push(mark.dataset['state'])).observe(mark, { attributes: true });
    return seen;
  });
  await act();
  await expect
    .poll(() => states.evaluate((seen) => seen.includes('saving') && seen.at(-1) === 'saved'))
    .toBe(true);
}
