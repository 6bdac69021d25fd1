import { mount, unmount } from 'svelte';
import { fail } from '#lib/kernel/errors.ts';
import type { CallController } from './call.svelte.ts';
import MiniCall from './MiniCall.svelte';

/** Of the browser (Chromium), where it has it: a window with a page of ours in it that stays in front. */
interface PipWindows {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
  readonly window: Window | null;
}
const windows = () =>
  (globalThis as { documentPictureInPicture?: PipWindows }).documentPictureInPicture ?? null;

export function canOpenPip(): boolean {
  return windows() !== null;
}

/**
 * The call in a small window in front of other programs, while one charts elsewhere. Closing it changes nothing.
 * @throws where the browser refuses, for which it needs a touch or key just before
 */
export async function openPip(call: CallController): Promise<void> {
  const pip = windows();
  if (!pip) throw fail('unavailable');
  if (pip.window) return pip.window.focus();
  const opened = await pip.requestWindow({ width: 320, height: 240 });
  // The page's own styles; what is added to the page later is not in the window.
  for (const sheet of document.querySelectorAll('link[rel=stylesheet], style'))
    opened.document.head.append(sheet.cloneNode(true));
  const { lang, className, dataset } = document.documentElement;
  Object.assign(opened.document.documentElement, { lang, className });
  Object.assign(opened.document.documentElement.dataset, dataset);
  opened.document.body.style.margin = '0';
  const shown = mount(MiniCall, { target: opened.document.body, props: { call, whole: true } });
  opened.addEventListener('pagehide', () => void unmount(shown), { once: true });
  const stop = $effect.root(() => {
    $effect(() => {
      if (call.phase.kind === 'left' || call.phase.kind === 'failed') opened.close();
    });
  });
  opened.addEventListener('pagehide', stop, { once: true });
}
