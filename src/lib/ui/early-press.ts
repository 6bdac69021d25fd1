/** What was pressed before the page's script had come: a button, or a form that the script sends. */
interface EarlyPress {
  target: HTMLButtonElement | HTMLFormElement;
  /** Of a form: the button it was sent with. */
  submitter: HTMLElement | null;
}

/** As the lines at the head of app.html leave it. */
interface EarlyPresses {
  last: EarlyPress | null;
  /** From now on the page's script hears itself. */
  stop(): void;
}

declare global {
  interface Window {
    earlyPresses?: EarlyPresses;
  }
}

/**
 * On a slow line a page is there, and looks as if it could be used, before its script has come. Links, and forms with a
 * method, work by then; for any other button the press is kept by app.html (the last one, and the button says that it is
 * busy), and is made here, once, when all of the page listens.
 */
export function makeEarlyPress(): void {
  const { earlyPresses } = window;
  if (!earlyPresses) return;
  delete window.earlyPresses;
  earlyPresses.stop();
  if (!earlyPresses.last) return;
  const { target, submitter } = earlyPresses.last;
  (submitter ?? target).removeAttribute('aria-busy');
  // What has made way for something else meanwhile is not pressed in its place.
  if (!target.isConnected) return;
  if (target instanceof HTMLFormElement) target.requestSubmit(submitter);
  else target.click();
}
